// X25519, and keys as text.
#include "core/crypto/x25519.h"

#include <gtest/gtest.h>

#include "tests/core/crypto/vectors.h"
#include "tests/support/fake_platform.h"

namespace wirebraid::crypto {
namespace {

using wirebraid::testing::hex;

PrivateKey private_key(std::string_view text) { return *PrivateKey::from_hex(text); }
PublicKey public_key(std::string_view text) { return *PublicKey::from_hex(text); }

std::string product(const PrivateKey& scalar, const PublicKey& point) {
  SharedSecret out;
  return x25519(scalar, point, out) ? hex(out) : "refused";
}

TEST(X25519, ExamplesOfRfc7748Section52) {
  EXPECT_EQ(product(private_key("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
                    public_key("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")),
            "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
  EXPECT_EQ(product(private_key("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d"),
                    public_key("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493")),
            "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957");
}

TEST(X25519, ThousandIterationsOfRfc7748Section52) {
  PrivateKey k = private_key("0900000000000000000000000000000000000000000000000000000000000000");
  PublicKey u(k.bytes());
  for (int i = 1; i <= 1000; ++i) {
    SharedSecret out;
    ASSERT_TRUE(x25519(k, u, out));
    u = PublicKey(k.bytes());
    k = PrivateKey(out);
    if (i == 1) {
      EXPECT_EQ(k.to_hex(), "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079");
    }
  }
  EXPECT_EQ(k.to_hex(), "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
}

TEST(X25519, KeyAgreementOfRfc7748Section61) {
  const auto a = private_key("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
  const auto b = private_key("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
  EXPECT_EQ(public_key_of(a).to_hex(),
            "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
  EXPECT_EQ(product(a, public_key_of(b)), product(b, public_key_of(a)));
  EXPECT_EQ(product(a, public_key_of(b)),
            "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
}

TEST(X25519, RefusesPointsOfSmallOrder) {
  const auto scalar =
      private_key("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
  for (const char* point : {"0000000000000000000000000000000000000000000000000000000000000000",
                            "0100000000000000000000000000000000000000000000000000000000000000",
                            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                            "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    EXPECT_EQ(product(scalar, public_key(point)), "refused") << point;
  }
}

TEST(X25519, WycheproofCases) {
  const auto file = wirebraid::testing::load_shared("wycheproof/x25519_test.json");
  if (!file) GTEST_SKIP() << "no wycheproof/x25519_test.json";
  size_t count = 0;
  for (const auto& group : file->at("testGroups")) {
    for (const auto& test : group.at("tests")) {
      const auto shared = test.at("shared").get<std::string>();
      const bool zero = shared.find_first_not_of('0') == std::string::npos;
      EXPECT_EQ(product(private_key(test.at("private").get<std::string>()),
                        public_key(test.at("public").get<std::string>())),
                zero ? "refused" : shared)
          << test.at("tcId");
      ++count;
    }
  }
  EXPECT_GT(count, 500u);
}

TEST(Keys, TextForms) {
  const std::string base64 = "YAnCFpUh9mwcYKBPZ2vVzbS5rmYNwqMhRI5V3YvlL1g=";
  const auto key = PublicKey::from_base64(base64);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->to_base64(), base64);
  EXPECT_EQ(PublicKey::from_hex(key->to_hex()), key);
  EXPECT_FALSE(PublicKey::from_base64(""));
  EXPECT_FALSE(PublicKey::from_base64(base64.substr(1)));
  EXPECT_FALSE(PublicKey::from_base64(base64.substr(0, 43)));
  EXPECT_FALSE(PublicKey::from_base64(base64 + "="));
  EXPECT_FALSE(PublicKey::from_base64(base64.substr(0, 42) + "9="));  // stray bits at the end
  std::string damaged = base64;
  damaged[0] = ' ';
  EXPECT_FALSE(PublicKey::from_base64(damaged));
  EXPECT_FALSE(PublicKey::from_hex(key->to_hex().substr(2)));
  EXPECT_FALSE(PublicKey::from_hex(key->to_hex() + "00"));
  damaged = key->to_hex();
  damaged[0] = 'g';
  EXPECT_FALSE(PublicKey::from_hex(damaged));
}

TEST(Keys, GeneratedPrivateKeyIsClamped) {
  wirebraid::testing::FakePlatform platform;
  for (int i = 0; i < 50; ++i) {
    const auto bytes = generate_private_key(platform);
    EXPECT_EQ(bytes.bytes()[0] & 7U, 0u);
    EXPECT_EQ(bytes.bytes()[31] & 0xC0U, 0x40u);
  }
  EXPECT_FALSE(generate_preshared_key(platform) == generate_preshared_key(platform));
}

}  // namespace
}  // namespace wirebraid::crypto
