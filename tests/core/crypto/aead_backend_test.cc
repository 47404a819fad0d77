// What every implementation of the data path's encryption must do: published vectors as far as they
// have its form of nonce and no associated data, and the same as libsodium's general function.
#include <gtest/gtest.h>

#include <random>

#include "tests/core/crypto/vectors.h"
#include "wirebraid/crypto/aead.h"

namespace wirebraid::crypto {
namespace {

using wirebraid::testing::hex;
using wirebraid::testing::unhex;
using Bytes = std::vector<uint8_t>;

constexpr size_t kLargest = 2000;
// What TUN and UDP give is aligned to little; where a vector starts matters to vector code.
constexpr size_t kOffsets[] = {0, 1, 7, 16, 31, 33};

Bytes random_bytes(size_t size, uint32_t seed) {
  std::mt19937 random(seed);
  Bytes bytes(size);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
  return bytes;
}

std::array<uint8_t, kNonceSize> nonce_of(uint64_t counter) {
  std::array<uint8_t, kNonceSize> nonce{};
  store_le(nonce.data() + 4, counter);
  return nonce;
}

/// Memory with canaries around `size` bytes that start `offset` bytes after an aligned address.
class Guarded {
 public:
  Guarded(size_t size, size_t offset) : size_(size), memory_(size + kMargin * 2 + 64, kCanary) {
    const auto address = reinterpret_cast<uintptr_t>(memory_.data() + kMargin);
    start_ = kMargin + (64 - address % 64) % 64 + offset % 64;
  }
  ByteSpan bytes() { return {memory_.data() + start_, size_}; }
  bool intact() const {
    for (size_t i = 0; i < memory_.size(); ++i) {
      if ((i < start_ || i >= start_ + size_) && memory_[i] != kCanary) return false;
    }
    return true;
  }

 private:
  static constexpr size_t kMargin = 64;
  static constexpr uint8_t kCanary = 0xa5;
  size_t size_;
  size_t start_ = 0;
  Bytes memory_;
};

class Backend : public ::testing::TestWithParam<std::string_view> {
 protected:
  std::unique_ptr<Aead> make(const Bytes& key) const { return backend_->create(AeadKey(key)); }
  static Bytes seal_with(Aead& aead, ConstByteSpan plaintext, uint64_t counter) {
    Bytes sealed(plaintext.size() + kTagSize);
    aead.seal(plaintext, counter, sealed.data());
    return sealed;
  }
  /// By libsodium, without the interface under test.
  static Bytes reference(const Bytes& key, ConstByteSpan plaintext, uint64_t counter) {
    Bytes sealed(plaintext.size() + kTagSize);
    seal(AeadKey(key), nonce_of(counter), {}, plaintext, sealed.data());
    return sealed;
  }

  const std::unique_ptr<AeadBackend> backend_ = make_aead_backend(GetParam());
  const Bytes key_ = random_bytes(kAeadKeySize, 1);
};

// The key stream of sealed data begins with block 1, and its tag follows.
TEST_P(Backend, KeyStreamsOfRfc8439AppendixA1) {
  const Bytes zeros(128, 0);
  Bytes key(kAeadKeySize, 0);
  EXPECT_EQ(
      hex(seal_with(*make(key), zeros, 0)).substr(0, 128),
      "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed29b721769ce64e43d57133b0"
      "74d839d531ed1f28510afb45ace10a1f4b794d6f");
  key[31] = 1;
  EXPECT_EQ(
      hex(seal_with(*make(key), zeros, 0)).substr(0, 128),
      "3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a8eca00bbb4a73bdad192b5c4"
      "2f73f2fd4e273644c8b36125a64addeb006c13a0");
  key[31] = 0;
  key[1] = 0xff;
  EXPECT_EQ(
      hex(seal_with(*make(key), zeros, 0)).substr(128, 128),
      "72d54dfbf12ec44b362692df94137f328fea8da73990265ec1bbbea1ae9af0ca13b25aa26cb4a648cb9b9d1b"
      "e65b2c0924a66c54d545ec1b7374f4872e99f096");
}

// Its associated data is in the tag only.
TEST_P(Backend, CiphertextOfRfc8439AppendixA5) {
  const Bytes key = unhex("1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0");
  const std::string text =
      "Internet-Drafts are draft documents valid for a maximum of six months and may be updated, "
      "replaced, or obsoleted by other documents at any time. It is inappropriate to use "
      "Internet-Drafts as reference material or to cite them other than as "
      "/\xe2\x80\x9cwork in progress./\xe2\x80\x9d";
  const Bytes plaintext(text.begin(), text.end());
  EXPECT_EQ(
      hex(seal_with(*make(key), plaintext, 0x0807060504030201)).substr(0, 2 * text.size()),
      "64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb24c6cfc18755d43eea09ee94e"
      "382d26b0bdb7b73c321b0100d4f03b7f355894cf332f830e710b97ce98c8a84abd0b948114ad176e008d33bd"
      "60f982b1ff37c8559797a06ef4f0ef61c186324e2b3506383606907b6a7c02b0f9f6157b53c867e4b9166c76"
      "7b804d46a59b5216cde7a4e99040c5a40433225ee282a1b0a06c523eaf4534d7f83fa1155b0047718cbc546a"
      "0d072b04b3564eea1b422273f548271a0bb2316053fa76991955ebd63159434ecebb4e466dae5a1073a67276"
      "27097a1049e617d91d361094fa68f0ff77987130305beaba2eda04df997b714d6c6f2c29a6ad5cb4022b0270"
      "9b");
}

// Its cases whose nonce has this form; they all have associated data, so the tag is libsodium's.
TEST_P(Backend, WycheproofKeysAtTheEdgesOfPoly1305) {
  const auto file = wirebraid::testing::load_shared("wycheproof/chacha20_poly1305_test.json");
  if (!file) GTEST_SKIP() << "no wycheproof/chacha20_poly1305_test.json";
  size_t count = 0;
  for (const auto& group : file->at("testGroups")) {
    for (const auto& test : group.at("tests")) {
      const auto bytes = [&](const char* field) {
        return unhex(test.at(field).get<std::string>());
      };
      const Bytes nonce = bytes("iv");
      if (nonce.size() != kNonceSize || load_le<uint32_t>(nonce.data()) != 0) continue;
      SCOPED_TRACE(test.at("tcId").get<int>());
      const auto counter = load_le<uint64_t>(nonce.data() + 4);
      const Bytes key = bytes("key");
      const Bytes plaintext = bytes("msg");
      const Bytes sealed = seal_with(*make(key), plaintext, counter);
      EXPECT_EQ(hex(sealed).substr(0, 2 * plaintext.size()), hex(bytes("ct")));
      EXPECT_EQ(hex(sealed), hex(reference(key, plaintext, counter)));
      ++count;
    }
  }
  EXPECT_EQ(count, 10u);
}

TEST_P(Backend, EqualsLibsodiumForAllLengths) {
  const auto aead = make(key_);
  const Bytes text = random_bytes(kLargest, 2);
  for (size_t size = 0; size <= kLargest; ++size) {
    const uint64_t counter = 0x9e3779b97f4a7c15 * (size + 1);  // all 64 bits of it
    const ConstByteSpan plaintext(text.data(), size);
    const Bytes expected = reference(key_, plaintext, counter);
    const size_t offset = kOffsets[size % std::size(kOffsets)];
    Guarded from(size, offset * 3);
    std::copy(plaintext.begin(), plaintext.end(), from.bytes().begin());

    Guarded apart(size + kTagSize, offset);
    aead->seal(from.bytes(), counter, apart.bytes().data());
    ASSERT_TRUE(std::equal(expected.begin(), expected.end(), apart.bytes().begin())) << size;
    Guarded in_place(size + kTagSize, offset);
    std::copy(plaintext.begin(), plaintext.end(), in_place.bytes().begin());
    aead->seal(in_place.bytes().first(size), counter, in_place.bytes().data());
    ASSERT_TRUE(std::equal(expected.begin(), expected.end(), in_place.bytes().begin())) << size;

    ASSERT_TRUE(aead->open(in_place.bytes(), counter)) << size;
    ASSERT_TRUE(std::equal(plaintext.begin(), plaintext.end(), in_place.bytes().begin())) << size;
    ASSERT_TRUE(from.intact() && apart.intact() && in_place.intact()) << size;
    // And what it sealed is for others to open.
    Bytes opened(size);
    ASSERT_TRUE(open(AeadKey(key_), nonce_of(counter), {}, apart.bytes(), opened.data())) << size;
    ASSERT_TRUE(std::equal(plaintext.begin(), plaintext.end(), opened.begin())) << size;
  }
}

TEST_P(Backend, RefusesEveryFlippedBitOfShortMessages) {
  const auto aead = make(key_);
  for (const size_t size : {0, 1, 15, 16, 20, 64, 65, 130}) {
    const Bytes sealed = reference(key_, random_bytes(size, 3), 5);
    for (size_t bit = 0; bit < sealed.size() * 8; ++bit) {
      Bytes damaged = sealed;
      damaged[bit / 8] ^= static_cast<uint8_t>(1U << (bit % 8));
      ASSERT_FALSE(aead->open(damaged, 5)) << size << " bytes, bit " << bit;
    }
    Bytes intact = sealed;
    EXPECT_TRUE(aead->open(intact, 5));  // and is not confused by what came before
  }
}

TEST_P(Backend, RefusesEveryDamagedByteOfLongMessages) {
  const auto aead = make(key_);
  const Bytes sealed = reference(key_, random_bytes(1420, 4), 6);
  for (size_t place = 0; place < sealed.size(); ++place) {
    Bytes damaged = sealed;
    damaged[place] ^= 0x10;
    ASSERT_FALSE(aead->open(damaged, 6)) << place;
  }
}

TEST_P(Backend, RefusesOtherCountersKeysAndShortInput) {
  const auto aead = make(key_);
  const Bytes sealed = reference(key_, random_bytes(20, 5), 5);
  for (const uint64_t counter :
       {uint64_t{4}, uint64_t{6}, uint64_t{5} << 32, uint64_t{5} | uint64_t{1} << 63}) {
    Bytes copy = sealed;
    EXPECT_FALSE(aead->open(copy, counter)) << counter;
  }
  Bytes copy = sealed;
  EXPECT_FALSE(make(random_bytes(kAeadKeySize, 6))->open(copy, 5));
  for (size_t size = 0; size < sealed.size(); ++size) {
    Bytes cut(sealed.begin(), sealed.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_FALSE(aead->open(cut, 5)) << size;
  }
  EXPECT_FALSE(aead->open({}, 5));
}

TEST_P(Backend, LeavesNoPlaintextOfAForgery) {
  const auto aead = make(key_);
  const Bytes plaintext = random_bytes(300, 7);
  Bytes forged = reference(key_, plaintext, 5);
  forged.back() ^= 1;
  ASSERT_FALSE(aead->open(forged, 5));
  // Any four bytes in a row that are as they were in the plaintext.
  for (size_t i = 0; i + 4 <= plaintext.size(); ++i) {
    EXPECT_NE(load_le<uint32_t>(forged.data() + i), load_le<uint32_t>(plaintext.data() + i)) << i;
  }
}

TEST_P(Backend, KeysInUseTogetherDoNotMix) {
  const Bytes other_key = random_bytes(kAeadKeySize, 8);
  const auto aead = make(key_);
  auto other = make(other_key);
  for (uint64_t counter = 0; counter < 50; ++counter) {
    const Bytes text = random_bytes(100 + counter, 9);
    const Bytes sealed = seal_with(*aead, text, counter);
    Bytes opened = reference(other_key, text, counter);
    EXPECT_TRUE(other->open(opened, counter));
    EXPECT_EQ(hex(sealed), hex(reference(key_, text, counter)));
    if (counter % 10 == 9) other = make(other_key);
  }
}

TEST_P(Backend, PassesItsSelfTest) { EXPECT_TRUE(passes_self_test(*backend_)); }

std::vector<std::string_view> names_here() {
  std::vector<std::string_view> names;
  for (const auto& backend : make_aead_backends()) names.push_back(backend->name());
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, Backend, ::testing::ValuesIn(names_here()), [](const auto& chosen) {
  std::string name(chosen.param);
  std::erase(name, '-');
  return name;
});

TEST(Backends, AreMadeByNameAndLibsodiumIsAlwaysThere) {
  EXPECT_EQ(names_here().front(), "libsodium");
  for (const std::string_view name : names_here()) {
    EXPECT_EQ(make_aead_backend(name)->name(), name);
  }
  EXPECT_EQ(make_aead_backend("aes"), nullptr);
}

/// libsodium with one mistake.
class Faulty final : public AeadBackend {
 public:
  enum class Fault { none, sealing_long, in_place, high_counter, opens_forgeries, opens_nothing };
  explicit Faulty(Fault fault) : fault_(fault) {}
  std::string_view name() const override { return "faulty"; }
  std::unique_ptr<Aead> create(AeadKey key) const override {
    return std::make_unique<FaultyAead>(sodium_aead().create(key), fault_);
  }

 private:
  class FaultyAead final : public Aead {
   public:
    FaultyAead(std::unique_ptr<Aead> real, Fault fault) : real_(std::move(real)), fault_(fault) {}
    void seal(ConstByteSpan plaintext, uint64_t counter, uint8_t* out) override {
      const bool in_place = plaintext.data() == out;
      if (fault_ == Fault::high_counter) counter &= UINT32_MAX;
      real_->seal(plaintext, counter, out);
      if (fault_ == Fault::sealing_long && plaintext.size() > 1024) out[1024] ^= 1;
      if (fault_ == Fault::in_place && in_place) out[0] ^= 1;
    }
    bool open(ByteSpan sealed, uint64_t counter) override {
      if (fault_ == Fault::high_counter) counter &= UINT32_MAX;
      const bool authentic = real_->open(sealed, counter);
      if (fault_ == Fault::opens_nothing) return false;
      return authentic || fault_ == Fault::opens_forgeries;
    }

   private:
    std::unique_ptr<Aead> real_;
    Fault fault_;
  };
  Fault fault_;
};

TEST(SelfTest, FindsEveryFault) {
  using Fault = Faulty::Fault;
  EXPECT_TRUE(passes_self_test(Faulty(Fault::none)));
  for (const auto fault : {Fault::sealing_long, Fault::in_place, Fault::high_counter,
                           Fault::opens_forgeries, Fault::opens_nothing}) {
    EXPECT_FALSE(passes_self_test(Faulty(fault))) << static_cast<int>(fault);
  }
}

}  // namespace
}  // namespace wirebraid::crypto
