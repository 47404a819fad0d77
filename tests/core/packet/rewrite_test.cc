#include "core/packet/rewrite.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/core/packet/packet_builder.h"
#include "wirebraid/packet_info.h"

namespace wirebraid {
namespace {

using test::address;
using test::Bytes;
using test::PacketPlan;

constexpr uint64_t kSeed = 3;
constexpr uint8_t kProtocols[] = {1, 6, 17, 33, 47, 58, 132, 136};

struct Ends {
  IpAddress inside;   ///< the interface's
  IpAddress outside;  ///< the uplink's
  IpAddress far;
};

class Random {
 public:
  uint32_t below(uint32_t bound) { return static_cast<uint32_t>(engine_() % bound); }
  bool one_in(uint32_t n) { return below(n) == 0; }
  Bytes bytes(size_t size) {
    Bytes out(size);
    for (auto& byte : out) byte = static_cast<uint8_t>(engine_());
    return out;
  }
  IpAddress any_address(int version) {
    // Among them all zeros and all ones, the two zeros of one's complement.
    Bytes raw = one_in(8) ? Bytes(16, one_in(2) ? 0 : 0xff) : bytes(16);
    return version == 4 ? IpAddress::v4(std::span<const uint8_t, 4>(raw.data(), 4))
                        : IpAddress::v6(std::span<const uint8_t, 16>(raw.data(), 16));
  }
  Ends ends(int version) { return {any_address(version), any_address(version), far(version)}; }

  PacketPlan plan(int version, uint8_t protocol) {
    PacketPlan plan;
    plan.version = version;
    plan.protocol = protocol;
    plan.payload = bytes(20 + below(60));
    // Not an error by chance.
    if (protocol == 1) plan.payload[0] = one_in(2) ? 0 : 8;
    if (protocol == 58) plan.payload[0] |= 0x80;
    plan.without_checksum = protocol == 17 && one_in(4);
    if (version == 4) {
      plan.options = bytes(4 * below(11));
    } else {
      extend(plan);
    }
    return plan;
  }
  PacketPlan error(int version) {
    static constexpr uint8_t kErrors[2][5] = {{3, 4, 5, 11, 12}, {1, 2, 3, 4, 100}};
    PacketPlan plan = this->plan(version, version == 4 ? 1 : 58);
    plan.payload.resize(8);
    plan.payload[0] = kErrors[version == 6][below(5)];
    plan.payload[version == 4 ? 5 : 4] = 0;  // no RFC 4884 length
    plan.within.push_back(this->plan(version, kProtocols[below(std::size(kProtocols))]));
    return plan;
  }

 private:
  // Not one of any_address(), so that it can be told from `inside`.
  static IpAddress far(int version) { return address(version == 4 ? "192.0.2.7" : "2001:db8::7"); }

  void extend(PacketPlan& plan) {
    static constexpr uint8_t kTypes[] = {0, 43, 44, 60};
    uint8_t next = plan.protocol;
    for (uint32_t count = below(4); count > 0; --count) {
      const uint8_t type = kTypes[below(4)];
      const size_t size = type == 44 ? 8 : 8 * (1 + below(3));
      Bytes header = bytes(size);
      header[0] = next;
      header[1] = static_cast<uint8_t>(size / 8 - 1);
      if (type == 43) header[3] = 0;                    // no segments left
      if (type == 44) header[2] = 0, header[3] &= 0x7;  // the first fragment, maybe the only one
      plan.extensions.insert(plan.extensions.begin(), header.begin(), header.end());
      plan.first_extension = next = type;
    }
  }

  std::mt19937_64 engine_{kSeed};
};

/// Out and back with every byte compared to a packet built anew; true if all agree.
void expect_rewritten(const PacketPlan& plan, const Ends& ends) {
  const Bytes inside_out = plan.build(ends.inside, ends.far);
  const Bytes outside_out = plan.build(ends.outside, ends.far);
  ASSERT_TRUE(read_ip(inside_out));
  Bytes packet = inside_out;
  ASSERT_EQ(rewrite_address(packet, AddressPlace::source, ends.outside), RewriteResult::done);
  ASSERT_EQ(packet, outside_out);
  ASSERT_EQ(rewrite_address(packet, AddressPlace::source, ends.inside), RewriteResult::done);
  ASSERT_EQ(packet, inside_out);

  const Bytes inside_in = plan.build(ends.far, ends.inside);
  packet = plan.build(ends.far, ends.outside);
  ASSERT_EQ(rewrite_address(packet, AddressPlace::destination, ends.inside), RewriteResult::done);
  ASSERT_EQ(packet, inside_in);
}

TEST(Rewrite, EqualsAFullRecomputation) {
  Random random;
  for (const int version : {4, 6}) {
    for (const uint8_t protocol : kProtocols) {
      for (int i = 0; i < 2000; ++i) {
        SCOPED_TRACE(testing::Message()
                     << "IPv" << version << " protocol " << int{protocol} << " round " << i);
        expect_rewritten(random.plan(version, protocol), random.ends(version));
        if (HasFatalFailure()) return;
      }
    }
  }
}

// Every value of the payload's last word makes every value of the checksum, so 0 comes up before
// and after the rewriting.
TEST(Rewrite, EqualsAFullRecomputationForEveryChecksum) {
  for (const int version : {4, 6}) {
    for (const uint8_t protocol : {17, version == 4 ? 6 : 58}) {
      PacketPlan plan;
      plan.version = version;
      plan.protocol = protocol;
      plan.payload.assign(24, 0xa5);
      const Ends ends = {address(version == 4 ? "10.0.0.1" : "fd00::1"),
                         address(version == 4 ? "10.64.255.254" : "2001:db8:ffff::2"),
                         address(version == 4 ? "192.0.2.7" : "2001:db8::7")};
      for (uint32_t word = 0; word <= 0xffff; ++word) {
        store_be(&plan.payload[22], static_cast<uint16_t>(word));
        expect_rewritten(plan, ends);
        ASSERT_FALSE(HasFatalFailure()) << "IPv" << version << " protocol " << int{protocol};
      }
    }
  }
}

/// A packet cut to `size` ends with the first byte of its transport checksum.
bool ends_in_checksum(const PacketPlan& plan, size_t size) {
  const size_t header = plan.version == 4 ? 20 + plan.options.size() : 40 + plan.extensions.size();
  return size == header + test::checksum_offset(plan.protocol).value_or(SIZE_MAX - header) + 1;
}

TEST(Rewrite, ErrorsAreRewrittenWithinCutAnywhere) {
  Random random;
  for (const int version : {4, 6}) {
    for (int i = 0; i < 300; ++i) {
      PacketPlan plan = random.error(version);
      const Ends ends = random.ends(version);
      const PacketPlan& within = plan.within.front();
      const size_t header = version == 4 ? 20 + within.options.size() : 40;
      const size_t whole = within.build(ends.far, ends.far).size();
      for (size_t size = 0; size <= whole; ++size) {
        SCOPED_TRACE(testing::Message() << "IPv" << version << " round " << i << " within "
                                        << int{within.protocol} << " cut to " << size);
        plan.within_size = size;
        if (size >= header && !ends_in_checksum(within, size)) {
          expect_rewritten(plan, ends);
          if (HasFatalFailure()) return;
          continue;
        }
        Bytes packet = plan.build(ends.inside, ends.far);
        const Bytes before = packet;
        const auto result = rewrite_address(packet, AddressPlace::source, ends.outside);
        if (size >= header) {
          ASSERT_EQ(result, RewriteResult::done);
          const size_t behind = packet.size() - 1;
          ASSERT_EQ(packet[behind], before[behind]) << "half a checksum cannot follow";
          ASSERT_TRUE(!plan.extensions.empty() || test::checksums_hold(packet));
          ASSERT_EQ(rewrite_address(packet, AddressPlace::source, ends.inside), result);
        } else {
          ASSERT_EQ(result, RewriteResult::malformed);
        }
        ASSERT_EQ(packet, before);
      }
    }
  }
}

TEST(Rewrite, ExtensionsBehindThePacketWithinAreLeftAlone) {
  Random random;
  for (const int version : {4, 6}) {
    PacketPlan plan = random.error(version);
    PacketPlan& within = plan.within.front();
    within = {};
    within.version = version;
    within.protocol = 6;
    // Headers up to the TCP checksum's place take exactly the 128 bytes that the length field says.
    within.options.assign(version == 4 ? 40 : 0, 1);
    if (version == 6) {
      within.first_extension = 60;
      within.extensions = Bytes(72, 0);
      within.extensions[0] = 6;
      within.extensions[1] = 8;
    }
    within.payload = random.bytes(200);
    plan.payload[0] = version == 4 ? 11 : 3;
    plan.within_size = 128;
    plan.behind = random.bytes(64);
    plan.payload[version == 4 ? 5 : 4] = version == 4 ? 128 / 4 : 128 / 8;
    if (version == 4) {
      // 60 bytes of header and 68 of TCP: its checksum is within.
      expect_rewritten(plan, random.ends(version));
      continue;
    }
    // 112 bytes of headers and 16 of TCP: the checksum's place is the extension's first word.
    expect_rewritten(plan, random.ends(version));
  }
}

// A length below 128 is not one of RFC 4884: some send garbage in what was unused.
TEST(Rewrite, AStrayLengthFieldIsNoLength) {
  Random random;
  for (const int version : {4, 6}) {
    PacketPlan plan = random.error(version);
    plan.payload[0] = version == 4 ? 3 : 1;
    for (const uint8_t stray : {1, 5, 200}) {
      plan.payload[version == 4 ? 5 : 4] = stray;
      expect_rewritten(plan, random.ends(version));
    }
  }
}

TEST(Rewrite, AnErrorAboutSomebodyElseChangesOnlyOutside) {
  for (const int version : {4, 6}) {
    PacketPlan inner;
    inner.version = version;
    inner.payload.assign(8, 0x33);
    PacketPlan plan;
    plan.version = version;
    plan.protocol = version == 4 ? 1 : 58;
    plan.payload.assign(8, 0);
    plan.payload[0] = version == 4 ? 3 : 1;
    const bool v4 = version == 4;
    const Bytes foreign = inner.build(address(v4 ? "198.51.100.1" : "2001:db8::1"),
                                      address(v4 ? "198.51.100.2" : "2001:db8::2"));
    plan.payload.insert(plan.payload.end(), foreign.begin(), foreign.end());
    expect_rewritten(plan,
                     {address(v4 ? "10.0.0.1" : "fd00::1"), address(v4 ? "10.9.0.2" : "fd09::2"),
                      address(v4 ? "192.0.2.7" : "2001:db8::7")});
  }
}

TEST(Rewrite, FragmentsTogetherMakeTheRewrittenPacket) {
  Random random;
  for (const int version : {4, 6}) {
    for (const uint8_t protocol : kProtocols) {
      for (int i = 0; i < 50; ++i) {
        PacketPlan plan = random.plan(version, protocol);
        plan.payload.resize(64);
        const Ends ends = random.ends(version);
        const size_t cut = plan.extensions.size() + 24 + 8 * random.below(3);
        const auto wanted = test::fragment(plan, plan.build(ends.outside, ends.far), cut);
        auto given = test::fragment(plan, plan.build(ends.inside, ends.far), cut);
        ASSERT_TRUE(read_ip(given.first)->fragment && read_ip(given.second)->fragment);
        for (Bytes* part : {&given.first, &given.second}) {
          ASSERT_EQ(rewrite_address(*part, AddressPlace::source, ends.outside),
                    RewriteResult::done);
        }
        ASSERT_EQ(given.first, wanted.first) << "IPv" << version << " " << int{protocol};
        ASSERT_EQ(given.second, wanted.second) << "IPv" << version << " " << int{protocol};
      }
    }
  }
}

TEST(Rewrite, AFirstFragmentWithoutItsChecksumIsMalformed) {
  for (const int version : {4, 6}) {
    PacketPlan plan;
    plan.version = version;
    plan.protocol = 6;
    plan.payload.assign(64, 0x5a);
    const bool v4 = version == 4;
    const Bytes whole =
        plan.build(address(v4 ? "10.0.0.1" : "fd00::1"), address(v4 ? "192.0.2.7" : "2001:db8::7"));
    auto fragments = test::fragment(plan, whole, 16);
    const Bytes before = fragments.first;
    EXPECT_EQ(rewrite_address(fragments.first, AddressPlace::source,
                              address(v4 ? "10.9.9.9" : "fd09::9")),
              RewriteResult::malformed);
    EXPECT_EQ(fragments.first, before);
  }
}

TEST(Rewrite, ARoutingHeaderWithSegmentsLeftHidesTheDestination) {
  PacketPlan plan;
  plan.version = 6;
  plan.payload.assign(20, 0x77);
  plan.first_extension = 43;
  plan.extensions.assign(24, 0);
  plan.extensions[0] = 17;
  plan.extensions[1] = 2;
  plan.extensions[2] = 4;
  plan.extensions[3] = 1;
  const auto last = address("2001:db8:1::1");
  std::ranges::copy(last.bytes(), plan.extensions.begin() + 8);
  plan.pseudo_destination = last;
  expect_rewritten(plan, {address("fd00::1"), address("fd09::9"), address("2001:db8::7")});
}

TEST(Rewrite, TheOtherFamilyIsRefused) {
  PacketPlan plan;
  plan.payload.assign(8, 0);
  Bytes packet = plan.build(address("10.0.0.1"), address("192.0.2.7"));
  const Bytes before = packet;
  EXPECT_EQ(rewrite_address(packet, AddressPlace::source, address("fd00::1")),
            RewriteResult::wrong_family);
  EXPECT_EQ(rewrite_address(packet, AddressPlace::source, IpAddress()),
            RewriteResult::wrong_family);
  EXPECT_EQ(packet, before);
}

TEST(Rewrite, BytesBehindThePacketAreLeftAlone) {
  Random random;
  for (int i = 0; i < 2000; ++i) {
    const int version = random.one_in(2) ? 4 : 6;
    PacketPlan plan = random.error(version);
    plan.within_size = 30 + random.below(60);
    const Ends ends = random.ends(version);
    Bytes packet = plan.build(ends.inside, ends.far);
    Bytes alone = packet;
    const Bytes padding(random.below(40), 0xee);
    packet.insert(packet.end(), padding.begin(), padding.end());
    EXPECT_EQ(rewrite_address(packet, AddressPlace::source, ends.outside),
              rewrite_address(alone, AddressPlace::source, ends.outside));
    alone.insert(alone.end(), padding.begin(), padding.end());
    ASSERT_EQ(packet, alone);
  }
}

// Anything that read_ip() lets through, valid or not: it is either refused and as before, or done
// and undone again (but for checksums of 0 and 0xffff where the other one is meant). The sanitizers
// see whether anything outside was touched.
TEST(Rewrite, GarbageDoesNoHarm) {
  Random random;
  int done = 0;
  int refused = 0;
  for (int i = 0; i < 50'000; ++i) {
    const int version = random.one_in(2) ? 4 : 6;
    const PacketPlan plan = random.one_in(2) ? random.error(version)
                                             : random.plan(version, kProtocols[random.below(8)]);
    const Ends ends = random.ends(version);
    Bytes packet = plan.build(ends.inside, ends.far);
    for (uint32_t changes = 1 + random.below(4); changes > 0; --changes)
      packet[random.below(static_cast<uint32_t>(packet.size()))] =
          static_cast<uint8_t>(random.below(256));
    packet.resize(1 + random.below(static_cast<uint32_t>(packet.size())));
    // Cut, but of the length that it says, so that it gets past the first check.
    if (version == 4 && packet.size() >= 20)
      store_be(&packet[2], static_cast<uint16_t>(packet.size()));
    if (version == 6 && packet.size() >= 40)
      store_be(&packet[4], static_cast<uint16_t>(packet.size() - 40));
    packet.shrink_to_fit();
    const auto info = read_ip(packet);
    if (!info) continue;
    const bool v4 = info->version == 4;
    const auto place = random.one_in(2) ? AddressPlace::source : AddressPlace::destination;
    const uint8_t* at = place == AddressPlace::source ? info->source : info->destination;
    const auto old = v4 ? IpAddress::v4(std::span<const uint8_t, 4>(at, 4))
                        : IpAddress::v6(std::span<const uint8_t, 16>(at, 16));
    const Bytes before = packet;
    // An address that is nowhere in the packet, lest the way back finds it where it was before.
    const auto to = address(v4 ? "203.0.113.5" : "2001:db8:5::5");
    const auto result = rewrite_address(packet, place, to);
    if (result != RewriteResult::done) {
      ASSERT_EQ(packet, before);
      ++refused;
      continue;
    }
    ++done;
    ASSERT_EQ(rewrite_address(packet, place, old), RewriteResult::done);
    for (size_t byte = 0; byte < packet.size(); ++byte) {
      if (packet[byte] == before[byte]) continue;
      ASSERT_EQ(before[byte] ^ packet[byte], 0xff) << "byte " << byte;
      ASSERT_TRUE(before[byte] == 0 || before[byte] == 0xff) << "byte " << byte;
    }
  }
  EXPECT_GT(done, 5000);
  EXPECT_GT(refused, 500);
}

}  // namespace
}  // namespace wirebraid
