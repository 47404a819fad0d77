#include "tests/core/sim/simulator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "wirebraid/packet_info.h"

namespace wirebraid::sim {

namespace {

constexpr size_t kIpUdp = 28;
constexpr size_t kHelloDatagram = 32 + wireguard::kTransportOverhead;
constexpr Duration kPlainMemory = std::chrono::seconds(3);
constexpr int kMaxTurnsPerInstant = 2000;

Endpoint gateway_endpoint(size_t uplink) {
  return *Endpoint::parse("192.0.2." + std::to_string(uplink + 1) + ":" +
                          std::to_string(40'000 + uplink));
}
Endpoint server_endpoint() { return *Endpoint::parse("198.51.100.1:51820"); }

Prefix prefix(const char* text) { return *Prefix::parse(text); }

}  // namespace

UplinkSpec uplink(uint64_t rate, Duration round_trip) {
  UplinkSpec spec;
  spec.up.rate = spec.down.rate = rate;
  spec.up.delay = spec.down.delay = round_trip / 2;
  return spec;
}

Simulator::Simulator(const Options& options)
    : options_(options),
      random_(options.seed),
      ends_{End(options.seed * 2 + 1, options.mtu + 200, options.pool_slots),
            End(options.seed * 2 + 2, options.mtu + 200, options.pool_slots)} {
  // The two clocks are unrelated; the server's microseconds pass 2^32 soon after the start.
  ends_[index(Side::server)].clock_offset = Duration((int64_t{5} << 32) - 4'000'000);
  wirebraid::testing::FakePlatform keys(options.seed + 77);
  server_key_ = generate_private_key(keys);
  server_public_ = public_key_of(server_key_);
  for (size_t i = 0; i < options.uplinks.size(); ++i) {
    gateway_keys_.push_back(generate_private_key(keys));
    gateway_public_.push_back(public_key_of(gateway_keys_.back()));
    lines_[0].emplace_back(options.uplinks[i].up, random_());
    lines_[1].emplace_back(options.uplinks[i].down, random_());
  }
  for (auto& side : disorder_) side.resize(options.uplinks.size());
  start(Side::server);
  start(Side::gateway);
}

Simulator::~Simulator() {
  for (End& end : ends_) end.interface.reset();
}

void Simulator::start(Side side) {
  End& end = ends_[index(side)];
  end.interface = std::make_unique<Interface>(end.platform, end.pool, options_.mtu);
  Interface& interface = *end.interface;
  end.uplinks.clear();
  const Time time = local(end);
  const bool gateway = side == Side::gateway;
  end.bond = interface.add_bond(gateway ? options_.gateway_bond : options_.server_bond);
  interface.allow(end.bond, prefix(gateway ? "0.0.0.0/0" : "10.0.0.0/8"));
  IdentityId identity{};
  if (!gateway) identity = interface.add_identity(server_key_, TransportId{0}, time);
  for (size_t i = 0; i < options_.uplinks.size(); ++i) {
    UplinkOptions uplink;
    if (gateway) {
      identity =
          interface.add_identity(gateway_keys_[i], TransportId{static_cast<uint32_t>(i)}, time);
    }
    uplink.identity = identity;
    uplink.bond = end.bond;
    uplink.public_key = gateway ? server_public_ : gateway_public_[i];
    uplink.path = options_.uplinks[i].path;
    end.uplinks.push_back(*interface.add_uplink(uplink, time));
    if (!gateway) continue;
    interface.set_endpoint(end.uplinks.back(), server_endpoint(), time);
    interface.set_persistent_keepalive(end.uplinks.back(), std::chrono::seconds(25), time);
    interface.connect(end.uplinks.back(), time);
  }
  take_output(side);
}

void Simulator::restart(Side side) {
  End& end = ends_[index(side)];
  end.from_tun.clear();
  end.interface.reset();
  EXPECT_EQ(end.pool.in_use(), 0u) << "an interface leaves packets behind";
  start(side);
}

void Simulator::set_disorder(size_t uplink, Side from, const Disorder& disorder) {
  disorder_[index(from)][uplink] = disorder;
  disordered_ = disordered_ || disorder.late > 0 || disorder.twice > 0;
  next_watch_ = now_;
}

void Simulator::set_bond_options(Side side, const BondOptions& options) {
  (side == Side::gateway ? options_.gateway_bond : options_.server_bond) = options;
  interface(side).set_bond_options(ends_[index(side)].bond, options, local(ends_[index(side)]));
  take_output(side);
}

void Simulator::set_path_options(Side side, size_t uplink, const PathOptions& options) {
  End& end = ends_[index(side)];
  end.interface->set_path_options(end.uplinks[uplink], options, local(end));
  take_output(side);
}

void Simulator::add(std::unique_ptr<Application> application) {
  const uint16_t flow = application->flow();
  applications_[flow] = std::move(application);
}

void Simulator::at(Time when, std::function<void()> action) {
  actions_.emplace(when, std::move(action));
}

fabric::Link& Simulator::link(size_t uplink, Side from) {
  return lines_[index(from)][uplink].link();
}

void Simulator::edit(size_t uplink, Side from,
                     const std::function<void(fabric::LinkOptions&)>& change) {
  fabric::LinkOptions options = link(uplink, from).options();
  change(options);
  link(uplink, from).set_options(options);
}

void Simulator::set_state(size_t uplink, fabric::LinkState state) {
  for (const Side side : {Side::gateway, Side::server}) {
    edit(uplink, side, [state](fabric::LinkOptions& options) { options.state = state; });
  }
}

UplinkState Simulator::uplink_state(Side side, size_t uplink) {
  const End& end = ends_[index(side)];
  return end.interface->uplink_state(end.uplinks[uplink]);
}

PathStatus Simulator::path(Side side, size_t uplink) { return uplink_state(side, uplink).path; }

BondStatistics Simulator::bond(Side side) {
  const End& end = ends_[index(side)];
  return end.interface->bond_statistics(end.bond);
}

std::string Simulator::counters() {
  std::string text;
  for (const Side side : {Side::gateway, Side::server}) {
    const BondStatistics bond = this->bond(side);
    const auto add = [&text](const char* name, uint64_t value) {
      if (value != 0) text += std::string(" ") + name + " " + std::to_string(value);
    };
    text += side == Side::gateway ? "gateway:" : "; server:";
    add("sent", bond.sent);
    add("delivered", bond.delivered);
    add("resent", bond.resent);
    add("abandoned", bond.abandoned);
    add("full", bond.dropped_queue_full);
    add("codel", bond.dropped_codel);
    add("stale", bond.dropped_stale);
    add("no-path", bond.dropped_no_path);
    add("malformed", bond.dropped_malformed);
    add("duplicates", bond.duplicates);
    add("late", bond.late);
    add("given-up", bond.given_up);
    add("queued", bond.queued);
    add("held", bond.held);
  }
  return text;
}

void Simulator::send(Side from, const Message& message) {
  End& end = ends_[index(from)];
  Packet packet = end.pool.allocate();
  if (ledger_.write(packet, from, message, now_)) end.from_tun.push_back(std::move(packet));
}

Time Simulator::next_event() const {
  Time next = kNever;
  for (const End& end : ends_) {
    const Time deadline = end.interface->next_deadline();
    if (deadline != kNever) next = std::min(next, deadline - end.clock_offset);
    if (!end.from_tun.empty()) next = now_;
  }
  for (const auto& late : late_) {
    if (!late.empty()) next = std::min(next, late.begin()->first);
  }
  for (const auto& lines : lines_) {
    for (const Line& line : lines) next = std::min(next, line.next_deadline());
  }
  for (const auto& [flow, application] : applications_) {
    next = std::min(next, application->next_deadline());
  }
  if (!actions_.empty()) next = std::min(next, actions_.begin()->first);
  return std::max(next, now_);
}

void Simulator::run_until(Time until) {
  int here = 0;
  for (;;) {
    const Time next = next_event();
    if (next > until) break;
    if (next > now_) {
      for (End& end : ends_) end.platform.wall += next - now_;
      now_ = next;
      here = 0;
    }
    ASSERT_LT(++here, kMaxTurnsPerInstant) << "no progress at " << now_.time_since_epoch().count();
    turn();
  }
  for (End& end : ends_) end.platform.wall += until - now_;
  now_ = until;
}

// Plain packets have no order among several paths, nor with frames that follow them.
void Simulator::watch_plain() {
  if (now_ < next_watch_) return;
  next_watch_ = now_ + std::chrono::milliseconds(100);
  for (const Side side : {Side::gateway, Side::server}) {
    for (size_t i = 0; i < options_.uplinks.size(); ++i) {
      if (path(side, i).state == PathState::exit) last_plain_ = now_;
    }
  }
  ledger_.demand_order((options_.uplinks.size() == 1 && !disordered_) ||
                       now_ - last_plain_ > kPlainMemory);
}

void Simulator::turn() {
  ++turns_;
  watch_plain();
  while (!actions_.empty() && actions_.begin()->first <= now_) {
    const auto action = std::move(actions_.begin()->second);
    actions_.erase(actions_.begin());
    action();
    take_output(Side::gateway);
    take_output(Side::server);
  }
  for (auto& [flow, application] : applications_) {
    if (application->next_deadline() <= now_) application->run(now_, *this);
  }
  run_side(Side::gateway);
  run_side(Side::server);
}

void Simulator::arrive(Side at, size_t uplink, const Wire& wire, std::vector<Datagram>& batch) {
  Datagram datagram;
  datagram.bytes = ends_[index(at)].pool.allocate();
  if (!datagram.bytes) return;
  datagram.bytes.resize(wire.bytes.size());
  std::copy(wire.bytes.begin(), wire.bytes.end(), datagram.bytes.data());
  datagram.traffic_class = wire.traffic_class;
  const bool gateway = at == Side::gateway;
  datagram.remote = gateway ? server_endpoint() : gateway_endpoint(uplink);
  datagram.transport = TransportId{gateway ? static_cast<uint32_t>(uplink) : 0};
  batch.push_back(std::move(datagram));
}

void Simulator::run_side(Side side) {
  End& end = ends_[index(side)];
  std::vector<Datagram> batch;
  auto& late = late_[index(side)];
  for (size_t i = 0; i < options_.uplinks.size(); ++i) {
    const Disorder& disorder = disorder_[index(other(side))][i];
    while (auto wire = lines_[index(other(side))][i].pop_due(now_)) {
      if (chance(disorder.twice)) late.emplace(now_ + disorder.delay, std::pair(i, *wire));
      if (chance(disorder.late)) {
        late.emplace(now_ + disorder.delay, std::pair(i, std::move(*wire)));
      } else {
        arrive(side, i, *wire, batch);
      }
    }
  }
  for (; !late.empty() && late.begin()->first <= now_; late.erase(late.begin())) {
    arrive(side, late.begin()->second.first, late.begin()->second.second, batch);
  }
  if (!batch.empty()) {
    end.interface->handle_datagrams(batch, local(end));
    take_output(side);
  }
  if (!end.from_tun.empty()) {
    std::vector<Packet> packets = std::move(end.from_tun);
    end.from_tun.clear();
    end.interface->handle_packets(packets, local(end));
    take_output(side);
  }
  if (end.interface->next_deadline() <= local(end)) {
    end.interface->handle_deadline(local(end));
    take_output(side);
  }
}

void Simulator::take_output(Side side) {
  End& end = ends_[index(side)];
  Output output = std::move(end.interface->output());
  end.interface->output().clear();
  for (Datagram& datagram : output.datagrams) {
    ++end.datagrams;
    if (datagram.bytes.size() == kHelloDatagram) ++end.hellos;
    size_t uplink = static_cast<size_t>(datagram.transport);
    if (side == Side::server) uplink = datagram.remote.port - size_t{40'000};
    Wire wire;
    wire.bytes.assign(datagram.bytes.data(), datagram.bytes.data() + datagram.bytes.size());
    wire.traffic_class = datagram.traffic_class;
    if ((wire.traffic_class & kEcnMask) != kEcnNotEct && chance(marking_)) {
      wire.traffic_class |= kEcnCe;
    }
    const size_t size = wire.bytes.size() + kIpUdp;
    lines_[index(side)][uplink].push(std::move(wire), size, now_);
  }
  for (const Packet& packet : output.packets) {
    const auto delivery = ledger_.check(packet, side, now_);
    if (!delivery) continue;
    const auto found = applications_.find(delivery->flow);
    if (found == applications_.end()) continue;
    found->second->receive(side, delivery->body, delivery->ce, now_, *this);
  }
}

}  // namespace wirebraid::sim
