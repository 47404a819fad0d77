// What a check of the twin found.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wirebraid::check {

enum class Outcome : uint8_t {
  passed,
  failed,
  skipped,  ///< there was nothing to check, or it could not be tried; the message says why
};
constexpr std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::passed:
      return "passed";
    case Outcome::failed:
      return "failed";
    case Outcome::skipped:
      return "skipped";
  }
  return "";
}

/// One finding of one check about one subject.
struct Result {
  std::string check;    ///< "neighbours"
  std::string subject;  ///< a node's or link's id, "A -> B", or "mesh"
  Outcome outcome = Outcome::passed;
  std::string message;     ///< one sentence for people
  std::string evidence{};  ///< what the message rests on, as the node said it; may have many lines
  /// By name, which ends in its unit: "rtt_ms", "rate_mbit". The same names before and after.
  std::map<std::string, double> figures{};
};

using Results = std::vector<Result>;

inline void fail(Result& result, std::string message, std::string evidence = "") {
  result.outcome = Outcome::failed;
  result.message = std::move(message);
  if (!evidence.empty()) result.evidence = std::move(evidence);
}

inline void skip(Result& result, std::string message) {
  result.outcome = Outcome::skipped;
  result.message = std::move(message);
}

inline void append(Results& all, Results more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

inline Results joined(std::vector<Results> parts) {
  Results all;
  for (Results& each : parts) append(all, std::move(each));
  return all;
}

inline size_t count(const Results& results, Outcome outcome) {
  return static_cast<size_t>(
      std::count_if(results.begin(), results.end(),
                    [&](const Result& result) { return result.outcome == outcome; }));
}

}  // namespace wirebraid::check
