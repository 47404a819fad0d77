#include "core/bond/frame.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace wirebraid {
namespace {

std::string hex(ConstByteSpan bytes) {
  std::string text;
  for (const uint8_t byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 0xf];
  }
  return text;
}

std::vector<uint8_t> from_hex(const std::string& text) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoul(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

// The test vectors of docs/protocol.md.
constexpr const char* kHelloVector =
    "b001200000000000efcdab896745230100000000000000007856341200000000";
constexpr const char* kAnswerVector =
    "b4012000000000001817161514131211efcdab8967452301f0debc9a204e0000";
constexpr const char* kDataVector = "b1000300040302014500";
// In three lines, as the document prints it.
constexpr const char* kReportVector =
    "b2030000dec0adde2a00000000000000"
    "2b00000040420f00f0be000000000000"
    "d00700000503000007030000fff70f";

Hello hello() {
  Hello out;
  out.epoch = 0x0123456789abcdef;
  out.first_sequence = 0x12345678;
  return out;
}

Report report() {
  Report out;
  out.session = 0xdeadc0de;
  out.highest_counter = 42;
  out.packets = 43;
  out.received_at = 1'000'000;
  out.bytes = 48'880;
  out.hold = 2000;
  out.cumulative = 773;
  out.next_sequence = 775;
  out.bitmap_size = 3;
  out.bitmap = {0xff, 0xf7, 0x0f};
  return out;
}

TEST(Frame, HelloMatchesItsVectors) {
  std::vector<uint8_t> bytes(Hello::kSize);
  write_hello(bytes.data(), hello());
  EXPECT_EQ(hex(bytes), kHelloVector);

  Hello answer;
  answer.answer = true;
  answer.epoch = 0x1112131415161718;
  answer.peer_epoch = 0x0123456789abcdef;
  answer.first_sequence = 0x9abcdef0;
  answer.receive_cap_kbps = 20'000;
  write_hello(bytes.data(), answer);
  EXPECT_EQ(hex(bytes), kAnswerVector);

  const auto read = read_hello(bytes);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->answer);
  EXPECT_EQ(read->version, kProtocolVersion);
  EXPECT_EQ(read->epoch, answer.epoch);
  EXPECT_EQ(read->peer_epoch, answer.peer_epoch);
  EXPECT_EQ(read->first_sequence, answer.first_sequence);
  EXPECT_EQ(read->receive_cap_kbps, answer.receive_cap_kbps);
}

TEST(Frame, DataMatchesItsVector) {
  const auto bytes = from_hex(kDataVector);
  DataHeader header;
  header.predecessor_delta = 3;
  header.sequence = 0x01020304;
  std::vector<uint8_t> written(DataHeader::kSize);
  write_data_header(written.data(), header);
  EXPECT_EQ(hex(written) + "4500", kDataVector);
  const auto read = read_data_header(bytes);
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->resent);
  EXPECT_EQ(read->predecessor_delta, 3);
  EXPECT_EQ(read->sequence, 0x01020304u);
  header.resent = true;
  write_data_header(written.data(), header);
  EXPECT_EQ(written[0], 0xb5);
  EXPECT_TRUE(read_data_header(written)->resent);
}

TEST(Frame, ReportMatchesItsVector) {
  const Report sent = report();
  std::vector<uint8_t> bytes(sent.size());
  write_report(bytes.data(), sent);
  EXPECT_EQ(hex(bytes), kReportVector);
  const auto read = read_report(bytes);
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->answer_requested);
  EXPECT_EQ(read->session, sent.session);
  EXPECT_EQ(read->highest_counter, sent.highest_counter);
  EXPECT_EQ(read->packets, sent.packets);
  EXPECT_EQ(read->received_at, sent.received_at);
  EXPECT_EQ(read->bytes, sent.bytes);
  EXPECT_EQ(read->hold, sent.hold);
  EXPECT_EQ(read->cumulative, sent.cumulative);
  EXPECT_EQ(read->next_sequence, sent.next_sequence);
  EXPECT_EQ(read->bitmap_size, sent.bitmap_size);
  EXPECT_EQ(read->bitmap, sent.bitmap);
}

TEST(Frame, ABitmapSaysWhichCountersCame) {
  const Report sent = report();
  EXPECT_TRUE(sent.was_received(42));
  EXPECT_FALSE(sent.was_received(43));
  for (uint64_t counter = 34; counter < 42; ++counter) EXPECT_TRUE(sent.was_received(counter));
  EXPECT_FALSE(sent.was_received(30));  // bit 3 of the second byte
  EXPECT_TRUE(sent.was_received(31));
  EXPECT_TRUE(sent.was_received(22));
  EXPECT_FALSE(sent.was_received(21));
  EXPECT_FALSE(sent.was_received(0));
  Report first;
  EXPECT_TRUE(first.was_received(0));
  EXPECT_FALSE(first.was_received(UINT64_MAX));
}

TEST(Frame, EveryTruncationIsRefused) {
  const auto hello_bytes = from_hex(kHelloVector);
  const auto data_bytes = from_hex(kDataVector);
  const auto report_bytes = from_hex(kReportVector);
  for (size_t size = 0; size < Hello::kSize; ++size) {
    EXPECT_FALSE(read_hello({hello_bytes.data(), size}));
  }
  for (size_t size = 0; size < DataHeader::kSize; ++size) {
    EXPECT_FALSE(read_data_header({data_bytes.data(), size}));
  }
  for (size_t size = 0; size < report_bytes.size(); ++size) {
    EXPECT_FALSE(read_report({report_bytes.data(), size}));
  }
}

TEST(Frame, PaddingBehindAFrameIsIgnored) {
  auto bytes = from_hex(kReportVector);
  bytes.resize(bytes.size() + 15);
  EXPECT_TRUE(read_report(bytes));
}

TEST(Frame, HostileValuesAreRefused) {
  auto bytes = from_hex(kHelloVector);
  bytes[2] = 31;  // shorter than a HELLO
  EXPECT_FALSE(read_hello(bytes));
  bytes[2] = 64;  // a longer one from the future
  EXPECT_TRUE(read_hello(bytes));
  bytes[1] = 0;
  EXPECT_FALSE(read_hello(bytes)) << "version 0";
  bytes = from_hex(kHelloVector);
  std::fill(bytes.begin() + 8, bytes.begin() + 16, uint8_t{0});
  EXPECT_FALSE(read_hello(bytes)) << "epoch 0";

  bytes = from_hex(kReportVector);
  bytes.resize(400);
  bytes[1] = 32;
  EXPECT_TRUE(read_report(bytes));
  bytes[1] = 33;
  EXPECT_FALSE(read_report(bytes)) << "more bitmap than there is";
}

TEST(Frame, RequestsOfKnownKindsAreRead) {
  uint8_t bytes[Request::kSize];
  write_request(bytes, {Request::Kind::fill, 1500});
  EXPECT_EQ(std::vector<uint8_t>(bytes, bytes + sizeof bytes), from_hex("b301dc05"));
  const auto read = read_request(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->kind, Request::Kind::fill);
  EXPECT_EQ(read->duration_ms, 1500);
  EXPECT_FALSE(read_request({bytes, 3}));
  bytes[1] = 2;
  EXPECT_FALSE(read_request(bytes)) << "from the future";
}

TEST(Frame, OnlyFramesHaveAKind) {
  for (int first = 0; first < 256; ++first) {
    const uint8_t payload[1] = {static_cast<uint8_t>(first)};
    const bool frame = first >> 4 == 0xb;
    EXPECT_EQ(is_frame(payload), frame);
    EXPECT_EQ(frame_kind(payload).has_value(), frame) << first;
  }
  EXPECT_FALSE(is_frame({}));
}

TEST(Frame, SequencesCompareAcrossTheWrap) {
  EXPECT_EQ(sequence_distance(2, 1), 1);
  EXPECT_EQ(sequence_distance(0, UINT32_MAX), 1);
  EXPECT_EQ(sequence_distance(UINT32_MAX, 0), -1);
}

}  // namespace
}  // namespace wirebraid
