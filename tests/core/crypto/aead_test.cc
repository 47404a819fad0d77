// ChaCha20-Poly1305 and XChaCha20-Poly1305 against published vectors.
#include "wirebraid/crypto/aead.h"

#include <gtest/gtest.h>

#include "tests/core/crypto/vectors.h"

namespace wirebraid::crypto {
namespace {

using wirebraid::testing::hex;
using wirebraid::testing::unhex;
using Bytes = std::vector<uint8_t>;

struct Vector {
  Bytes key;
  Bytes nonce;
  Bytes associated_data;
  Bytes plaintext;
  Bytes sealed;
};

AeadKey key_of(const Bytes& key) { return AeadKey(key); }

void seal_any(const Vector& v, uint8_t* out) {
  if (v.nonce.size() == kNonceSize) {
    seal(key_of(v.key), Nonce(v.nonce), v.associated_data, v.plaintext, out);
  } else {
    xseal(key_of(v.key), XNonce(v.nonce), v.associated_data, v.plaintext, out);
  }
}
bool open_any(const Vector& v, const Bytes& sealed, uint8_t* out) {
  if (v.nonce.size() == kNonceSize) {
    return open(key_of(v.key), Nonce(v.nonce), v.associated_data, sealed, out);
  }
  return xopen(key_of(v.key), XNonce(v.nonce), v.associated_data, sealed, out);
}

void expect_seals_and_opens(const Vector& v) {
  Bytes sealed(v.plaintext.size() + kTagSize);
  seal_any(v, sealed.data());
  EXPECT_EQ(hex(sealed), hex(v.sealed));
  Bytes opened(v.plaintext.size());
  EXPECT_TRUE(open_any(v, sealed, opened.data()));
  EXPECT_EQ(hex(opened), hex(v.plaintext));
}

constexpr std::string_view kKey =
    "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f";
constexpr std::string_view kAssociatedData = "50515253c0c1c2c3c4c5c6c7";
constexpr std::string_view kSunscreen =
    "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f6620273939"
    "3a204966204920636f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f7220"
    "746865206675747572652c2073756e73637265656e20776f756c642062652069742e";

TEST(Aead, ExampleOfRfc8439Section282) {
  expect_seals_and_opens(
      {unhex(kKey), unhex("070000004041424344454647"), unhex(kAssociatedData), unhex(kSunscreen),
       unhex("d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca96712"
             "82fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58"
             "fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09"
             "e26a7e902ecbd0600691")});
}

TEST(XAead, ExampleOfDraftXchachaAppendixA31) {
  expect_seals_and_opens(
      {unhex(kKey), unhex("404142434445464748494a4b4c4d4e4f5051525354555657"),
       unhex(kAssociatedData), unhex(kSunscreen),
       unhex("bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa644"
             "0bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e"
             "3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13b52ec0875924c1c7"
             "987947deafd8780acf49")});
}

void run_wycheproof(const std::string& name, size_t nonce_size) {
  const auto file = wirebraid::testing::load_shared("wycheproof/" + name);
  if (!file) GTEST_SKIP() << "no wycheproof/" << name;
  size_t count = 0;
  for (const auto& group : file->at("testGroups")) {
    for (const auto& test : group.at("tests")) {
      const auto bytes = [&](const char* field) {
        return unhex(test.at(field).get<std::string>());
      };
      // Other sizes cannot be passed: the type of the argument is their refusal.
      if (bytes("iv").size() != nonce_size) continue;
      Vector v{bytes("key"), bytes("iv"), bytes("aad"), bytes("msg"), bytes("ct")};
      const Bytes tag = bytes("tag");
      v.sealed.insert(v.sealed.end(), tag.begin(), tag.end());
      SCOPED_TRACE(test.at("tcId").get<int>());
      if (test.at("result") == "valid") {
        expect_seals_and_opens(v);
      } else {
        Bytes opened(v.sealed.size());
        EXPECT_FALSE(open_any(v, v.sealed, opened.data()));
      }
      ++count;
    }
  }
  EXPECT_GT(count, 250u);
}

TEST(Aead, WycheproofCases) { run_wycheproof("chacha20_poly1305_test.json", kNonceSize); }
TEST(XAead, WycheproofCases) { run_wycheproof("xchacha20_poly1305_test.json", kXNonceSize); }

}  // namespace
}  // namespace wirebraid::crypto
