// A deterministic Platform for tests: seeded random bytes and a date that the test sets.
#pragma once

#include <random>

#include "wirebraid/platform.h"

namespace wirebraid::testing {

class FakePlatform : public Platform {
 public:
  explicit FakePlatform(uint64_t seed = 1) : engine_(seed) {}
  void random(std::span<uint8_t> out) override {
    for (auto& byte : out) byte = static_cast<uint8_t>(engine_());
  }
  WallTime wall_time() override { return wall; }

  WallTime wall{std::chrono::seconds(1'700'000'000)};

 private:
  std::mt19937_64 engine_;
};

}  // namespace wirebraid::testing
