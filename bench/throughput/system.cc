#include "bench/throughput/system.h"

#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>

#include "bench/throughput/wires.h"
#include "twin/lab/bond_config.h"
#include "twin/lab/interrupt.h"
#include "twin/lab/scratch_directory.h"
#include "twin/lab/wg_interface.h"

namespace wirebraid::throughput {
namespace {

using std::chrono::steady_clock;

/// As long as a handshake may take with one lost packet (5 s).
constexpr std::chrono::seconds kComeUp{15};

/// A name that may stand in those of namespaces and devices.
std::string role(int number) { return "t" + std::to_string(number); }

void expect(const std::function<bool()>& condition, const std::string& what) {
  const auto deadline = steady_clock::now() + kComeUp;
  while (!condition()) {
    if (steady_clock::now() >= deadline) throw std::runtime_error(what);
    lab::sleep_until(steady_clock::now() + lab::milliseconds(50));
  }
}

class Raw : public System {
 public:
  explicit Raw(int number) : wires_(role(number), 1) {}
  const lab::Namespace& gateway() const override { return wires_.gateway(); }
  const lab::Namespace& server() const override { return wires_.server(); }
  std::string server_address() const override { return Wires::server_address(1); }
  std::vector<pid_t> daemons() const override { return {}; }
  std::string about() const override { return "one veth pair, no tunnel"; }
  std::string log_tails() const override { return ""; }

 private:
  Wires wires_;
};

class Wirebraid : public System {
 public:
  Wirebraid(const SystemSpec& spec, const lab::Programs& programs, int number)
      : wires_(role(number), spec.kind == Kind::bonded ? 2 : 1) {
    std::vector<lab::BondLine> lines;
    for (int wire = 1; wire <= wires_.count(); ++wire) {
      lines.push_back({Wires::device(wire), Wires::device(wire), Wires::server_address(wire)});
    }
    lab::BondConfigOptions options{.preshared_keys = false};
    if (!spec.cipher.empty()) options.interface_lines = "Cipher = " + spec.cipher + "\n";
    const lab::ConfigPair configs = lab::make_bond_configs(programs, lines, options);
    run(server_, spec, programs, wires_.server(), role(number) + "s", configs.server);
    run(gateway_, spec, programs, wires_.gateway(), role(number) + "g", configs.gateway);
    for (lab::Daemon* each : {&*server_, &*gateway_}) {
      expect([&] { return is_up(*each); },
             "wirebraidd " + each->interface() + " does not come up\n" + log_tails());
    }
  }

  const lab::Namespace& gateway() const override { return wires_.gateway(); }
  const lab::Namespace& server() const override { return wires_.server(); }
  std::string server_address() const override { return lab::address::kTunnelServer4; }
  std::vector<pid_t> daemons() const override { return pids_; }
  std::string about() const override {
    const auto view = gateway_->status();
    if (!view) return "does not answer";
    return "wirebraidd with " + view->engine +
           (view->engine_reason.empty() ? "" : " (" + view->engine_reason + ")");
  }
  std::string log_tails() const override {
    std::string text;
    for (const auto* each : {&server_, &gateway_}) {
      if (*each) text += lab::tail((*each)->log_file(), 20);
    }
    return text;
  }

 private:
  void run(std::optional<lab::Daemon>& daemon, const SystemSpec& spec,
           const lab::Programs& programs, const lab::Namespace& inside, const std::string& suffix,
           const std::string& config) {
    const std::string name = lab::unique_name(suffix);
    const auto file = scratch_.path() / (name + ".conf");
    lab::write_secret(file, config);
    lab::DaemonOptions options{
        .interface = name, .config_file = file, .log_file = scratch_.path() / (name + ".log")};
    if (!spec.engine.empty()) options.more_arguments = {"--engine", spec.engine};
    daemon.emplace(programs, inside, options);
    pids_.push_back(daemon->process().pid());
  }

  /// With all uplinks.
  bool is_up(lab::Daemon& daemon) const {
    if (!daemon.running()) {
      throw std::runtime_error("wirebraidd " + daemon.interface() + " ended\n" + log_tails());
    }
    const auto view = daemon.status();
    for (int wire = 1; wire <= wires_.count(); ++wire) {
      const lab::UplinkView* const uplink = view ? view->uplink(Wires::device(wire)) : nullptr;
      if (uplink == nullptr || !uplink->up()) return false;
    }
    return true;
  }

  lab::ScratchDirectory scratch_{"wirebraid-throughput"};
  Wires wires_;
  std::optional<lab::Daemon> server_;
  std::optional<lab::Daemon> gateway_;
  std::vector<pid_t> pids_;
};

class WireguardGo : public System {
 public:
  WireguardGo(const ProgramPaths& programs, int number)
      : wires_(role(number), 1),
        about_(wireguard_go_version(programs.wireguard_go)),
        server_(programs.wireguard_go, wires_.server(), role(number) + "s", {}, {}),
        gateway_(programs.wireguard_go, wires_.gateway(), role(number) + "g", {}, {}) {
    const Keys server = make_keys();
    const Keys gateway = make_keys();
    const std::string port = "51820";
    set_up(server_,
           "[Interface]\nPrivateKey = " + server.secret + "\nListenPort = " + port +
               "\n[Peer]\nPublicKey = " + gateway.open +
               "\nAllowedIPs = " + lab::address::kTunnelGateway4 + "/32\n",
           lab::address::kTunnelServer4);
    set_up(gateway_,
           "[Interface]\nPrivateKey = " + gateway.secret + "\n[Peer]\nPublicKey = " + server.open +
               "\nEndpoint = " + Wires::server_address(1) + ":" + port +
               "\nPersistentKeepalive = 25" + "\nAllowedIPs = " + lab::address::kTunnelServer4 +
               "/32\n",
           lab::address::kTunnelGateway4);
    expect([&] { return server_.last_handshake() > 0; }, "wireguard-go: no handshake");
  }

  const lab::Namespace& gateway() const override { return wires_.gateway(); }
  const lab::Namespace& server() const override { return wires_.server(); }
  std::string server_address() const override { return lab::address::kTunnelServer4; }
  std::vector<pid_t> daemons() const override {
    return {server_.process().pid(), gateway_.process().pid()};
  }
  std::string about() const override { return about_; }
  std::string log_tails() const override {
    return server_.process().output() + gateway_.process().output();
  }

 private:
  struct Keys {
    std::string secret;
    std::string open;
  };
  static Keys make_keys() {
    const std::string secret = lab::words(lab::run_command({"wg", "genkey"})).front();
    return {secret, lab::words(lab::run_command({"wg", "pubkey"}, {.input = secret})).front()};
  }
  /// With the MTU that wg-quick(8) sets on a wire of 1500 bytes.
  static void set_up(const lab::WgInterface& end, const std::string& config,
                     const std::string& address) {
    end.wg("setconf", "/dev/stdin", config);
    end.inside().ip("addr add " + address + "/24 dev " + end.name());
    end.inside().ip("link set mtu 1420 up dev " + end.name());
  }

  Wires wires_;
  std::string about_;
  lab::WgInterface server_;
  lab::WgInterface gateway_;
};

}  // namespace

std::vector<SystemSpec> systems(const std::vector<std::string>& engines,
                                const std::vector<std::string>& ciphers, bool before) {
  std::vector<SystemSpec> all{{"raw", "the veth pair itself, without a tunnel", Kind::raw}};
  const std::vector<std::string> automatic{""};
  const auto add = [&](const std::string& name, const std::string& summary, Kind kind) {
    for (const std::string& engine : engines.empty() ? automatic : engines) {
      for (const std::string& cipher : ciphers.empty() ? automatic : ciphers) {
        std::string full = name;
        if (!engine.empty()) full += "-" + engine;
        if (!cipher.empty()) full += "-" + cipher;
        all.push_back({full, summary, kind, engine, cipher});
        if (before) {
          all.push_back(
              {full + "-before", summary + ", version before", kind, engine, cipher, true});
        }
      }
    }
  };
  add("single", "wirebraid, one uplink over one veth pair", Kind::single);
  add("bonded", "wirebraid, two uplinks over two veth pairs", Kind::bonded);
  all.push_back({"wireguard-go", "wireguard-go over one veth pair", Kind::wireguard_go});
  return all;
}

std::unique_ptr<System> start(const SystemSpec& spec, const ProgramPaths& programs, int number) {
  switch (spec.kind) {
    case Kind::raw:
      return std::make_unique<Raw>(number);
    case Kind::single:
    case Kind::bonded:
      return std::make_unique<Wirebraid>(spec, spec.before ? programs.before : programs.wirebraid,
                                         number);
    case Kind::wireguard_go:
      return std::make_unique<WireguardGo>(programs, number);
  }
  throw std::logic_error("no such kind of system");
}

std::string wireguard_go_version(const std::string& program) {
  const std::string text = lab::run_command({program, "--version"});
  return text.substr(0, text.find('\n'));
}

}  // namespace wirebraid::throughput
