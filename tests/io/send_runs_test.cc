// Which datagrams are sent together.
#include "io/send_runs.h"

#include <gtest/gtest.h>

#include <string>

namespace wirebraid::io {
namespace {

class SendRunsTest : public ::testing::Test {
 protected:
  void add(uint16_t port, size_t size, uint8_t traffic_class = 0, TransportId transport = {}) {
    Datagram datagram;
    datagram.bytes = pool_.allocate();
    datagram.bytes.resize(size);
    datagram.remote = {IpAddress::v4(std::array<uint8_t, 4>{10, 0, 0, 1}), port};
    datagram.traffic_class = traffic_class;
    datagram.transport = transport;
    if (size > 0) datagram.bytes.data()[0] = static_cast<uint8_t>(batch_.size());
    batch_.push_back(std::move(datagram));
  }
  /// "0,1 2": the numbers of the datagrams in each run.
  std::string arrange() {
    std::string text;
    const auto runs = runs_.arrange(batch_, [this](TransportId id) { return id != refused_; });
    for (const SendRuns::Run run : runs) {
      if (!text.empty()) text += ' ';
      for (size_t i = 0; i < run.size(); ++i) {
        if (i > 0) text += ',';
        text += run[i].bytes.empty() ? "-" : std::to_string(run[i].bytes.data()[0]);
      }
    }
    batch_.clear();
    return text;
  }

  BufferPool pool_{1500, 512};
  std::vector<Datagram> batch_;
  SendRuns runs_;
  TransportId refused_{9};
};

TEST_F(SendRunsTest, EqualOnesGoTogetherAndAShorterOneEndsThem) {
  for (const size_t size : {100, 100, 40, 100, 100}) add(1, size);
  EXPECT_EQ(arrange(), "0,1,2 3,4");
}

TEST_F(SendRunsTest, ALongerOneBeginsAnew) {
  for (const size_t size : {40, 100, 100, 40}) add(1, size);
  EXPECT_EQ(arrange(), "0 1,2,3");
}

TEST_F(SendRunsTest, DestinationsDoNotPartEachOther) {
  for (int i = 0; i < 3; ++i) {
    add(1, 100);
    add(2, 80);
  }
  EXPECT_EQ(arrange(), "0,2,4 1,3,5");
}

TEST_F(SendRunsTest, WhatIsInFrontIsTheSame) {
  add(1, 100);
  add(1, 100, 1);
  add(1, 100, 0, TransportId{1});
  add(1, 100);
  EXPECT_EQ(arrange(), "0,3 1 2");
}

// 0 and 1 have left the first run full; 3 must not join one in front of 2.
TEST_F(SendRunsTest, NothingJoinsARunBehindWhichAnotherWasBegun) {
  for (const size_t size : {50, 50, 100, 50}) add(1, size);
  EXPECT_EQ(arrange(), "0,1 2,3");
  for (const size_t size : {100, 50, 50}) add(1, size);
  EXPECT_EQ(arrange(), "0,1 2");
}

TEST_F(SendRunsTest, HasNoMoreThanTheKernelTakes) {
  for (int i = 0; i < 65; ++i) add(1, 20);
  EXPECT_EQ(arrange().substr(0, 3), "0,1");
  for (int i = 0; i < 65; ++i) add(1, 20);
  EXPECT_TRUE(arrange().ends_with(",63 64"));
  for (int i = 0; i < 60; ++i) add(1, 1400);
  EXPECT_TRUE(arrange().find(",45 46,47") != std::string::npos);
}

TEST_F(SendRunsTest, NoneWhereTheyAreRefused) {
  for (int i = 0; i < 3; ++i) add(1, 100, 0, refused_);
  EXPECT_EQ(arrange(), "0 1 2");
}

TEST_F(SendRunsTest, EmptyOnesStayAlone) {
  add(1, 100);
  add(1, 0);
  add(1, 100);
  batch_.emplace_back();
  EXPECT_EQ(arrange(), "0 - 2 -");
}

}  // namespace
}  // namespace wirebraid::io
