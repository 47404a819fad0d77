// The workers of an interface: which one has what, and that the others know of it.
#include <sched.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "control/instance.h"
#include "io/shared_port.h"

namespace wirebraid::control {

namespace {

// Enough for every window of a bond and what is under way in the engine.
constexpr size_t kMaxSlots = 24576;
constexpr size_t kMaxLargeSlots = 4096;

/// Packet memory per slot: without a file anybody may raise the MTU later, so the largest;
/// untouched pages of a slot cost nothing.
size_t slot_size(size_t mtu, bool from_file) {
  if (!from_file || mtu > 9000) return 65535;
  return mtu > 1900 ? 9216 : 2048;
}

/// Those that this process may use.
uint32_t count_cores() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (sched_getaffinity(0, sizeof cores, &cores) != 0) return 1;
  return static_cast<uint32_t>(std::max(CPU_COUNT(&cores), 1));
}

template <class Workers, class Act>
void for_others(const Workers& workers, const Worker& owner, const Act& act) {
  for (const auto& worker : workers) {
    if (worker.get() != &owner) act(worker->core());
  }
}

}  // namespace

// --- Making them -------------------------------------------------------------------------------

bool Instance::make_workers(const Config& config, size_t mtu, std::vector<std::string>& errors) {
  wanted_workers_ = config.interface.workers;
  WorkerOptions options;
  options.seat.workers =
      std::min(wanted_workers_ == kWorkerPerCore ? count_cores() : wanted_workers_, kMaxWorkers);
  const bool several = options.seat.workers > 1;
  options.slot_size = slot_size(mtu, !options_.config_file.empty());
  options.slots = options.slot_size > 9216 ? kMaxLargeSlots : kMaxSlots;
  options.mtu = mtu;
  options.engine = options_.engine;
  if (several) options.seat.cookie_seed = generate_cookie_seed(platform_);
  auto tun =
      open_tun(several ? io::TunDevice::Queues::several : io::TunDevice::Queues::one, errors);
  if (!tun) return false;
  cipher_name_ = cipher_.backend->name();
  workers_.push_back(std::make_unique<Worker>(options, std::move(cipher_.backend), std::move(tun)));
  while (workers_.size() < options.seat.workers) {
    std::error_code error;
    std::string what;
    auto queue = main_worker().tun().open_queue(error, what);
    if (!queue) {
      errors.push_back("Workers = " + std::to_string(options.seat.workers) + ": " + what);
      return false;
    }
    options.seat.worker = static_cast<WorkerId>(workers_.size());
    workers_.push_back(std::make_unique<Worker>(options, crypto::make_aead_backend(cipher_name_),
                                                std::move(queue)));
  }
  if (several) {
    for (const auto& worker : workers_) worker->join(workers_);
  }
  return start_workers(errors);
}

bool Instance::start_workers(std::vector<std::string>& errors) {
  bool started = main_worker().start_here(engine_reason_);
  std::string reason = engine_reason_;
  for (size_t i = 1; started && i < workers_.size(); ++i)
    started = workers_[i]->start_thread(reason);
  if (!started) {
    errors.push_back(reason);
    return false;
  }
  spdlog::info("engine {}", engine_reason_);
  if (workers_.size() > 1) spdlog::info("{} workers", workers_.size());
  return true;
}

// The one with the fewest bonds. What they will carry nobody knows.
Worker& Instance::least_busy_worker() const {
  return **std::min_element(workers_.begin(), workers_.end(),
                            [](const auto& a, const auto& b) { return a->bonds < b->bonds; });
}

const wireguard::Peer& Instance::peer_of(const UplinkRecord& uplink) const {
  return core(uplink).peer(uplink.id);
}

// The others send when they are released.
void Instance::flush() { main_worker().flush(); }

void Instance::release_workers() {
  for (const auto& worker : workers_) worker->release();
}

// --- Lines -------------------------------------------------------------------------------------

const Instance::Share& Instance::Line::of(const Worker& worker) const {
  return *std::find_if(shares.begin(), shares.end(),
                       [&](const Share& share) { return share.worker == &worker; });
}

// One number for all: a datagram that is handed over is of the same line.
void Instance::add_shares(Line& line, std::span<Worker* const> workers, const PrivateKey& key) {
  const auto id = static_cast<TransportId>(next_transport_++);
  for (Worker* worker : workers) {
    Share& share = line.shares.emplace_back();
    share.worker = worker;
    share.transport = std::make_unique<io::UdpTransport>(id);
    share.identity = worker->core().add_identity(key, id, io::monotonic_now());
  }
}

std::error_code Instance::open_shares(Line& line, std::string& what) {
  std::vector<io::UdpTransport*> transports;
  for (const Share& share : line.shares) transports.push_back(share.transport.get());
  const std::error_code error = transports.size() == 1
                                    ? transports.front()->open(line.wanted, &what)
                                    : io::open_shared(transports, line.wanted, &what);
  if (error) return error;
  for (const Share& share : line.shares) {
    share.worker->run([&share] { share.worker->engine().add_transport(*share.transport); });
  }
  return {};
}

void Instance::close_shares(Line& line) {
  for (const Share& share : line.shares) {
    share.worker->run([&share] { share.worker->engine().remove_transport(*share.transport); });
  }
  for (const Share& share : line.shares) share.transport->close();
}

std::error_code Instance::set_mark(Line& line, uint32_t mark) {
  for (const Share& share : line.shares) {
    if (const auto error = share.transport->set_firewall_mark(mark)) return error;
  }
  return {};
}

void Instance::forget_sources() {
  for (const auto& worker : workers_) worker->core().forget_sources();
}

void Instance::set_core_mtu(size_t mtu) {
  for (const auto& worker : workers_) worker->core().set_mtu(mtu);
}

void Instance::set_private_key(const PrivateKey& key) {
  for (const Share& share : interface_line_.shares) {
    Interface& core = share.worker->core();
    if (core.private_key(share.identity) == key) continue;
    core.set_private_key(share.identity, key, io::monotonic_now());
  }
}

// --- Uplinks, bonds and prefixes ---------------------------------------------------------------

std::optional<UplinkId> Instance::add_uplink(const Line& line, const BondRecord& bond,
                                             const PublicKey& key) {
  UplinkOptions options;
  options.identity = line.of(*bond.worker).identity;
  options.bond = bond.id;
  options.public_key = key;
  const auto id = core(bond).add_uplink(options, io::monotonic_now());
  if (!id) return id;
  for (const Share& share : line.shares) {
    if (share.worker == bond.worker) continue;
    share.worker->core().add_peer_elsewhere(share.identity, key, bond.worker->id());
  }
  return id;
}

void Instance::take_out(const UplinkRecord& uplink) {
  const PublicKey key = peer_of(uplink).public_key();
  core(uplink).remove_uplink(uplink.id, io::monotonic_now());
  for (const Share& share : uplink.line->shares) {
    if (share.worker == uplink.bond->worker) continue;
    share.worker->core().remove_peer_elsewhere(share.identity, key);
  }
}

void Instance::add_bond(BondRecord& bond, const BondOptions& options) {
  bond.worker = &least_busy_worker();
  ++bond.worker->bonds;
  bond.id = core(bond).add_bond(options);
}

void Instance::take_out(BondRecord& bond) {
  disallow_all(bond);
  core(bond).remove_bond(bond.id, io::monotonic_now());
  --bond.worker->bonds;
}

void Instance::allow(const BondRecord& bond, const Prefix& prefix) {
  core(bond).allow(bond.id, prefix);
  for_others(workers_, *bond.worker,
             [&](Interface& other) { other.allow_elsewhere(bond.worker->id(), prefix); });
}

void Instance::disallow(const BondRecord& bond, const Prefix& prefix) {
  if (!core(bond).disallow(bond.id, prefix)) return;
  for_others(workers_, *bond.worker,
             [&](Interface& other) { other.disallow_elsewhere(bond.worker->id(), prefix); });
}

void Instance::disallow_all(const BondRecord& bond) {
  if (workers_.size() > 1) {
    for (const Prefix& prefix : core(bond).allowed_ips(bond.id)) disallow(bond, prefix);
  } else {
    core(bond).disallow_all(bond.id);
  }
}

}  // namespace wirebraid::control
