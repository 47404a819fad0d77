// The internet checksum (RFC 1071): in full, and as it follows a change (RFC 1624).
//
// The sums are 64 bits wide and folded at the end, so 32 bits can be added at a time: 2^16 is 1 in
// arithmetic modulo 0xffff. They are of words as the machine loads them, which changes no more than
// the order of the two bytes of the result (RFC 1071 section 2(B)).
#pragma once

#include <algorithm>
#include <bit>
#include <cassert>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "wirebraid/bytes.h"

namespace wirebraid {

/// A one's complement sum. Never 0 once something other than 0 was added, as RFC 1071 wants it.
class ChecksumSum {
 public:
  /// Two words, as numbers: what load_be() gives.
  void add(uint32_t words) { sum_ += in_order_of_packet(words); }
  /// An odd last byte counts as if a zero followed.
  void add(ConstByteSpan bytes) {
    const uint8_t* at = bytes.data();
    size_t left = bytes.size();
    // Several sums at once are what the compiler makes vectors of: four times as fast as one.
    uint64_t lanes[kLanes] = {};
    for (; left >= sizeof lanes; at += sizeof lanes, left -= sizeof lanes) {
      for (size_t i = 0; i < kLanes; ++i) {
        const auto words = load<uint64_t>(at + i * sizeof(uint64_t));
        lanes[i] += (words & 0xffffffff) + (words >> 32);
      }
    }
    for (const uint64_t lane : lanes) sum_ += lane;
    for (; left >= 4; at += 4, left -= 4) sum_ += load<uint32_t>(at);
    uint8_t rest[4] = {};
    std::copy_n(at, left, rest);
    sum_ += load<uint32_t>(rest);
  }
  uint16_t folded() const {
    uint64_t sum = (sum_ & 0xffffffff) + (sum_ >> 32);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    return in_order_of_packet(static_cast<uint16_t>(sum));
  }
  /// What goes into the packet.
  uint16_t checksum() const { return static_cast<uint16_t>(~folded()); }

 private:
  static constexpr size_t kLanes = 4;

  template <std::unsigned_integral T>
  static T load(const uint8_t* from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
  }
  /// The number of which the memory has the bytes in network order; and back.
  template <std::unsigned_integral T>
  static constexpr T in_order_of_packet(T value) {
    return std::endian::native == std::endian::big ? value : byte_swap(value);
  }

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
