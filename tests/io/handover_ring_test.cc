#include "io/handover_ring.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace wirebraid::io {
namespace {

class HandoverRingTest : public ::testing::Test {
 protected:
  static Datagram content(BufferPool& pool, const std::string& text) {
    Datagram datagram;
    datagram.bytes = pool.allocate();
    datagram.bytes.resize(text.size());
    std::copy(text.begin(), text.end(), datagram.bytes.data());
    return datagram;
  }
  static std::string text_of(const Datagram& datagram) {
    const auto bytes = datagram.bytes.bytes();
    return {bytes.begin(), bytes.end()};
  }

  BufferPool from{100, 64};
  BufferPool to{100, 64};
  HandoverRing ring{4, 100};
};

TEST_F(HandoverRingTest, KeepsEverythingOfADatagram) {
  Datagram sent = content(from, "hello");
  sent.remote = *Endpoint::parse("[2001:db8::7]:51820");
  sent.source = {*IpAddress::parse("2001:db8::1"), 3};
  sent.transport = TransportId{9};
  sent.traffic_class = 3;
  ASSERT_TRUE(ring.push(sent));
  EXPECT_TRUE(ring.empty()) << "not published";
  ring.publish();
  ASSERT_FALSE(ring.empty());
  const Datagram got = ring.take(to);
  EXPECT_TRUE(ring.empty());
  EXPECT_EQ(text_of(got), "hello");
  EXPECT_EQ(got.remote, sent.remote);
  EXPECT_EQ(got.source, sent.source);
  EXPECT_EQ(got.transport, sent.transport);
  EXPECT_EQ(got.traffic_class, 3);
  EXPECT_EQ(to.in_use(), 1u) << "a slot of the consumer's own";
}

TEST_F(HandoverRingTest, RefusesWhatDoesNotFit) {
  for (const char* text : {"0", "1", "2", "3"}) EXPECT_TRUE(ring.push(content(from, text)));
  EXPECT_FALSE(ring.push(content(from, "4")));
  ring.publish();
  EXPECT_EQ(text_of(ring.take(to)), "0");
  EXPECT_TRUE(ring.push(content(from, "5")));
  ring.publish();
  for (const char* text : {"1", "2", "3", "5"}) EXPECT_EQ(text_of(ring.take(to)), text);
  EXPECT_TRUE(ring.empty());

  BufferPool large(200, 1);
  EXPECT_FALSE(ring.push(content(large, std::string(101, 'x'))));
  EXPECT_TRUE(ring.push(content(from, std::string(100, 'x'))));
}

TEST_F(HandoverRingTest, LosesOneForEachSlotThatIsMissing) {
  BufferPool small(100, 1);
  for (const char* text : {"0", "1", "2"}) ring.push(content(from, text));
  ring.publish();
  Datagram kept = ring.take(small);
  EXPECT_FALSE(ring.take(small).bytes);
  kept.bytes.reset();
  EXPECT_EQ(text_of(ring.take(small)), "2");
}

TEST_F(HandoverRingTest, KeepsTheOrderBetweenThreads) {
  constexpr int kCount = 20'000;
  HandoverRing wide(64, 100);
  std::thread producer([&] {
    for (int i = 0; i < kCount; ++i) {
      while (!wide.push(content(from, std::to_string(i)))) {
        wide.publish();
        std::this_thread::yield();
      }
      if (i % 3 == 0) wide.publish();
    }
    wide.publish();
  });
  for (int i = 0; i < kCount; ++i) {
    while (wide.empty()) std::this_thread::yield();
    EXPECT_EQ(text_of(wide.take(to)), std::to_string(i));
  }
  producer.join();
}

}  // namespace
}  // namespace wirebraid::io
