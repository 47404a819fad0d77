#include "control/instance.h"

#include <spdlog/spdlog.h>
#include <sys/epoll.h>

#include <algorithm>
#include <thread>

namespace wirebraid::control {

namespace {
// Enough for every window of a bond and what is under way in the engine.
constexpr size_t kMaxSlots = 24576;
constexpr size_t kMaxLargeSlots = 4096;
constexpr Duration kTick = std::chrono::milliseconds(250);
constexpr int kBusyTries = 20;
constexpr auto kBusyPause = std::chrono::milliseconds(25);
constexpr size_t kDefaultMtu = 1420;  // without a configuration file, as the reference

/// Packet memory per slot: without a file anybody may raise the MTU later, so the largest;
/// untouched pages of a slot cost nothing.
size_t slot_size(size_t mtu, bool from_file) {
  if (!from_file || mtu > 9000) return 65535;
  return mtu > 1900 ? 9216 : 2048;
}
}  // namespace

Instance::Instance(const InstanceOptions& options) : options_(options) {}

std::unique_ptr<Instance> Instance::start(const InstanceOptions& options,
                                          std::vector<std::string>& errors) {
  std::unique_ptr<Instance> instance(new Instance(options));
  instance->started_ = instance->platform_.wall_time();
  Config config;
  if (!options.config_file.empty()) {
    ConfigResult result = load_config(options.config_file);
    for (const ConfigError& warning : result.warnings) spdlog::warn("{}", warning.to_string());
    for (const ConfigError& error : result.errors) errors.push_back(error.to_string());
    if (!result.config) return nullptr;
    config = std::move(*result.config);
  }
  std::error_code error;
  instance->netlink_ = io::Netlink::open(error);
  if (!instance->netlink_) {
    errors.push_back("cannot open a netlink socket: " + error.message());
    return nullptr;
  }
  const size_t mtu = options.config_file.empty() ? kDefaultMtu : instance->work_out_mtu(config);
  instance->worked_out_mtu_ = mtu;
  instance->set_cipher(config.interface.cipher);
  if (!instance->open_devices(mtu, errors)) return nullptr;
  if (!instance->apply(config, errors)) return nullptr;
  if (!instance->open_sockets(errors)) return nullptr;
  return instance;
}

void Instance::set_cipher(const std::string& wanted) {
  cipher_ = choose_cipher(wanted, crypto::make_aead_backends(), io::monotonic_now);
  for (const std::string& warning : cipher_.warnings) spdlog::warn("{}", warning);
  spdlog::info("cipher {}: {}", cipher_.backend->name(), cipher_.reason);
}

bool Instance::open_devices(size_t mtu, std::vector<std::string>& errors) {
  std::error_code error;
  std::string what;
  if (options_.tun_fd >= 0) {
    tun_ = io::TunDevice::adopt(options_.tun_fd, error, what);
  } else {
    tun_ = io::TunDevice::open(options_.interface, error, what);
    // The kernel closes an io_uring, and the device in it, a little after the process has died.
    for (int i = 0; i < kBusyTries && error == std::errc::device_or_resource_busy; ++i) {
      std::this_thread::sleep_for(kBusyPause);
      tun_ = io::TunDevice::open(options_.interface, error, what);
    }
  }
  if (!tun_) {
    errors.push_back(what);
    return false;
  }
  const bool from_file = !options_.config_file.empty();
  const size_t slot = slot_size(mtu, from_file);
  pool_ = std::make_unique<BufferPool>(slot, slot > 9216 ? kMaxLargeSlots : kMaxSlots);
  mtu_ = static_cast<uint32_t>(mtu);
  core_ = std::make_unique<Interface>(platform_, *pool_, mtu, cipher_.backend.get());
  io::EngineChoice choice = io::make_engine(options_.engine, *this, *pool_);
  if (!choice.engine) {
    errors.push_back(choice.reason);
    return false;
  }
  engine_ = std::move(choice.engine);
  engine_reason_ = std::move(choice.reason);
  spdlog::info("engine {}", engine_reason_);
  engine_->set_tun(*tun_);
  resolver_ = std::make_unique<Resolver>(*engine_);
  if (const auto link = netlink_->link(tun_->name())) {
    tun_link_ = link->index;
    netlink_->set_mtu(tun_link_, mtu_);
  }
  engine_->watch(netlink_->event_fd(), EPOLLIN, [this](uint32_t) { on_network_change(); });
  return true;
}

bool Instance::open_sockets(std::vector<std::string>& errors) {
  std::error_code error;
  std::string what;
  uapi_server_ = UapiServer::open(*engine_, *this, options_.interface, error, what);
  if (!uapi_server_) {
    errors.push_back(what);
    return false;
  }
  error = uapi_server_->on_socket_removed([this] {
    spdlog::info("UAPI socket removed, ending");
    stop();
  });
  if (error) spdlog::warn("cannot watch the UAPI socket: {}", error.message());
  control_server_ = ControlServer::open(*engine_, *this, options_.interface, error, what);
  if (!control_server_) {
    errors.push_back(what);
    return false;
  }
  return true;
}

Instance::~Instance() {
  uapi_server_.reset();
  control_server_.reset();
  resolver_.reset();
  if (engine_ && netlink_) engine_->unwatch(netlink_->event_fd());
  save_quotas_at_the_end();
  if (core_) core_->output().clear();
  if (engine_) {
    for (const auto& line : lines_) close_line(*line);
    close_line(interface_line_);
  }
  core_.reset();
  engine_.reset();  // cancels reads that use the TUN device and the pool
}

void Instance::run() {
  while (!stopping_) {
    const Time now = io::monotonic_now();
    if (now >= next_tick_) {
      tick(now);
      next_tick_ = now + kTick;
    }
    engine_->run_once(std::min(core_->next_deadline(), next_tick_));
    core_->handle_deadline(io::monotonic_now());
    flush();
  }
}

void Instance::flush() {
  Output& output = core_->output();
  if (!output.datagrams.empty()) engine_->send(output.datagrams);
  if (!output.packets.empty()) engine_->write(output.packets);
  output.clear();
}

void Instance::on_datagrams(std::span<Datagram> batch) {
  core_->handle_datagrams(batch, io::monotonic_now());
  flush();
}

void Instance::on_packets(std::span<Packet> batch) {
  core_->handle_packets(batch, io::monotonic_now());
  flush();
}

void Instance::on_tun_gone() {
  spdlog::info("interface {} was deleted, ending", options_.interface);
  stop();
}

void Instance::on_transport_error(TransportId transport, int error) {
  const std::string what = std::generic_category().message(error);
  if (transport == interface_line_.transport->id()) {
    // Its port must not change, so it stays open; being added anew makes it receive again.
    spdlog::warn("socket: {}", what);
    engine_->remove_transport(*interface_line_.transport);
    engine_->add_transport(*interface_line_.transport);
    return;
  }
  for (const auto& line : lines_) {
    if (line->transport->id() != transport) continue;
    close_line(*line);  // opened again by retry_lines()
    line->problem = what;
  }
  for (const auto& uplink : uplinks_) {
    if (uplink->line->transport->id() == transport) check_network(*uplink, false);
  }
}

}  // namespace wirebraid::control
