#include "control/cipher_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/engine.h"
#include "tests/control/config_samples.h"

namespace wirebraid::control {
namespace {

using std::chrono::microseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// libsodium under another name, for which a packet takes as long as the test says.
class Timed final : public crypto::AeadBackend {
 public:
  Timed(std::string_view name, Time& now, Duration cost, bool broken = false)
      : name_(name), now_(now), cost_(cost), broken_(broken) {}
  std::string_view name() const override { return name_; }
  std::unique_ptr<crypto::Aead> create(crypto::AeadKey key) const override {
    return std::make_unique<TimedAead>(*this, crypto::sodium_aead().create(key));
  }

 private:
  class TimedAead final : public crypto::Aead {
   public:
    TimedAead(const Timed& owner, std::unique_ptr<Aead> real)
        : owner_(owner), real_(std::move(real)) {}
    void seal(ConstByteSpan plaintext, uint64_t counter, uint8_t* out) override {
      // The first round finds a cold cache.
      owner_.now_ += ++packets_ > 32 ? owner_.cost_ : owner_.cost_ + microseconds(50);
      real_->seal(plaintext, counter, out);
    }
    bool open(ByteSpan sealed, uint64_t counter) override {
      owner_.now_ += owner_.cost_;
      return real_->open(sealed, counter) || owner_.broken_;
    }

   private:
    const Timed& owner_;
    std::unique_ptr<Aead> real_;
    int packets_ = 0;
  };
  std::string_view name_;
  Time& now_;
  Duration cost_;
  bool broken_;
};

struct Kind {
  std::string_view name;
  Duration cost;
  bool broken = false;
};

struct CipherChoiceTest : ::testing::Test {
  static constexpr Kind kSlow{"libsodium", microseconds(7)};
  static constexpr Kind kMiddle{"openssl", microseconds(4)};
  static constexpr Kind kFast{"ipsec-mb", microseconds(2)};
  static constexpr Kind kBroken{"ipsec-mb", microseconds(1), true};

  CipherBackends backends(std::initializer_list<Kind> kinds) {
    CipherBackends result;
    for (const Kind& kind : kinds) {
      result.push_back(std::make_unique<Timed>(kind.name, now, kind.cost, kind.broken));
    }
    return result;
  }
  CipherChoice choose(std::initializer_list<Kind> kinds, const std::string& wanted = "") {
    return choose_cipher(wanted, backends(kinds), [this] { return now; });
  }
  Time now{std::chrono::seconds(5)};
};

TEST_F(CipherChoiceTest, TakesTheFastestAndSaysWhy) {
  const CipherChoice choice = choose({kSlow, kMiddle, kFast});
  EXPECT_EQ(choice.backend->name(), "ipsec-mb");
  EXPECT_EQ(choice.reason, "fastest: 2000 ns per packet, openssl 4000 ns, libsodium 7000 ns");
  EXPECT_THAT(choice.warnings, IsEmpty());
  EXPECT_EQ(choose({kFast, kSlow}).backend->name(), "ipsec-mb");
}

TEST_F(CipherChoiceTest, LeavesOutWhatFailsItsSelfTest) {
  const CipherChoice choice = choose({kSlow, kMiddle, kBroken});
  EXPECT_EQ(choice.backend->name(), "openssl");
  EXPECT_THAT(choice.warnings,
              ElementsAre("cipher ipsec-mb computes wrongly on this machine: left out"));
}

TEST_F(CipherChoiceTest, MeasuresBrieflyAndOnlyIfThereIsAChoice) {
  const Time before = now;
  const CipherChoice alone = choose({kSlow});
  EXPECT_EQ(alone.backend->name(), "libsodium");
  EXPECT_EQ(alone.reason, "the only one here");
  const Duration self_test = now - before;
  choose({kSlow, kSlow});
  EXPECT_LT(now - before - 3 * self_test, std::chrono::milliseconds(10));
}

TEST_F(CipherChoiceTest, EndsOnAClockThatStandsStill) {
  const auto choice = choose_cipher("", backends({kSlow, kFast}), [] { return Time{}; });
  EXPECT_EQ(choice.backend->name(), "libsodium");
}

TEST_F(CipherChoiceTest, TakesWhatIsConfigured) {
  const CipherChoice choice = choose({kSlow, kMiddle, kFast}, "openssl");
  EXPECT_EQ(choice.backend->name(), "openssl");
  EXPECT_EQ(choice.wanted, "openssl");
  EXPECT_EQ(choice.reason, "as configured");
}

TEST_F(CipherChoiceTest, SaysWhyOneCannotBeHadAndWhatCan) {
  const CipherBackends there = backends({kSlow, kBroken});
  EXPECT_EQ(cipher_problem("libsodium", there), "");
  EXPECT_EQ(cipher_problem("ipsec-mb", there),
            "'ipsec-mb' computes wrongly on this machine: it failed its self-test; auto or "
            "libsodium expected");
  EXPECT_EQ(cipher_problem("openssl", there),
            "'openssl' was not built into this program, or does not run on this processor; auto "
            "or libsodium expected");
}

TEST_F(CipherChoiceTest, ChoosesAmongTheRealOnes) {
  const CipherChoice choice = choose_cipher("", crypto::make_aead_backends(), io::monotonic_now);
  ASSERT_NE(choice.backend, nullptr);
  EXPECT_THAT(choice.warnings, IsEmpty());
}

TEST(CipherKey, NamesAnyThatIsThere) {
  for (const std::string_view name : crypto::kAeadNames) {
    const std::string text = interface_section("Cipher = " + std::string(name) + "\n") +
                             bond_section() + uplink_section();
    if (crypto::make_aead_backend(name)) {
      EXPECT_EQ(good(text).interface.cipher, name);
    } else {
      EXPECT_THAT(bad(text), HasSubstr("wb0.conf:3: [Interface] Cipher: '" + std::string(name) +
                                       "' was not built into this program"));
    }
  }
}

}  // namespace
}  // namespace wirebraid::control
