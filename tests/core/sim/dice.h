// Random choices that follow from a seed, the same with every library.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>

#include "wirebraid/time.h"

namespace wirebraid::sim {

class Dice {
 public:
  explicit Dice(uint64_t seed) : random_(seed) {}
  uint64_t below(uint64_t limit) { return random_() % limit; }
  bool one_in(uint64_t n) { return below(n) == 0; }
  /// In [0, 1).
  double unit() { return static_cast<double>(random_() >> 11) * 0x1.0p-53; }
  /// In [low, high].
  Duration between(Duration low, Duration high) {
    return low +
           Duration(static_cast<int64_t>(below(static_cast<uint64_t>((high - low).count()) + 1)));
  }
  /// In [low, high), every order of magnitude as likely as another.
  double magnitude(double low, double high) { return low * std::pow(high / low, unit()); }

 private:
  std::mt19937_64 random_;
};

}  // namespace wirebraid::sim
