// Two Devices and the wire between them, in virtual time.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <string>

#include "core/wireguard/protocol.h"
#include "tests/support/fake_platform.h"
#include "wirebraid/wireguard/device.h"

namespace wirebraid::wireguard::testing {

using namespace std::chrono_literals;

inline Endpoint endpoint(const char* text) { return *Endpoint::parse(text); }

inline MessageType type_of(const Datagram& datagram) {
  return static_cast<MessageType>(load_le<uint32_t>(datagram.bytes.data()));
}
inline bool is_keepalive(const Datagram& datagram) {
  return type_of(datagram) == MessageType::transport && datagram.bytes.size() == kTransportOverhead;
}

/// A Device with one peer, and what came out of it.
struct End {
  explicit End(uint64_t seed, const char* at, const DeviceOptions& options)
      : platform(seed), device(platform, pool, options), address(endpoint(at)) {
    device.set_private_key(generate_private_key(platform), Time{}, out);
  }

  Packet packet(const std::string& text) {
    Packet out_packet = pool.allocate();
    out_packet.resize(text.size());
    std::copy(text.begin(), text.end(), out_packet.data());
    return out_packet;
  }
  Packet packet(ConstByteSpan bytes) {
    return packet(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  }
  /// One payload; an empty text is a keepalive.
  Outgoing send(const std::string& text, Time now) {
    Outgoing outgoing[1];
    outgoing[0].payload = packet(text);
    device.send(*peer, outgoing, now, out);
    return std::move(outgoing[0]);
  }
  void receive(Datagram datagram, Time now) {
    Datagram batch[1] = {std::move(datagram)};
    device.receive(batch, now, out);
  }
  /// A copy of a datagram of the other end, as it arrives here.
  Datagram incoming(const Datagram& sent, const Endpoint& from) {
    Datagram copy;
    copy.bytes = packet(sent.bytes.bytes());
    copy.remote = from;
    copy.source.address = address.address;
    copy.traffic_class = sent.traffic_class;
    return copy;
  }
  std::vector<Datagram> take_datagrams() { return std::exchange(out.datagrams, {}); }
  std::vector<std::string> take_payloads() {
    std::vector<std::string> texts;
    for (auto& received : out.payloads) {
      std::string text(reinterpret_cast<const char*>(received.payload.data()),
                       received.payload.size());
      texts.push_back(text.substr(0, text.find('\0')));
    }
    out.payloads.clear();
    return texts;
  }
  std::vector<PeerEventKind> take_events() {
    std::vector<PeerEventKind> kinds;
    for (const auto& event : out.events) kinds.push_back(event.kind);
    out.events.clear();
    return kinds;
  }

  BufferPool pool{1500, 4096};
  wirebraid::testing::FakePlatform platform;
  Outbox out;
  Device device;
  Peer* peer = nullptr;
  Endpoint address;
};

class TwoDevices : public ::testing::Test {
 protected:
  static DeviceOptions options() {
    DeviceOptions out;
    out.transport = TransportId{7};
    return out;
  }

  TwoDevices() : TwoDevices(options()) {}
  explicit TwoDevices(const DeviceOptions& with)
      : a(1, "192.0.2.1:1000", with), b(2, "[2001:db8::2]:2000", with) {
    a.peer = a.device.add_peer(b.device.public_key());
    b.peer = b.device.add_peer(a.device.public_key());
    a.device.set_endpoint(*a.peer, b.address);
    b.device.set_endpoint(*b.peer, a.address);
  }

  End& other(End& end) { return &end == &a ? b : a; }

  void deliver(End& from, Datagram& datagram) {
    End& to = other(from);
    to.receive(to.incoming(datagram, from.address), now);
  }
  /// Carries datagrams both ways, without delay, until there are none.
  void exchange() {
    while (!a.out.datagrams.empty() || !b.out.datagrams.empty()) {
      for (End* from : {&a, &b}) {
        for (Datagram& datagram : from->take_datagrams()) deliver(*from, datagram);
      }
    }
  }
  void handshake() {
    a.device.initiate(*a.peer, now, a.out);
    exchange();
    ASSERT_TRUE(a.peer->has_session(now));
    ASSERT_TRUE(b.peer->has_session(now));
    a.take_events();
    b.take_events();
  }
  void set_time(Time to) {
    a.platform.wall += to - now;
    b.platform.wall += to - now;
    now = to;
  }
  void advance(Duration by) { set_time(now + by); }
  /// Moves to `until`, running the timers of both ends exactly when they are due. `visit` sees
  /// every turn after its timers ran, and decides what becomes of the datagrams.
  void run_until(Time until, const std::function<void()>& visit) {
    for (;;) {
      const Time next = std::min(a.device.next_deadline(), b.device.next_deadline());
      if (next > until) break;
      set_time(std::max(now, next));
      a.device.handle_deadline(now, a.out);
      b.device.handle_deadline(now, b.out);
      visit();
    }
    set_time(until);
  }
  void run_until(Time until) {
    run_until(until, [this] { exchange(); });
  }

  End a;
  End b;
  Time now{1000s};
};

}  // namespace wirebraid::wireguard::testing
