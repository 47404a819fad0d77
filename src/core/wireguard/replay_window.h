// Refuses counters that were seen or are too old (RFC 6479).
#pragma once

#include <array>
#include <cstdint>

namespace wirebraid::wireguard {

/// A ring of 8192 bits in 64-bit words. The word that the newest counter stands in may be partly
/// ahead of it, so kSize = 8192 - 64 counters are remembered exactly.
class ReplayWindow {
 public:
  static constexpr uint64_t kBits = 8192;
  static constexpr uint64_t kSize = kBits - 64;

  /// True, and remembers `counter`, if it is new: above the newest, or less than kSize below it and
  /// not seen. Call only with authenticated counters.
  bool accept(uint64_t counter) {
    const uint64_t word = counter / 64;
    if (counter >= next_) {
      // Words between the newest and this one hold counters of a full ring ago: forget them.
      const uint64_t newest_word = next_ == 0 ? 0 : (next_ - 1) / 64;
      const uint64_t skipped = word - newest_word;
      for (uint64_t i = 1; i <= skipped && i <= kWords; ++i) bits_[(newest_word + i) % kWords] = 0;
      next_ = counter + 1;
    } else if (next_ - counter > kSize) {
      return false;
    }
    uint64_t& stored = bits_[word % kWords];
    const uint64_t bit = uint64_t{1} << (counter % 64);
    if ((stored & bit) != 0) return false;
    stored |= bit;
    return true;
  }

 private:
  static constexpr uint64_t kWords = kBits / 64;
  uint64_t next_ = 0;  ///< one above the newest accepted
  std::array<uint64_t, kWords> bits_{};
};

}  // namespace wirebraid::wireguard
