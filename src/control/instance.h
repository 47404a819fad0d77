// One running interface: its workers, sockets, TUN device and network, and the two sockets through
// which it is asked and changed. All of this happens in the main thread, in turns of the first
// worker's engine; the data path is the workers' (control/worker.h).
#pragma once

#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/cipher_choice.h"
#include "control/config.h"
#include "control/control_server.h"
#include "control/quota.h"
#include "control/resolver.h"
#include "control/server_choice.h"
#include "control/service_notify.h"
#include "control/speed_test.h"
#include "control/state_file.h"
#include "control/uapi_server.h"
#include "control/worker.h"
#include "io/engine.h"
#include "io/netlink.h"
#include "io/system_platform.h"
#include "io/tun.h"
#include "io/udp.h"
#include "wirebraid/interface.h"

namespace wirebraid::control {

struct InstanceOptions {
  std::string interface;
  std::string config_file;  ///< empty: configured through the UAPI socket only
  io::EngineKind engine = io::EngineKind::automatic;
  int tun_fd = -1;  ///< an open TUN descriptor to use instead of creating the device
  std::string state_directory = kStateDirectory;  ///< made when there is something to keep
  ServiceNotify* service = nullptr;  ///< hears of reloads, of how many uplinks are up, and of turns
};

class Instance : private UapiHandler, private ControlHandler {
 public:
  /// Sets everything up. On failure returns nullptr and `errors` says why, a line each.
  static std::unique_ptr<Instance> start(const InstanceOptions& options,
                                         std::vector<std::string>& errors);
  ~Instance() override;

  /// Runs turns until stop() or until the interface or its UAPI socket is deleted.
  void run();
  void stop() { stopping_ = true; }
  io::Engine& engine() { return main_worker().engine(); }
  /// Reads the configuration file again; logs the outcome.
  ChangeResult reload() override;

 private:
  /// What a worker has of a line.
  struct Share {
    Worker* worker = nullptr;
    std::unique_ptr<io::UdpTransport> transport;
    IdentityId identity{};
  };
  /// A port and the key that datagrams to it are for. The interface's is shared by all workers, an
  /// uplink's own belongs to the worker of its bond.
  struct Line {
    std::vector<Share> shares;
    io::UdpOptions wanted;
    bool open = false;
    uint32_t device_index = 0;  ///< of wanted.device when it was opened: the kernel binds to that
    std::string problem;        ///< why it is not open

    TransportId id() const { return shares.front().transport->id(); }
    uint16_t port() const { return shares.front().transport->port(); }
    const Share& of(const Worker& worker) const;
  };
  struct BondRecord {
    BondSection section;
    Worker* worker = nullptr;
    BondId id{};                ///< at its worker
    bool implicit = false;      ///< made for a lone uplink
    bool told_of_exit = false;  ///< that its mode cannot be had over one
    ServerChoice server;        ///< of its uplinks, but for exits
    uint64_t tx_bps = 0;
    uint64_t rx_bps = 0;
  };
  struct UplinkRecord {
    UplinkSection section;
    UplinkId id{};  ///< at its bond's worker
    Line* line = nullptr;
    BondRecord* bond = nullptr;
    bool from_file = false;
    ServerChoice server;            ///< if it is an exit: each has its own servers
    std::vector<Endpoint> servers;  ///< section.endpoints, resolved; empty: not yet
    Time looked_up{};               ///< when a name of these was last asked for
    size_t server_in_use = 0;       ///< its place in section.endpoints
    bool network = true;
    std::string network_problem;
    std::optional<io::Way> way;  ///< to its Endpoint, when that was last looked at
    std::optional<Quota> quota;
    uint64_t counted_bytes = 0;  ///< of its traffic, in the quota
    uint64_t counted_datagrams = 0;
    UplinkState noted_state = UplinkState::down;
    bool noted_silent = false;
    uint64_t sampled_tx = 0;
    uint64_t sampled_rx = 0;
    uint64_t tx_bps = 0;
    uint64_t rx_bps = 0;
  };
  /// Why an uplink carries nothing; empty: it does.
  struct Unused {
    std::string code;  ///< one of kUnusedCodes
    std::string reason;
  };
  /// A change that is in force, but not yet in the file.
  struct UnconfirmedChange {
    SecretText text;  ///< of the file, if it is confirmed
    Config before;
    std::string revision_before;
    Time deadline{};
  };
  using Bonds = std::map<std::string, std::unique_ptr<BondRecord>>;
  using Uplinks = std::vector<std::unique_ptr<UplinkRecord>>;

  explicit Instance(const InstanceOptions& options);
  std::unique_ptr<io::TunDevice> open_tun(io::TunDevice::Queues queues,
                                          std::vector<std::string>& errors);
  bool make_workers(const Config& config, size_t mtu, std::vector<std::string>& errors);
  bool start_workers(std::vector<std::string>& errors);
  void watch_network(uint32_t mtu);
  bool open_sockets(std::vector<std::string>& errors);
  void set_cipher(const std::string& wanted);

  // What the workers tell (instance.cc).
  void attend(Worker& worker);
  void on_transport_error(Worker& worker, TransportId transport, int error);

  // The workers' Interfaces (instance_workers.cc). What one has, the others know.
  Worker& main_worker() const { return *workers_.front(); }
  /// Of the interface, at the first worker.
  IdentityId interface_identity() const { return interface_line_.shares.front().identity; }
  static Interface& core(const BondRecord& bond) { return bond.worker->core(); }
  static Interface& core(const UplinkRecord& uplink) { return uplink.bond->worker->core(); }
  const wireguard::Peer& peer_of(const UplinkRecord& uplink) const;
  Worker& least_busy_worker() const;
  void flush();
  void release_workers();
  void add_shares(Line& line, std::span<Worker* const> workers, const PrivateKey& key);
  static std::error_code open_shares(Line& line, std::string& what);
  static void close_shares(Line& line);
  static std::error_code set_mark(Line& line, uint32_t mark);
  void forget_sources();
  void set_core_mtu(size_t mtu);
  void set_private_key(const PrivateKey& key);
  std::optional<UplinkId> add_uplink(const Line& line, const BondRecord& bond,
                                     const PublicKey& key);
  void take_out(const UplinkRecord& uplink);
  void add_bond(BondRecord& bond, const BondOptions& options);
  void take_out(BondRecord& bond);
  void allow(const BondRecord& bond, const Prefix& prefix);
  void disallow(const BondRecord& bond, const Prefix& prefix);
  void disallow_all(const BondRecord& bond);

  // Configuration (instance_config.cc).
  bool apply(const Config& config, std::vector<std::string>& errors);
  bool open_lines(const Config& config, std::vector<std::string>& errors);
  void apply_interface(const Config& config);
  void apply_bonds(const Config& config);
  void apply_uplinks(const Config& config);
  static PathOptions path_options(const Config& config, const UplinkRecord& uplink);
  void apply_soft(const Config& config, UplinkRecord& uplink, const UplinkSection& section);
  void start_uplink(const Config& config, const UplinkSection& section, BondRecord& bond);
  void remove_uplink(UplinkRecord& uplink);
  BondRecord& make_bond(const BondSection& section, const BondOptions& options);
  BondRecord& make_lone_bond(const std::string& name);
  void drop_unused_bonds(const Config& config);
  void set_allowed_ips(BondRecord& bond, const std::vector<Prefix>& prefixes);
  UplinkRecord* find_uplink(const std::string& name);

  // Changes by the control socket (instance_change.cc).
  ChangeResult change(const ChangeRequest& request) override;
  ChangeResult confirm() override;
  ChangeResult revert() override;
  nlohmann::json configuration(std::vector<std::string>& errors) override;
  ChangeResult go_back(const std::string& why);
  void revert_if_unconfirmed(Time now);
  void warn_of_later(ChangeResult& result) const;
  void note_configuration(const std::string& text);

  // Speed tests (instance_speed_test.cc).
  ChangeResult start_speed_test(const SpeedTestRequest& request) override;
  void run_speed_test(Time now);
  std::optional<SpeedTestStatus> speed_test_status() const;

  // Servers (instance_servers.cc).
  void set_servers(UplinkRecord& uplink, const std::vector<HostPort>& before);
  void use_server(UplinkRecord& uplink);
  void resolve_server(UplinkRecord& uplink, size_t place);
  void forget_names(const UplinkRecord& uplink);
  bool awaits_name(const UplinkRecord& uplink) const;
  static ServerChoice& choice_of(UplinkRecord& uplink);
  void look_again(UplinkRecord& uplink, Time now);
  void choose_servers(Time now);
  Line& make_line(const io::UdpOptions& options, const PrivateKey& key, Worker& worker);
  bool open_line(Line& line, const io::UdpOptions& options, std::vector<std::string>* errors);
  void retry_lines();
  void close_line(Line& line);
  void drop_line(Line& line);

  // The network (instance_network.cc).
  size_t work_out_mtu(const Config& config);
  void update_mtu(const Config& config);
  void configure_network(const Config& config);
  void install_routes(const Config& config);
  bool awaits_name(const std::string& bond) const;
  void warn_of_loops(const Config& config, const std::vector<io::Route>& routes) const;
  void on_network_change();
  void on_own_link(const io::Link& link);
  void check_network(UplinkRecord& uplink, bool reopen);
  void leave_source(const UplinkRecord& uplink, const io::Way& way);
  std::string problem_of_device(const std::string& name, const std::optional<io::Link>& link);
  std::string problem_of_line(UplinkRecord& uplink, bool reopen);
  std::string problem_of_way(const UplinkRecord& uplink, std::optional<io::Way>& way);
  void set_network(UplinkRecord& uplink, const std::string& problem);
  void announce(const UplinkRecord& uplink);

  // Quotas (instance_quota.cc).
  Date today();
  void set_quota(UplinkRecord& uplink);
  void count_quota(UplinkRecord& uplink, Time now);
  void save_quotas(Time now);
  void save_quotas_at_the_end();

  // UAPI (instance_uapi.cc).
  DeviceState get() override;
  int set(const SetRequest& request) override;
  int set_listen_port(uint16_t port);
  int set_firewall_mark(uint32_t mark);
  void set_peer(const PeerChange& change);
  UplinkRecord* find_peer(const PublicKey& key);

  // Status (instance_status.cc).
  const std::string& name() const override { return options_.interface; }
  InterfaceStatus status() override;
  const EventLog& events() override { return events_; }
  void note(Event event);
  void note_state(UplinkRecord& uplink, const wirebraid::UplinkState& in_core);
  static UplinkState shown_state(const UplinkRecord& uplink, const wirebraid::UplinkState& in_core);
  UplinkStatus status_of(UplinkRecord& uplink);
  std::vector<ClassOverview> classes_of_bond(const BondRecord& bond) const;
  void warn_of_exit(const UplinkRecord& uplink, const PathStatus& path, Time now);
  Unused unused(const UplinkRecord& uplink, const PathStatus& path) const;
  void tick(Time now);
  void tell_service(Time now);

  InstanceOptions options_;
  io::SystemPlatform platform_;
  CipherChoice cipher_;
  std::string cipher_name_;
  uint32_t wanted_workers_ = 1;  ///< as configured
  std::vector<std::unique_ptr<Worker>> workers_;
  std::string engine_reason_;
  std::unique_ptr<io::Netlink> netlink_;
  uint32_t tun_link_ = 0;  ///< 0: in another network namespace
  bool tun_up_ = false;
  uint32_t mtu_ = 0;
  size_t worked_out_mtu_ = 0;
  Config config_;
  std::string revision_;  ///< of config_
  std::optional<UnconfirmedChange> unconfirmed_;
  std::optional<SpeedTest> speed_test_;  ///< that runs, or ran last
  bool speed_test_done_ = false;
  EventLog events_;
  uint64_t told_events_ = 0;  ///< number of the last one that followers know
  Line interface_line_;
  std::vector<std::unique_ptr<Line>> lines_;  ///< of uplinks with sockets of their own
  uint32_t next_transport_ = 0;
  Bonds bonds_;
  Uplinks uplinks_;
  std::vector<Prefix> addresses_;
  std::vector<io::Route> routes_;
  std::unique_ptr<Resolver> resolver_;
  std::optional<StateFile> state_file_;  ///< once an uplink has a quota
  QuotaRecords quota_records_;           ///< also of uplinks that are not there now
  QuotaRecords saved_records_;
  Time saved_at_{};
  std::future<std::error_code> saving_;
  std::unique_ptr<UapiServer> uapi_server_;
  std::unique_ptr<ControlServer> control_server_;
  Time next_tick_{};
  Time last_sample_{};
  WallTime started_{};
  bool stopping_ = false;
};

}  // namespace wirebraid::control
