// Random numbers that are the same everywhere for the same seed. The distributions of the standard
// library are not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>

namespace wirebraid::topology {

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}

  /// In [0, 1).
  double uniform() { return static_cast<double>(engine_() >> 11) * 0x1.0p-53; }
  /// In [least, most).
  double between(double least, double most) { return least + (most - least) * uniform(); }
  /// 0 to count - 1; count must not be 0.
  size_t below(size_t count) { return static_cast<size_t>(engine_() % count); }
  bool chance(double probability) { return uniform() < probability; }

 private:
  std::mt19937_64 engine_;  // the standard fixes its values
};

}  // namespace wirebraid::topology
