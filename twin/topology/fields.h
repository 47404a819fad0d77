// Reads the members of one JSON object strictly: kind, range and form of each, and every mistake
// with its place.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "twin/topology/finding.h"
#include "twin/topology/json_document.h"
#include "twin/topology/reader.h"

namespace wirebraid::topology {

class Fields {
 public:
  /// Complains if `value` is no object, and of members that are unknown, repeated or missing.
  /// `thing` is for messages: "a node". All arguments must outlive the result.
  Fields(const JsonValue& value, std::span<const Key> keys, std::string_view thing,
         Findings& findings);

  /// False once anything was wrong, also what the reader told itself with wrong().
  bool good() const { return good_; }
  const JsonValue* member(std::string_view key) const { return value_.find(key); }

  /// A text for which `accepts` is true; otherwise "QUOTED is not EXPECTED". "" if it is not there
  /// or wrong. The text as written is returned in `as_written` even if it is not accepted.
  std::string text(std::string_view key, bool (*accepts)(std::string_view),
                   std::string_view expected, std::string* as_written = nullptr);
  /// A number from `least` to `most`; `fallback` if it is not there or wrong.
  double number(std::string_view key, double least, double most, double fallback);
  /// An array, whose items are given to `each`; `least` of them at least.
  void array(std::string_view key, size_t least, const std::function<void(const JsonValue&)>& each);

  void wrong(const JsonValue& where, std::string message);
  /// Takes over whether an object within this one was good.
  void adopt(const Fields& inner) { good_ = good_ && inner.good_; }

 private:
  bool is_kind(const JsonValue& value, JsonKind kind);

  const JsonValue& value_;
  Findings& findings_;
  bool good_ = true;
};

/// "12.5", without zeros at its end.
std::string number_text(double number);

}  // namespace wirebraid::topology
