// The internet checksum (RFC 1071): in full, and as it follows a change (RFC 1624).
//
// Words are loaded in network order everywhere. The sums are 64 bits wide and folded at the end, so
// 32 bits can be added at a time: 2^16 is 1 in arithmetic modulo 0xffff.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "wirebraid/bytes.h"

namespace wirebraid {

/// A one's complement sum. Never 0 once something other than 0 was added, as RFC 1071 wants it.
class ChecksumSum {
 public:
  void add(uint32_t words) { sum_ += words; }
  /// An odd last byte counts as if a zero followed.
  void add(ConstByteSpan bytes) {
    size_t i = 0;
    for (; i + 4 <= bytes.size(); i += 4) add(load_be<uint32_t>(&bytes[i]));
    if (i + 2 <= bytes.size()) {
      add(load_be<uint16_t>(&bytes[i]));
      i += 2;
    }
    if (i < bytes.size()) add(static_cast<uint32_t>(bytes[i]) << 8);
  }
  uint16_t folded() const {
    uint64_t sum = (sum_ & 0xffffffff) + (sum_ >> 32);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<uint16_t>(sum);
  }
  /// What goes into the packet.
  uint16_t checksum() const { return static_cast<uint16_t>(~folded()); }

 private:
  uint64_t sum_ = 0;
};

/// What changed in the bytes that a checksum covers. One delta may be applied to several checksums.
class ChecksumDelta {
 public:
  void replace(uint16_t before, uint16_t after) {
    sum_.add(static_cast<uint16_t>(~before));
    sum_.add(after);
  }
  /// Precondition: as long as each other, a multiple of 4, at an even offset of what is covered.
  void replace(ConstByteSpan before, ConstByteSpan after) {
    assert(before.size() == after.size() && before.size() % 4 == 0);
    for (size_t i = 0; i < before.size(); i += 4) {
      sum_.add(~load_be<uint32_t>(&before[i]));
      sum_.add(load_be<uint32_t>(&after[i]));
    }
  }
  /// RFC 1624 eqn. 3: HC' = ~(~HC + ~m + m').
  uint16_t apply(uint16_t checksum) const {
    ChecksumSum sum = sum_;
    sum.add(static_cast<uint16_t>(~checksum));
    return sum.checksum();
  }

 private:
  ChecksumSum sum_;
};

}  // namespace wirebraid
