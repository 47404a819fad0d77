// JSON as a tree that knows the line of every value, so that a mistake can be told with its place.
// The parsing is nlohmann::json's; what it does not offer is where a value stood.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "twin/topology/finding.h"

namespace wirebraid::topology {

/// Bounds on what is read from a file.
inline constexpr size_t kMaxFileBytes = size_t{64} << 20;
inline constexpr size_t kMaxJsonDepth = 64;
inline constexpr size_t kMaxJsonValues = 2'000'000;

enum class JsonKind : uint8_t { null, boolean, number, string, array, object };

/// One value. It must not be copied or moved once its document is complete.
struct JsonValue {
  JsonKind kind = JsonKind::null;
  bool truth = false;
  uint32_t line = 0;                     ///< from 1 on; where it begins (a string or number: ends)
  double number = 0;                     ///< finite
  const JsonValue* container = nullptr;  ///< the array or object it is in; none: the root
  std::string key;                       ///< of a member
  std::string text;                      ///< of a string; valid UTF-8
  std::vector<JsonValue> children;       ///< items of an array; members of an object, as written

  /// The first member of that key; nullptr if there is none, or this is no object.
  const JsonValue* find(std::string_view name) const;
  /// "/nodes/3/role" (RFC 6901, but long keys are shortened and safe to print); "" for the root.
  std::string pointer() const;
};

/// "an object", "a number", ...
std::string_view name_of(JsonKind kind);

struct JsonDocument {
  std::unique_ptr<const JsonValue> root;  ///< none if there is an error
  size_t error_line = 0;
  std::string error;
};

/// Reads a whole document. Malformed UTF-8, numbers beyond a double, nesting deeper than
/// kMaxJsonDepth and more than kMaxJsonValues values are errors.
JsonDocument parse_json(std::string_view text);

/// The contents of a file, of at most kMaxFileBytes.
struct FileText {
  std::optional<std::string> text;
  std::string error;  ///< if there is no text
};
FileText read_file(const std::string& path);

// What importers ask of values that may be missing or of another kind. `value` may be nullptr.

/// The value at the end of a path of keys.
const JsonValue* value_at(const JsonValue* value, std::initializer_list<std::string_view> keys);
/// "" if it is no string.
std::string text_of(const JsonValue* value);
/// Of a number, or of a string that is one.
std::optional<double> number_of(const JsonValue* value);
bool is_true(const JsonValue* value);
/// Its children if it is an array, otherwise none.
const std::vector<JsonValue>& items_of(const JsonValue* value);
bool is_object(const JsonValue* value);
bool is_array(const JsonValue* value);
/// The whole text as a number with a '.'; nullopt if it is none or not finite.
std::optional<double> parse_number(std::string_view text);

}  // namespace wirebraid::topology
