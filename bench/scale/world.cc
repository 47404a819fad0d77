#include "bench/scale/world.h"

#include <time.h>

#include <algorithm>
#include <array>

#include "tests/support/heap.h"
#include "wirebraid/bytes.h"

namespace wirebraid::scale {

namespace {

constexpr size_t kMtu = 1420;
constexpr size_t kPacketSize = 1250;
constexpr size_t kBatch = 64;  // of datagrams that the server reads in one turn
constexpr size_t kPoolSlots = 1 << 17;
constexpr uint32_t kFirstAddress = 0x0a000001;  // 10.0.0.1: a line of its own for each session
constexpr uint32_t kFirstInner = 0x64400001;    // 100.64.0.1: one for each gateway
constexpr uint16_t kPort = 51'820;

IpAddress v4(uint32_t number) {
  std::array<uint8_t, 4> bytes;
  store_be(bytes.data(), number);
  return IpAddress::v4(bytes);
}
Endpoint line_of(size_t session) {
  return {.address = v4(kFirstAddress + static_cast<uint32_t>(session)), .port = kPort};
}
size_t session_of(const Endpoint& line) {
  return load_be<uint32_t>(line.address.bytes().data()) - kFirstAddress;
}
Endpoint server_line() { return {.address = v4(0xc6336401), .port = kPort}; }
IpAddress inner_address(size_t gateway) { return v4(kFirstInner + static_cast<uint32_t>(gateway)); }

double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

void copy_into(Packet& packet, const std::vector<uint8_t>& bytes) {
  packet.resize(bytes.size());
  std::copy(bytes.begin(), bytes.end(), packet.data());
}

/// UDP without a checksum, to that gateway.
void make_packet(Packet& packet, size_t gateway) {
  packet.resize(kPacketSize);
  uint8_t* const bytes = packet.data();
  std::fill_n(bytes, kPacketSize, uint8_t{0});
  bytes[0] = 0x45;
  store_be<uint16_t>(bytes + 2, kPacketSize);
  bytes[8] = 64;
  bytes[9] = 17;
  store_be<uint32_t>(bytes + 12, 0xc0000201);
  store_be<uint32_t>(bytes + 16, kFirstInner + static_cast<uint32_t>(gateway));
  store_be<uint16_t>(bytes + 20, 443);
  store_be<uint16_t>(bytes + 22, 40'000);
  store_be<uint16_t>(bytes + 24, kPacketSize - 20);
}

}  // namespace

World::World(const WorldOptions& options)
    : options_(options),
      random_(options.seed),
      gateway_platform_(options.seed * 2 + 1),
      server_platform_(options.seed * 2 + 2),
      gateway_pool_(kMtu + 200, kPoolSlots),
      server_pool_(kMtu + 200, kPoolSlots),
      server_key_(generate_private_key(server_platform_)) {
  const PublicKey server_public = public_key_of(server_key_);
  for (size_t session = 0; session < sessions(); ++session) {
    gateway_keys_.push_back(generate_private_key(gateway_platform_));
    gateway_public_.push_back(public_key_of(gateway_keys_.back()));
  }
  for (size_t i = 0; i < options.gateways; ++i) {
    Gateway& gateway = *gateways_.emplace_back(std::make_unique<Gateway>());
    gateway.index = i;
    gateway.interface = std::make_unique<Interface>(gateway_platform_, gateway_pool_, kMtu);
    Interface& interface = *gateway.interface;
    const BondId bond = interface.add_bond({});
    interface.allow(bond, *Prefix::parse("0.0.0.0/0"));
    for (size_t uplink = 0; uplink < options.uplinks; ++uplink) {
      const IdentityId identity =
          interface.add_identity(gateway_keys_[i * options.uplinks + uplink],
                                 TransportId{static_cast<uint32_t>(uplink)}, now_);
      gateway.uplinks.push_back(*interface.add_uplink(
          {.identity = identity, .bond = bond, .public_key = server_public, .path = {}}, now_));
      interface.set_endpoint(gateway.uplinks.back(), server_line(), now_);
    }
  }
  start_server();
}

World::~World() = default;

void World::start_server() {
  server_ = std::make_unique<Interface>(server_platform_, server_pool_, kMtu, options_.cipher);
  server_uplinks_.clear();
  const IdentityId identity = server_->add_identity(server_key_, TransportId{0}, now_);
  for (size_t i = 0; i < options_.gateways; ++i) {
    const BondId bond = server_->add_bond({});
    server_->allow(bond, {.address = inner_address(i), .length = 32});
    for (size_t uplink = 0; uplink < options_.uplinks; ++uplink) {
      const PublicKey& key = gateway_public_[i * options_.uplinks + uplink];
      server_uplinks_.push_back(*server_->add_uplink(
          {.identity = identity, .bond = bond, .public_key = key, .path = {}}, now_));
    }
  }
  server_free_ = now_;
}

size_t World::stop_server() {
  receive_buffer_.clear();
  const size_t before = wirebraid::testing::heap_in_use();
  server_.reset();
  return before - wirebraid::testing::heap_in_use();
}

size_t World::sessions_up() const {
  if (!server_) return 0;
  return static_cast<size_t>(
      std::count_if(server_uplinks_.begin(), server_uplinks_.end(),
                    [this](UplinkId id) { return server_->peer(id).has_session(now_); }));
}

size_t World::paths_up() const {
  if (!server_) return 0;
  return static_cast<size_t>(std::count_if(
      server_uplinks_.begin(), server_uplinks_.end(),
      [this](UplinkId id) { return server_->uplink_state(id).path.state == PathState::up; }));
}

void World::begin(Duration within, bool renew) {
  std::vector<Begin> added;
  for (size_t session = 0; session < sessions(); ++session) {
    const auto place = renew ? random_() % static_cast<uint64_t>(within.count())
                             : session * static_cast<uint64_t>(within.count()) / sessions();
    added.push_back({now_ + Duration(place), session, renew});
  }
  std::sort(added.begin(), added.end(),
            [](const Begin& a, const Begin& b) { return a.when < b.when; });
  begins_.assign(added.begin(), added.end());
}

void World::connect(Duration within) { begin(within, false); }
void World::renew(Duration within) { begin(within, true); }

void World::set_downloads(size_t gateways, uint64_t bits_per_second) {
  downloads_ = gateways;
  next_packet_ = gateways == 0 ? kNever : now_;
  if (gateways == 0) return;
  packet_interval_ = Duration(8'000'000 * kPacketSize / (bits_per_second * gateways));
}

// --- Time -------------------------------------------------------------------------------------

Time World::server_event() const {
  if (!server_) return kNever;
  if (!receive_buffer_.empty()) return server_free_;
  return std::max(server_free_, std::min(server_->next_deadline(), next_packet_));
}

Time World::next_event() const {
  Time next = server_event();
  if (!gateway_deadlines_.empty()) next = std::min(next, gateway_deadlines_.top().scheduled);
  if (!begins_.empty()) next = std::min(next, begins_.front().when);
  if (!to_server_.empty()) next = std::min(next, to_server_.front().arrives);
  if (!to_gateways_.empty()) next = std::min(next, to_gateways_.front().arrives);
  return std::max(next, now_);
}

void World::run_for(Duration duration) {
  const Time end = now_ + duration;
  for (Time next = next_event(); next <= end; next = next_event()) {
    now_ = next;
    const auto wall = WallTime(now_.time_since_epoch() + std::chrono::seconds(1'700'000'000));
    gateway_platform_.wall = server_platform_.wall = wall;
    run_gateways();
    fill_receive_buffer();
    if (server_event() <= now_) run_server();
  }
  now_ = end;
}

// --- Gateways ---------------------------------------------------------------------------------

void World::run_gateways() {
  for (; !begins_.empty() && begins_.front().when <= now_; begins_.pop_front()) {
    const Begin& each = begins_.front();
    Gateway& gateway = gateway_of(each.session);
    const UplinkId uplink = gateway.uplinks[each.session % options_.uplinks];
    gateway.interface->set_persistent_keepalive(uplink, std::chrono::seconds(25), now_);
    if (each.renew) gateway.interface->renew(uplink, now_);
    gateway.interface->connect(uplink, now_);
    take_output(gateway);
  }
  for (; !to_gateways_.empty() && to_gateways_.front().arrives <= now_; to_gateways_.pop_front()) {
    const Wire& wire = to_gateways_.front();
    Gateway& gateway = gateway_of(wire.session);
    std::array<Datagram, 1> batch;
    batch[0] = {.bytes = gateway_pool_.allocate(),
                .remote = server_line(),
                .source = {},
                .transport = TransportId{static_cast<uint32_t>(wire.session % options_.uplinks)}};
    copy_into(batch[0].bytes, wire.bytes);
    gateway.interface->handle_datagrams(batch, now_);
    take_output(gateway);
  }
  while (!gateway_deadlines_.empty() && gateway_deadlines_.top().scheduled <= now_) {
    Gateway& gateway = gateway_deadlines_.top();
    gateway.interface->handle_deadline(now_);
    take_output(gateway);
  }
}

void World::take_output(Gateway& gateway) {
  for (const Datagram& datagram : gateway.interface->output().datagrams) {
    const ConstByteSpan bytes = datagram.bytes.bytes();
    to_server_.push_back(
        {.arrives = now_ + options_.delay,
         .session = gateway.index * options_.uplinks + static_cast<size_t>(datagram.transport),
         .bytes = {bytes.begin(), bytes.end()}});
  }
  gateway.interface->output().clear();
  gateway_deadlines_.schedule(gateway, gateway.interface->next_deadline());
}

// --- The server -------------------------------------------------------------------------------

void World::fill_receive_buffer() {
  for (; !to_server_.empty() && to_server_.front().arrives <= now_; to_server_.pop_front()) {
    if (!server_ || receive_buffer_.size() >= options_.receive_buffer) {
      ++work_.datagrams_lost;
    } else {
      receive_buffer_.push_back(std::move(to_server_.front()));
    }
  }
}

void World::read_datagrams() {
  datagrams_.clear();
  for (; !receive_buffer_.empty() && datagrams_.size() < kBatch; receive_buffer_.pop_front()) {
    const Wire& wire = receive_buffer_.front();
    Datagram& datagram = datagrams_.emplace_back();
    datagram.bytes = server_pool_.allocate();
    datagram.remote = line_of(wire.session);
    datagram.source.address = server_line().address;
    copy_into(datagram.bytes, wire.bytes);
  }
  work_.datagrams_received += datagrams_.size();
}

void World::read_packets() {
  packets_.clear();
  for (; next_packet_ <= now_ && packets_.size() < kBatch; next_packet_ += packet_interval_) {
    make_packet(packets_.emplace_back(server_pool_.allocate()), next_download_);
    next_download_ = (next_download_ + 1) % downloads_;
  }
  work_.packets_sent += packets_.size();
}

void World::run_server() {
  read_datagrams();
  read_packets();
  const double before = processor_seconds();
  if (!datagrams_.empty()) server_->handle_datagrams(datagrams_, now_);
  if (!packets_.empty()) server_->handle_packets(packets_, now_);
  if (server_->next_deadline() <= now_) server_->handle_deadline(now_);
  const double taken = processor_seconds() - before;
  work_.processor_seconds += taken;
  server_free_ = now_ + std::max(Duration(1), Duration(static_cast<int64_t>(taken * 1e6)));
  take_server_output();
}

void World::take_server_output() {
  for (const Datagram& datagram : server_->output().datagrams) {
    const ConstByteSpan bytes = datagram.bytes.bytes();
    to_gateways_.push_back({.arrives = server_free_ + options_.delay,
                            .session = session_of(datagram.remote),
                            .bytes = {bytes.begin(), bytes.end()}});
  }
  work_.datagrams_sent += server_->output().datagrams.size();
  server_->output().clear();
}

}  // namespace wirebraid::scale
