#include "wirebraid/allowed_ips.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <random>

namespace wirebraid {
namespace {

Prefix prefix(const char* text) { return *Prefix::parse(text); }
std::optional<uint32_t> look_up(const AllowedIps& table, const char* text) {
  return table.find(*IpAddress::parse(text));
}

TEST(AllowedIps, LongestPrefixWins) {
  AllowedIps table;
  table.insert(prefix("0.0.0.0/0"), 1);
  table.insert(prefix("10.0.0.0/8"), 2);
  table.insert(prefix("10.1.2.3/16"), 3);  // host bits ignored
  table.insert(prefix("10.1.2.3/32"), 4);
  table.insert(prefix("2001:db8::/32"), 5);
  EXPECT_EQ(look_up(table, "9.9.9.9"), 1u);
  EXPECT_EQ(look_up(table, "10.2.0.0"), 2u);
  EXPECT_EQ(look_up(table, "10.1.0.0"), 3u);
  EXPECT_EQ(look_up(table, "10.1.2.3"), 4u);
  EXPECT_EQ(look_up(table, "2001:db8:1::"), 5u);
  EXPECT_EQ(look_up(table, "2001:db9::"), std::nullopt);
  EXPECT_EQ(table.find(IpAddress()), std::nullopt);
}

TEST(AllowedIps, InsertingAgainMovesAPrefix) {
  AllowedIps table;
  table.insert(prefix("10.0.0.0/8"), 1);
  table.insert(prefix("10.0.0.0/8"), 2);
  EXPECT_EQ(table.size(), 1u);
  EXPECT_TRUE(table.prefixes_of(1).empty());
  EXPECT_EQ(look_up(table, "10.0.0.1"), 2u);
  EXPECT_FALSE(table.remove(prefix("10.0.0.0/8"), 1));
  EXPECT_FALSE(table.remove(prefix("10.0.0.0/9"), 2));
  EXPECT_TRUE(table.remove(prefix("10.255.0.0/8"), 2));
  EXPECT_EQ(look_up(table, "10.0.0.1"), std::nullopt);
}

/// A list of prefixes, searched from end to end.
struct Naive {
  std::map<Prefix, uint32_t> owners;
  std::optional<uint32_t> find(const IpAddress& address) const {
    std::optional<uint32_t> best;
    int longest = -1;
    for (const auto& [held, owner] : owners) {
      if (held.contains(address) && held.length > longest) {
        longest = held.length;
        best = owner;
      }
    }
    return best;
  }
};

// Few distinct bytes, so that prefixes nest, collide and branch at every depth.
IpAddress random_address(std::mt19937& random, bool v6) {
  std::array<uint8_t, 16> bytes{};
  for (auto& byte : bytes) byte = std::array<uint8_t, 4>{0, 1, 0x80, 0xFF}[random() % 4];
  const std::span all(bytes);
  return v6 ? IpAddress::v6(all) : IpAddress::v4(all.first<4>());
}

TEST(AllowedIps, AgreesWithANaiveModelOverRandomChanges) {
  for (const bool v6 : {false, true}) {
    std::mt19937 random(v6 ? 6 : 4);
    AllowedIps table;
    Naive model;
    for (int step = 0; step < 1500; ++step) {
      const IpAddress address = random_address(random, v6);
      const Prefix changed{address, static_cast<uint8_t>(random() % (address.bits() + 1))};
      const uint32_t owner = random() % 8;
      const unsigned action = random() % 100;
      if (action < 60) {
        table.insert(changed, owner);
        model.owners[changed.masked()] = owner;
      } else if (action < 98) {
        // Mostly one that exists.
        Prefix victim = changed.masked();
        if (!model.owners.empty() && random() % 4 != 0) {
          victim = std::next(model.owners.begin(),
                             static_cast<ptrdiff_t>(random() % model.owners.size()))
                       ->first;
        }
        const auto found = model.owners.find(victim);
        const bool held = found != model.owners.end() && found->second == owner;
        ASSERT_EQ(table.remove(victim, owner), held);
        if (held) model.owners.erase(found);
      } else {
        table.remove_owner(owner);
        std::erase_if(model.owners, [&](const auto& entry) { return entry.second == owner; });
      }
      ASSERT_EQ(table.size(), model.owners.size());
      for (int i = 0; i < 5; ++i) {
        const IpAddress asked = random_address(random, v6);
        ASSERT_EQ(table.find(asked), model.find(asked)) << asked.to_string() << " step " << step;
      }
      if (step % 20 == 0) {
        auto listed = table.prefixes_of(owner);
        std::vector<Prefix> expected;
        for (const auto& [held, by] : model.owners) {
          if (by == owner) expected.push_back(held);
        }
        ASSERT_EQ(listed, expected);  // both in the order of address, then length
      }
    }
  }
}

TEST(AllowedIps, ReusesNodesOfRemovedPrefixes) {
  AllowedIps table;
  for (int round = 0; round < 3; ++round) {
    for (uint32_t i = 0; i < 1000; ++i) {
      std::array<uint8_t, 4> bytes;
      store_be(bytes.data(), i * 2654435761U);
      table.insert({IpAddress::v4(bytes), 32}, i % 10);
    }
    for (uint32_t owner = 0; owner < 10; ++owner) table.remove_owner(owner);
    EXPECT_EQ(table.size(), 0u);
    EXPECT_EQ(look_up(table, "1.2.3.4"), std::nullopt);
  }
}

// The bound is generous, for slow machines and sanitizers; a quadratic step would miss it by far.
TEST(AllowedIps, HundredsOfThousandsOfPrefixes) {
  const auto start = std::chrono::steady_clock::now();
  AllowedIps table;
  for (uint32_t i = 0; i < 300'000; ++i) {
    std::array<uint8_t, 4> bytes;
    store_be(bytes.data(), i << 8U);
    table.insert({IpAddress::v4(bytes), 24}, i % 10'000);
  }
  EXPECT_EQ(table.size(), 300'000u);
  EXPECT_EQ(look_up(table, "1.0.0.77"), (1U << 16U) % 10'000);
  for (uint32_t owner = 0; owner < 10'000; ++owner) table.remove_owner(owner);
  EXPECT_EQ(table.size(), 0u);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

}  // namespace
}  // namespace wirebraid
