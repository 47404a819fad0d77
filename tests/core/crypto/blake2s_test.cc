// BLAKE2s, and Hmac and Kdf on it.
#include "core/crypto/blake2s.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/core/crypto/vectors.h"

namespace wirebraid::crypto {
namespace {

using wirebraid::testing::hex;
using wirebraid::testing::unhex;

TEST(Blake2s, AbcAsInRfc7693AppendixB) {
  EXPECT_EQ(hex(blake2s({unhex("616263")})),
            "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982");
}

// RFC 7693 appendix E: a hash over hashes of all digest and key lengths.
TEST(Blake2s, SelfTestOfRfc7693AppendixE) {
  const auto sequence = [](size_t length, uint32_t seed) {
    std::vector<uint8_t> out(length);
    uint32_t x = 0xDEAD4BAD * seed;
    uint32_t y = 1;
    for (auto& byte : out) {
      const uint32_t z = x + y;
      x = y;
      y = z;
      byte = static_cast<uint8_t>(z >> 24U);
    }
    return out;
  };
  Blake2s all(32);
  for (const uint32_t digest_size : {16U, 20U, 28U, 32U}) {
    for (const uint32_t input_size : {0U, 3U, 64U, 65U, 255U, 1024U}) {
      const auto input = sequence(input_size, input_size);
      std::vector<uint8_t> digest(digest_size);
      Blake2s(digest_size).update(input).finish(digest.data());
      all.update(digest);
      const auto key = sequence(digest_size, digest_size);
      Blake2s(digest_size, key).update(input).finish(digest.data());
      all.update(digest);
    }
  }
  Hash total;
  all.finish(total.data());
  EXPECT_EQ(hex(total), "6a411f08ce25adcdfb02aba641451cec53c598b24f4fc787fbdc88797f4c1dfe");
}

TEST(Blake2s, SameInAnyPieces) {
  std::vector<uint8_t> input(300);
  for (size_t i = 0; i < input.size(); ++i) input[i] = static_cast<uint8_t>(i * 7);
  const Hash whole = blake2s({input});
  for (size_t cut = 0; cut <= input.size(); ++cut) {
    const ConstByteSpan all(input);
    EXPECT_EQ(blake2s({all.first(cut), all.subspan(cut)}), whole) << cut;
  }
}

TEST(Blake2s, KnownAnswersOfItsAuthors) {
  const auto vectors = wirebraid::testing::load_shared("blake2s-kat.json");
  if (!vectors) GTEST_SKIP() << "no blake2s-kat.json";
  size_t count = 0;
  for (const auto& vector : *vectors) {
    if (vector.at("hash") != "blake2s") continue;
    const auto key = unhex(vector.at("key").get<std::string>());
    const auto input = unhex(vector.at("in").get<std::string>());
    Hash out;
    Blake2s(out.size(), key).update(input).finish(out.data());
    EXPECT_EQ(hex(out), vector.at("out").get<std::string>());
    ++count;
  }
  EXPECT_EQ(count, 512u);
}

// HMAC is defined over any hash; computed here as RFC 2104 writes it.
TEST(HmacBlake2s, IsHashOverPaddedKeyTwice) {
  const auto key = unhex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
  const auto input = unhex("616263");
  std::vector<uint8_t> inner(64, 0x36);
  std::vector<uint8_t> outer(64, 0x5C);
  for (size_t i = 0; i < key.size(); ++i) {
    inner[i] ^= key[i];
    outer[i] ^= key[i];
  }
  Hash out;
  hmac_blake2s(key, {input}, out);
  EXPECT_EQ(hex(out), hex(blake2s({outer, blake2s({inner, input})})));
}

TEST(Kdf, ChainsAsInThePaper) {
  ChainingKey start;
  start.fill(9);
  const auto input = unhex("0a0b");
  Hash secret;
  Hash t1;
  Hash t2;
  Hash t3;
  const uint8_t one[] = {1};
  const uint8_t two[] = {2};
  const uint8_t three[] = {3};
  hmac_blake2s(start, {input}, secret);
  hmac_blake2s(secret, {one}, t1);
  hmac_blake2s(secret, {t1, two}, t2);
  hmac_blake2s(secret, {t2, three}, t3);

  ChainingKey chaining = start;
  Secret<32> second;
  Secret<32> third;
  kdf3(chaining, input, chaining, second, third);
  EXPECT_EQ(hex(chaining), hex(t1));
  EXPECT_EQ(hex(second), hex(t2));
  EXPECT_EQ(hex(third), hex(t3));
  chaining = start;
  kdf2(chaining, input, chaining, second);
  EXPECT_EQ(hex(chaining) + hex(second), hex(t1) + hex(t2));
  chaining = start;
  kdf1(chaining, input, chaining);
  EXPECT_EQ(hex(chaining), hex(t1));
}

}  // namespace
}  // namespace wirebraid::crypto
