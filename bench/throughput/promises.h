// What is promised of the figures (issue 4), and whether it holds. Pure.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bench/throughput/run.h"

namespace wirebraid::throughput {

/// About one load: a figure of one system compared with that of another, measured in the same
/// repeat.
struct Promise {
  enum class Comparison { ratio, difference };
  std::string load;
  std::string text;
  Kind kind;            ///< of the systems that it is about
  Kind reference;       ///< what they are compared with,
  bool before = false;  ///< in the version before
  Comparison comparison = Comparison::ratio;
  std::function<double(const Measurement&)> figure;
  double limit = 0;
  bool at_least = false;  ///< otherwise at most
};

std::vector<Promise> promises();

struct Verdict {
  std::string system;
  std::vector<double> values{};  ///< one per repeat
  bool good = false;             ///< their median is as promised
};

/// For every system that `promise` is about and that was measured together with its reference (the
/// one with the same engine and cipher, if that is wirebraid too). The version before is a
/// reference only.
std::vector<Verdict> judge(const Promise& promise, const Run& run);

}  // namespace wirebraid::throughput
