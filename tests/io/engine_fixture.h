// One engine of each kind, in a network namespace of its own, with a Handler that keeps what it is
// given.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "io/engine.h"
#include "io/udp.h"
#include "tests/support/netns.h"

namespace wirebraid::io {

struct Seen {
  std::string bytes;
  Endpoint remote;
  LocalSource source;
  TransportId transport{};
  uint8_t traffic_class = 0;
};

class Recorder : public Handler {
 public:
  void on_datagrams(std::span<Datagram> batch) override;
  void on_packets(std::span<Packet> batch) override;
  void on_tun_gone() override { ++tun_gone; }
  void on_transport_error(TransportId transport, int error) override {
    errors.emplace_back(transport, error);
  }

  std::vector<Seen> datagrams;
  std::vector<size_t> batch_sizes;
  std::vector<std::string> packets;  ///< IPv4 only: the kernel itself sends IPv6 whenever it likes
  int tun_gone = 0;
  std::vector<std::pair<TransportId, int>> errors;

  bool hold = false;  ///< keeps the slots of what comes
  std::vector<Packet> held;
  std::function<void(std::span<Datagram>)> on_batch;
  /// Instead of keeping them.
  std::function<void(std::span<Datagram>)> on_datagram_batch;
  std::function<void(std::span<Packet>)> on_packet_batch;
};

/// "epoll", "io_uring", and "io_uring_single_reads" (as before Linux 6.7).
std::vector<std::string> engine_kinds();

class EngineTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override;
  void TearDown() override;
  void make_engine_with_pool(size_t payload_size, size_t slots);
  /// Turns until `done()`; false after five seconds.
  bool turn_until(const std::function<bool()>& done);
  /// What is there already is delivered, and nothing else waited for.
  void turn_a_few_times();

  Datagram datagram(const UdpTransport& from, const Endpoint& to, std::string_view text);
  void send(Datagram datagram) {
    engine->send({&datagram, 1});
    engine->flush();
  }

  std::unique_ptr<testing::NetNamespace> name_space;
  std::unique_ptr<testing::NetNamespace::Scope> scope;
  std::unique_ptr<BufferPool> pool;
  std::unique_ptr<Recorder> handler;
  std::unique_ptr<Engine> engine;
};

Endpoint endpoint(const std::string& address, uint16_t port);

/// A plain blocking UDP socket: what the engine's work is compared with.
class PlainSocket {
 public:
  explicit PlainSocket(const std::string& address, uint16_t port = 0);
  uint16_t port() const { return port_; }
  int fd() const { return fd_.get(); }
  void send(const Endpoint& to, std::string_view text);
  /// Waits up to five seconds; an empty `remote` if nothing came.
  Seen receive();

 private:
  Descriptor fd_;
  uint16_t port_ = 0;
};

}  // namespace wirebraid::io
