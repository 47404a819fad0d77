#include "core/wireguard/message_key.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace wirebraid::wireguard {
namespace {

class MessageKeyTest : public ::testing::TestWithParam<std::string_view> {
 protected:
  MessageKeyTest() : backend(crypto::make_aead_backend(GetParam())) {
    for (size_t i = 0; i < key.size(); ++i) key[i] = static_cast<uint8_t>(i);
  }
  void SetUp() override {
    if (!backend) GTEST_SKIP() << GetParam() << " is not there";
  }
  std::vector<uint8_t> seal(MessageKey& with, uint64_t counter) {
    const std::string text = "message " + std::to_string(counter);
    std::vector<uint8_t> sealed(text.size() + crypto::kTagSize);
    with.seal(*backend, {reinterpret_cast<const uint8_t*>(text.data()), text.size()}, counter,
              sealed.data());
    return sealed;
  }

  std::unique_ptr<crypto::AeadBackend> backend;
  SymmetricKey key;
};

TEST_P(MessageKeyTest, FirstAndLaterMessagesAreOpenedByTheOtherEnd) {
  MessageKey ours(key);
  MessageKey theirs(key);
  for (uint64_t counter = 0; counter < 3 * MessageKey::kFewMessages; ++counter) {
    std::vector<uint8_t> sealed = seal(ours, counter);
    ASSERT_TRUE(theirs.open(*backend, sealed, counter));
    const std::string text(sealed.begin(), sealed.end() - crypto::kTagSize);
    ASSERT_EQ(text, "message " + std::to_string(counter));
  }
}

TEST_P(MessageKeyTest, OneEndMayBeAheadOfTheOther) {
  MessageKey ours(key);
  for (uint64_t counter = 0; counter < 2 * MessageKey::kFewMessages; ++counter) seal(ours, counter);
  MessageKey theirs(key);
  std::vector<uint8_t> sealed = seal(ours, 1000);
  EXPECT_TRUE(theirs.open(*backend, sealed, 1000));
}

TEST_P(MessageKeyTest, ForgeriesAreRefusedFirstAndLater) {
  MessageKey ours(key);
  MessageKey theirs(key);
  for (uint64_t counter = 0; counter < 2 * MessageKey::kFewMessages; ++counter) {
    std::vector<uint8_t> sealed = seal(ours, counter);
    ASSERT_FALSE(theirs.open(*backend, sealed, counter + 1));
    sealed = seal(ours, counter);
    sealed.back() ^= 1;
    ASSERT_FALSE(theirs.open(*backend, sealed, counter));
  }
}

INSTANTIATE_TEST_SUITE_P(Ciphers, MessageKeyTest, ::testing::ValuesIn(crypto::kAeadNames),
                         [](const auto& each) {
                           std::string name(each.param);
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace wirebraid::wireguard
