#include "io/shared_port.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "tests/io/engine_fixture.h"
#include "wirebraid/worker.h"

namespace wirebraid::io {
namespace {

using testing::NetNamespace;

constexpr size_t kWorkers = 3;

class SharedPortTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!NetNamespace::supported()) GTEST_SKIP() << NetNamespace::kSkipReason;
    name_space = std::make_unique<NetNamespace>();
    scope.emplace(name_space->fd());
    for (auto& transport : transports) pointers.push_back(&transport);
  }

  /// The number of the worker that gets `bytes` from a fresh socket of that family.
  size_t receiver_of(const std::string& bytes, const std::string& address) const {
    PlainSocket peer(address);
    peer.send(endpoint(address, transports[0].port()), bytes);
    std::array<pollfd, kWorkers> ready{};
    for (size_t i = 0; i < kWorkers; ++i) {
      ready[i].fd = address[0] == ':' ? transports[i].fd_v6() : transports[i].fd_v4();
      ready[i].events = POLLIN;
    }
    EXPECT_EQ(poll(ready.data(), ready.size(), 2000), 1);
    for (size_t i = 0; i < kWorkers; ++i) {
      if (ready[i].revents == 0) continue;
      std::array<char, 200> buffer{};
      EXPECT_EQ(recv(ready[i].fd, buffer.data(), buffer.size(), 0),
                static_cast<ssize_t>(bytes.size()));
      return i;
    }
    return kWorkers;
  }

  /// The beginning of a message with `index` where its type has the receiver's.
  static std::string message(uint8_t type, uint32_t index) {
    std::string bytes(32, '\xff');
    bytes.replace(0, 4, {static_cast<char>(type), 0, 0, 0});
    for (size_t i = 0; i < 4; ++i) {
      bytes[(type == 2 ? 8 : 4) + i] = static_cast<char>(index >> 8 * i);
    }
    return bytes;
  }

  std::unique_ptr<NetNamespace> name_space;
  std::optional<NetNamespace::Scope> scope;
  std::array<UdpTransport, kWorkers> transports{
      UdpTransport(TransportId{1}), UdpTransport(TransportId{1}), UdpTransport(TransportId{1})};
  std::vector<UdpTransport*> pointers;
  UdpOptions options;
  std::string what;
};

TEST_F(SharedPortTest, WhatHasAReceiverIndexGoesToItsWorker) {
  ASSERT_FALSE(open_shared(pointers, options, &what)) << what;
  for (const std::string address : {"127.0.0.1", "::1"}) {
    for (const uint8_t type : {uint8_t{2}, uint8_t{3}, uint8_t{4}}) {
      for (uint32_t index = 0; index < 24; ++index) {
        const uint32_t whole = index * 0x1234'5604;
        const auto worker = static_cast<size_t>(worker_of(whole | index % 4, kWorkers));
        if (worker >= kWorkers) continue;
        ASSERT_EQ(receiver_of(message(type, whole | index % 4), address), worker)
            << int{type} << " to " << (whole | index % 4) << " over " << address;
      }
    }
  }
}

TEST_F(SharedPortTest, EverythingElseIsSpread) {
  ASSERT_FALSE(open_shared(pointers, options, &what)) << what;
  // An initiation, a type that nobody knows, and the number of a worker that is not there.
  for (const std::string& bytes : {message(1, 0), message(77, 0), message(4, 3)}) {
    std::array<bool, kWorkers> got{};
    for (int i = 0; i < 100; ++i) got[receiver_of(bytes, "127.0.0.1")] = true;
    EXPECT_EQ(got, (std::array<bool, kWorkers>{true, true, true})) << int{bytes[0]};
  }
  EXPECT_LT(receiver_of("x", "::1"), kWorkers);
  EXPECT_LT(receiver_of(std::string("\x04\0\0\0", 4), "::1"), kWorkers);
}

TEST_F(SharedPortTest, NobodyElseGetsThePort) {
  ASSERT_FALSE(open_shared(pointers, options, &what)) << what;
  options.port = transports[0].port();
  UdpTransport stranger{TransportId{2}};
  EXPECT_EQ(stranger.open(options, &what).value(), EADDRINUSE);
  UdpTransport another{TransportId{3}};
  const std::array<UdpTransport*, 2> pair{&stranger, &another};
  EXPECT_EQ(open_shared(pair, options, &what).value(), EADDRINUSE);
  EXPECT_NE(what.find("another process has it"), std::string::npos) << what;
  EXPECT_EQ(another.fd_v4(), -1);
}

TEST_F(SharedPortTest, OpenedAnewTheyAreInOrderAgain) {
  ASSERT_FALSE(open_shared(pointers, options, &what)) << what;
  options.port = transports[0].port();
  ASSERT_FALSE(open_shared(pointers, options, &what)) << what;
  for (const auto& transport : transports) EXPECT_EQ(transport.port(), options.port);
  for (uint32_t worker = 0; worker < kWorkers; ++worker) {
    EXPECT_EQ(receiver_of(message(4, worker), "127.0.0.1"), worker);
    EXPECT_EQ(receiver_of(message(4, worker), "::1"), worker);
  }
}

}  // namespace
}  // namespace wirebraid::io
