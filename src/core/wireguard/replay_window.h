// Refuses counters that were seen or are too old (RFC 6479).
#pragma once

#include <array>
#include <cstdint>
#include <memory>

namespace wirebraid::wireguard {

/// A ring of 8192 bits in 64-bit words. The word that the newest counter stands in may be partly
/// ahead of it, so kSize = 8192 - 64 counters are remembered exactly. The ring is there from the
/// first counter above kFew on: an idle session never gets so far.
class ReplayWindow {
 public:
  static constexpr uint64_t kBits = 8192;
  static constexpr uint64_t kSize = kBits - 64;

  /// True, and remembers `counter`, if it is new: above the newest, or less than kSize below it and
  /// not seen. Call only with authenticated counters.
  bool accept(uint64_t counter) {
    if (!ring_) {
      if (counter < kFew) return mark(few_, counter);
      ring_ = std::make_unique<Ring>();
      ring_->bits[0] = few_;
      ring_->next = kFew;
    }
    Ring& ring = *ring_;
    const uint64_t word = counter / 64;
    if (counter >= ring.next) {
      // Words between the newest and this one hold counters of a full ring ago: forget them.
      const uint64_t newest_word = (ring.next - 1) / 64;
      const uint64_t skipped = word - newest_word;
      for (uint64_t i = 1; i <= skipped && i <= kWords; ++i) {
        ring.bits[(newest_word + i) % kWords] = 0;
      }
      ring.next = counter + 1;
    } else if (ring.next - counter > kSize) {
      return false;
    }
    return mark(ring.bits[word % kWords], counter);
  }

 private:
  static constexpr uint64_t kWords = kBits / 64;
  static constexpr uint64_t kFew = 64;
  struct Ring {
    uint64_t next = 0;  ///< one above the newest accepted
    std::array<uint64_t, kWords> bits{};
  };

  static bool mark(uint64_t& stored, uint64_t counter) {
    const uint64_t bit = uint64_t{1} << (counter % 64);
    if ((stored & bit) != 0) return false;
    stored |= bit;
    return true;
  }

  uint64_t few_ = 0;  ///< counters below kFew, until there is a ring
  std::unique_ptr<Ring> ring_;
};

}  // namespace wirebraid::wireguard
