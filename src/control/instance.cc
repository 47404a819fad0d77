#include "control/instance.h"

#include <spdlog/spdlog.h>
#include <sys/epoll.h>

#include <stdexcept>
#include <thread>

namespace wirebraid::control {

namespace {
constexpr Duration kTick = std::chrono::milliseconds(250);
constexpr int kBusyTries = 20;
constexpr auto kBusyPause = std::chrono::milliseconds(25);
constexpr size_t kDefaultMtu = 1420;  // without a configuration file, as the reference
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
    instance->revision_ = result.revision;
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
  if (!instance->make_workers(config, mtu, errors)) return nullptr;
  instance->watch_network(static_cast<uint32_t>(mtu));
  if (!instance->apply(config, errors)) return nullptr;
  if (!instance->open_sockets(errors)) return nullptr;
  return instance;
}

void Instance::set_cipher(const std::string& wanted) {
  cipher_ = choose_cipher(wanted, crypto::make_aead_backends(), io::monotonic_now);
  for (const std::string& warning : cipher_.warnings) spdlog::warn("{}", warning);
  spdlog::info("cipher {}: {}", cipher_.backend->name(), cipher_.reason);
}

std::unique_ptr<io::TunDevice> Instance::open_tun(io::TunDevice::Queues queues,
                                                  std::vector<std::string>& errors) {
  std::error_code error;
  std::string what;
  std::unique_ptr<io::TunDevice> tun;
  if (options_.tun_fd >= 0) {
    tun = io::TunDevice::adopt(options_.tun_fd, error, what);
  } else {
    tun = io::TunDevice::open(options_.interface, error, what, queues);
    // The kernel closes an io_uring, and the device in it, a little after the process has died.
    for (int i = 0; i < kBusyTries && error == std::errc::device_or_resource_busy; ++i) {
      std::this_thread::sleep_for(kBusyPause);
      tun = io::TunDevice::open(options_.interface, error, what, queues);
    }
  }
  if (!tun) errors.push_back(what);
  return tun;
}

void Instance::watch_network(uint32_t mtu) {
  mtu_ = mtu;
  resolver_ = std::make_unique<Resolver>(engine());
  if (const auto link = netlink_->link(main_worker().tun().name())) {
    tun_link_ = link->index;
    netlink_->set_mtu(tun_link_, mtu_);
  }
  engine().watch(netlink_->event_fd(), EPOLLIN, [this](uint32_t) { on_network_change(); });
}

bool Instance::open_sockets(std::vector<std::string>& errors) {
  std::error_code error;
  std::string what;
  uapi_server_ = UapiServer::open(engine(), *this, options_.interface, error, what);
  if (!uapi_server_) {
    errors.push_back(what);
    return false;
  }
  error = uapi_server_->on_socket_removed([this] {
    spdlog::info("UAPI socket removed, ending");
    stop();
  });
  if (error) spdlog::warn("cannot watch the UAPI socket: {}", error.message());
  control_server_ = ControlServer::open(engine(), *this, options_.interface, error, what);
  if (!control_server_) {
    errors.push_back(what);
    return false;
  }
  return true;
}

Instance::~Instance() {
  uapi_server_.reset();
  control_server_.reset();
  if (resolver_) {  // since then, the network is watched
    resolver_.reset();
    engine().unwatch(netlink_->event_fd());
  }
  save_quotas_at_the_end();
  // They refer to each other.
  for (const auto& worker : workers_) worker->hold();
  for (const auto& line : lines_) close_line(*line);
  close_line(interface_line_);
  while (!workers_.empty()) workers_.pop_back();
}

void Instance::run() {
  while (!stopping_) {
    const Time now = io::monotonic_now();
    if (now >= next_tick_) {
      tick(now);
      next_tick_ = now + kTick;
    }
    if (told_events_ != events_.last_number()) {
      told_events_ = events_.last_number();
      control_server_->tell_events();
    }
    release_workers();
    main_worker().turn(next_tick_);
    for (const auto& worker : workers_) {
      if (worker->calls()) attend(*worker);
    }
  }
}

void Instance::attend(Worker& worker) {
  const Worker::Call call = worker.take_call();
  for (const auto& [transport, error] : call.errors) on_transport_error(worker, transport, error);
  if (!call.failure.empty()) throw std::runtime_error(call.failure);
  if (!call.tun_gone || stopping_) return;
  spdlog::info("interface {} was deleted, ending", options_.interface);
  stop();
}

void Instance::on_transport_error(Worker& worker, TransportId transport, int error) {
  const std::string what = std::generic_category().message(error);
  if (transport == interface_line_.id()) {
    // Its port must not change, so it stays open; being added anew makes it receive again.
    spdlog::warn("socket: {}", what);
    io::UdpTransport& socket = *interface_line_.of(worker).transport;
    worker.run([&] {
      worker.engine().remove_transport(socket);
      worker.engine().add_transport(socket);
    });
    return;
  }
  for (const auto& line : lines_) {
    if (line->id() != transport) continue;
    close_line(*line);  // opened again by retry_lines()
    line->problem = what;
  }
  for (const auto& uplink : uplinks_) {
    if (uplink->line->id() == transport) check_network(*uplink, false);
  }
}

}  // namespace wirebraid::control
