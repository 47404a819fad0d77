#include "twin/lab/bonded_lab.h"

#include <unistd.h>

#include <stdexcept>

#include "twin/lab/interrupt.h"

namespace wirebraid::lab {
namespace {

using std::chrono::steady_clock;

/// As long as a handshake may take with one lost packet (5 s), and a flapping uplink is held back.
constexpr std::chrono::seconds kComeUp{30};

bool uplink_is(const std::string& name, bool up, const Daemon& at) {
  const auto view = at.status();
  const UplinkView* const uplink = view ? view->uplink(name) : nullptr;
  return uplink != nullptr && uplink->up() == up;
}

}  // namespace

BondedLab::BondedLab(const BondedLabOptions& options)
    : options_(options), topology_(options.uplinks) {
  const ConfigPair configs = make_bond_configs(options.programs, topology_, options.config);
  start(server_, topology_.server(), options.prefix + "srv", configs.server);
  start(gateway_, topology_.gateway(), options.prefix + "gw", configs.gateway);
}

void BondedLab::start(std::optional<Daemon>& daemon, const Namespace& inside,
                      const std::string& interface, const std::string& config) {
  const auto config_file = scratch_.path() / (interface + ".conf");
  write_secret(config_file, config);
  DaemonOptions daemon_options{.interface = interface,
                               .config_file = config_file,
                               .log_file = scratch_.path() / (interface + ".log")};
  if (!options_.engine.empty()) daemon_options.more_arguments = {"--engine", options_.engine};
  daemon.emplace(options_.programs, inside, daemon_options);
}

void BondedLab::expect(const std::function<bool()>& condition, const std::string& what) {
  const auto deadline = steady_clock::now() + kComeUp;
  while (!condition()) {
    for (Daemon* each : {&*server_, &*gateway_}) {
      if (!each->running()) throw std::runtime_error("wirebraidd " + each->interface() + " ended");
    }
    if (steady_clock::now() >= deadline) {
      throw std::runtime_error("after " + std::to_string(kComeUp.count()) +
                               " s still not: " + what);
    }
    sleep_until(steady_clock::now() + milliseconds(50));
  }
}

void BondedLab::wait_for_bond() {
  for (const Uplink& each : topology_.uplinks()) {
    for (const Daemon* end : {&*gateway_, &*server_}) {
      expect([&] { return uplink_is(each.name(), true, *end); },
             each.name() + " up at " + end->interface());
    }
  }
}

void BondedLab::use_only(const Uplink& only) {
  use_those([&](const Uplink& each) { return &each == &only; });
}

void BondedLab::use_without(const Uplink& left_out) {
  use_those([&](const Uplink& each) { return &each != &left_out; });
}

void BondedLab::use_those(const std::function<bool(const Uplink&)>& used) {
  for (Uplink& each : topology_.uplinks()) {
    if (!used(each)) each.wire().set_state(fabric::LinkState::down);
  }
  for (const Uplink& each : topology_.uplinks()) {
    if (used(each)) continue;
    expect([&] { return uplink_is(each.name(), false, *gateway_); },
           each.name() + " down at " + gateway_->interface());
  }
}

void BondedLab::use_all() {
  for (Uplink& each : topology_.uplinks()) each.wire().set_state(fabric::LinkState::up);
  wait_for_bond();
}

std::string BondedLab::engines() const {
  std::string text;
  for (const Daemon* each : {&*gateway_, &*server_}) {
    const auto view = each->status();
    if (!view) continue;
    text += each->interface() + " is up and runs on " + view->engine;
    text += view->engine_reason.empty() ? "\n" : " (" + view->engine_reason + ")\n";
  }
  return text;
}

std::string BondedLab::log_tails() const {
  std::string text;
  for (const auto* each : {&server_, &gateway_}) {
    if (!each->has_value()) continue;
    text += "The end of " + (*each)->interface() + "'s log:\n" + tail((*each)->log_file(), 20);
  }
  return text;
}

std::string own_build() {
  return (std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path() / "src/app")
      .string();
}

void require_rights() {
  if (::geteuid() != 0) {
    throw std::runtime_error("needs root, for network namespaces and TAP devices");
  }
  if (::access("/dev/net/tun", R_OK | W_OK) != 0) {
    throw std::runtime_error(
        "no /dev/net/tun: load the kernel module tun, or give the container "
        "the device");
  }
}

}  // namespace wirebraid::lab
