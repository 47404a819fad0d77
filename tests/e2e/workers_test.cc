// A server of several workers: gateways whose bonds are on different ones, and a stock peer.
//
//   one ── up1 ──┐
//   two ── up2 ──┤ server      192.0.N.1 ── 192.0.N.2, inside 10.9.0.N ── 10.9.0.254
//   three ─ up3 ─┤
//   stock ─ up4 ─┘
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/e2e/tunnel.h"
#include "twin/lab/tcp_flow.h"
#include "twin/lab/udp_probe.h"

namespace wirebraid::e2e {
namespace {

using ::testing::HasSubstr;

constexpr int kGateways = 3;
constexpr int kStock = 4;
constexpr const char* kInsideServer = "10.9.0.254";

std::string inside_address(int number) { return "10.9.0." + std::to_string(number); }
std::string number_name(int number) { return "n" + std::to_string(number); }

class Workers : public OnEachEngine {
 protected:
  struct Site {
    std::unique_ptr<lab::Namespace> space;
    std::array<KeyPair, 2> keys{make_keys(), make_keys()};
    std::unique_ptr<lab::Process> daemon;
  };

  void SetUp() override {
    OnEachEngine::SetUp();
    if (IsSkipped()) return;
    directory = std::filesystem::path(::testing::TempDir()) / unique_name("workers");
    std::filesystem::create_directories(directory);
    server = std::make_unique<lab::Namespace>("server");
    server->sysctl("ipv4/ip_forward", "1");
    for (int number = 1; number <= kStock; ++number) join(number);
    start_server("Workers = 2\n", {1, 2, 3});
  }
  void TearDown() override {
    sites.clear();
    server_daemon.reset();
    std::filesystem::remove_all(directory);
  }

  void join(int number) {
    Site& site = sites.emplace_back();
    site.space = std::make_unique<lab::Namespace>(number_name(number));
    const std::string network = "192.0." + std::to_string(number) + ".";
    const std::string device = "up" + std::to_string(number);
    lab::join_by_veth(*site.space, "eth0", *server, device);
    site.space->ip("addr add " + network + "1/24 dev eth0");
    server->ip("addr add " + network + "2/24 dev " + device);
  }
  Site& site(int number) { return sites[static_cast<size_t>(number - 1)]; }

  std::string write(const std::string& name, const std::string& text) const {
    const std::string file = directory / (name + ".conf");
    std::ofstream(file) << text;
    std::filesystem::permissions(
        file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    return file;
  }
  std::string server_text(const std::string& interface, const std::vector<int>& gateways) {
    std::string text = "[Interface]\nAddress = 10.9.0.254/24\nListenPort = 51820\nPrivateKey = " +
                       server_keys.secret.to_base64() + "\n" + interface;
    for (const int number : gateways) {
      const std::string name = number_name(number);
      text += "[Bond " + name + "]\nAllowedIPs = " + inside_address(number) + "/32\n";
      for (size_t i = 0; i < 2; ++i) {
        text += "[Uplink " + name + "-" + std::to_string(i) + "]\nBond = " + name +
                "\nPublicKey = " + site(number).keys[i].open.to_base64() + "\n";
      }
    }
    return text + "[Peer]\nPublicKey = " + site(kStock).keys[0].open.to_base64() +
           "\nAllowedIPs = " + inside_address(kStock) + "/32\n";
  }
  std::string gateway_text(int number) {
    std::string text = "[Interface]\nAddress = " + inside_address(number) +
                       "/24\n[Bond home]\nAllowedIPs = 10.9.0.0/24\n";
    for (size_t i = 0; i < 2; ++i) {
      text += "[Uplink line" + std::to_string(i) +
              "]\nPrivateKey = " + site(number).keys[i].secret.to_base64() +
              "\nPublicKey = " + server_keys.open.to_base64() + "\nEndpoint = 192.0." +
              std::to_string(number) + ".2:51820\nDevice = eth0\n";
    }
    return text;
  }

  std::unique_ptr<lab::Process> start(const lab::Namespace& inside, const std::string& name,
                                      const std::string& text) const {
    return std::make_unique<lab::Process>(
        std::vector<std::string>{fast_rekey_daemon(), "-f", "--engine", GetParam(), "--config",
                                 write(name, text), name},
        lab::ProcessOptions{.inside = &inside, .log_file = directory / (name + ".log")});
  }
  void start_server(const std::string& interface, const std::vector<int>& gateways) {
    server_daemon = start(*server, server_name(), server_text(interface, gateways));
    // A handshake that comes too early is repeated later only.
    lab::wait_until([&] { return status().is_object(); }, lab::milliseconds(5000));
  }
  void start_gateway(int number) {
    site(number).daemon =
        start(*site(number).space, unique_name(number_name(number)), gateway_text(number));
  }
  static std::string server_name() { return unique_name("s"); }
  std::string log() const {
    std::ostringstream text;
    text << std::ifstream(directory / (server_name() + ".log")).rdbuf();
    return text.str();
  }

  static nlohmann::json status() {
    return nlohmann::json::parse(
        run_to_end({programs().control, "show", server_name(), "--json"}).output, nullptr, false);
  }
  static nlohmann::json bond(int number) {
    const nlohmann::json all = status();
    if (!all.is_object()) return nullptr;
    for (const auto& each : all["bonds"]) {
      if (each["name"] == number_name(number)) return each;
    }
    return nullptr;
  }
  static bool is_up(int number) {
    const nlohmann::json now = bond(number);
    if (!now.is_object()) return false;
    return std::all_of(now["uplinks"].begin(), now["uplinks"].end(),
                       [](const auto& uplink) { return uplink["state"] == "up"; });
  }
  static bool comes_up(int number) {
    return lab::wait_until([&] { return is_up(number); }, lab::milliseconds(12'000));
  }
  static uint64_t sum_over_workers(const char* what) {
    const nlohmann::json now = status();
    uint64_t sum = 0;
    for (const auto& worker : now["workers"]) sum += worker[what].get<uint64_t>();
    return sum;
  }

  /// Both ways between the inside addresses of two sites; 0 is the server.
  bool transfers(int listening, int connecting) {
    const auto space = [&](int number) -> const lab::Namespace& {
      return number == 0 ? *server : *site(number).space;
    };
    const std::string address = listening == 0 ? kInsideServer : inside_address(listening);
    for (const bool download : {false, true}) {
      lab::TcpFlow flow(space(listening), space(connecting),
                        {.address = address, .download = download, .bytes = 2'000'000});
      if (!flow.finish().intact) return false;
    }
    return true;
  }
  void start_all() {
    for (int number = 1; number <= kGateways; ++number) start_gateway(number);
    for (int number = 1; number <= kGateways; ++number) {
      ASSERT_TRUE(comes_up(number)) << number << "\n" << log();
    }
  }
  /// Two gateways whose bonds are on different workers.
  static std::pair<int, int> apart() {
    const auto worker = [](int number) { return bond(number)["worker"].get<int>(); };
    return worker(1) != worker(2) ? std::pair(1, 2) : std::pair(1, 3);
  }

  std::filesystem::path directory;
  std::unique_ptr<lab::Namespace> server;
  std::unique_ptr<lab::Process> server_daemon;
  KeyPair server_keys = make_keys();
  std::vector<Site> sites;
};

TEST_P(Workers, ServeBondsSideBySide) {
  start_all();
  const nlohmann::json before = status();
  std::set<int> used;
  for (const auto& each : before["bonds"]) used.insert(each["worker"].get<int>());
  EXPECT_EQ(used, (std::set<int>{0, 1}));
  for (int number = 1; number <= kGateways; ++number) {
    EXPECT_TRUE(transfers(0, number)) << number;
    EXPECT_TRUE(transfers(number, 0)) << number;
  }
  const auto [here, there] = apart();
  EXPECT_TRUE(transfers(here, there));
  EXPECT_GT(sum_over_workers("handed_over"), 0u)
      << "what came from one worker's bond is another's to send";

  // The order is kept, over new sessions too.
  lab::UdpProbe across(*site(here).space, *site(there).space, {.address = inside_address(there)});
  lab::UdpProbe down(*server, *site(here).space,
                     {.address = inside_address(here), .port = 7100, .packets_per_second = 1000});
  const auto handshake = [](int number) {
    return bond(number)["uplinks"][0]["last_handshake_s"].get<long>();
  };
  const long first = std::max(handshake(here), handshake(there));
  EXPECT_TRUE(
      lab::wait_until([&] { return std::min(handshake(here), handshake(there)) > first + 2; },
                      lab::milliseconds(12'000)));
  for (lab::UdpProbe* probe : {&across, &down}) {
    const lab::UdpProbeReport report = probe->finish();
    EXPECT_GT(report.received, 100u);
    EXPECT_EQ(report.lost(), 0u) << "of " << report.sent;
    EXPECT_EQ(report.reordered, 0u);
    EXPECT_EQ(report.duplicates, 0u);
  }
  EXPECT_EQ(server_daemon->stop(), 0) << log();
}

TEST_P(Workers, ServeStockPeers) {
  if (wireguard_go().empty()) GTEST_SKIP() << "wireguard-go is not installed";
  start_all();
  const WgInterface stock(wireguard_go(), *site(kStock).space, "w");
  stock.wg("setconf", "/dev/stdin",
           "[Interface]\nPrivateKey = " + site(kStock).keys[0].secret.to_base64() +
               "\n[Peer]\nPublicKey = " + server_keys.open.to_base64() +
               "\nEndpoint = 192.0.4.2:51820\nAllowedIPs = 10.9.0.0/24\n");
  site(kStock).space->ip("addr add " + inside_address(kStock) + "/24 dev " + stock.name());
  site(kStock).space->ip("link set mtu 1400 up dev " + stock.name());
  EXPECT_TRUE(transfers(0, kStock));
  for (int number = 1; number <= kGateways; ++number) EXPECT_TRUE(transfers(number, kStock));
}

TEST_P(Workers, FindAGatewayAgainThatWasRestarted) {
  start_all();
  for (int number = 1; number <= kGateways; ++number) {
    site(number).daemon->signal(SIGKILL);
    site(number).daemon->wait(lab::milliseconds(2000));
    start_gateway(number);
    EXPECT_TRUE(lab::wait_until(
        [&] {
          return run_to_end({"ping", "-c1", "-W1", kInsideServer}, {.inside = &*site(number).space})
                     .status == 0;
        },
        lab::milliseconds(12'000)))
        << log();
    EXPECT_TRUE(transfers(0, number));
  }
}

TEST_P(Workers, TakeOverReloadedBonds) {
  start_all();
  lab::UdpProbe stays(*site(1).space, *server, {.address = kInsideServer});
  const auto reload = [&](const std::string& interface, const std::vector<int>& gateways) {
    write(server_name(), server_text(interface, gateways));
    const Outcome outcome = run_to_end({programs().control, "reload", server_name()});
    EXPECT_EQ(outcome.status, 0) << outcome.errors;
  };
  reload("Workers = 2\n", {1});
  EXPECT_TRUE(bond(2).is_null());
  EXPECT_TRUE(bond(3).is_null());
  // The other way round, so that each comes to the worker where it was not.
  reload("Workers = 2\n", {1, 3, 2});
  EXPECT_TRUE(comes_up(2)) << log();
  EXPECT_TRUE(comes_up(3)) << log();
  EXPECT_TRUE(transfers(2, 3));
  EXPECT_TRUE(transfers(0, 2));

  reload("Workers = 3\n", {1, 3, 2});
  EXPECT_THAT(log(), HasSubstr("[Interface] Workers: takes effect at the next start; until then "
                               "there remain 2"));
  EXPECT_EQ(status()["workers"].size(), 2u);
  const lab::UdpProbeReport report = stays.finish();
  EXPECT_EQ(report.lost(), 0u) << "of " << report.sent;
  EXPECT_EQ(report.reordered, 0u);
}

TEST_P(Workers, LeaveAnInterfaceThatIsDeleted) {
  start_all();
  server->ip("link del " + server_name());
  EXPECT_EQ(server_daemon->wait(lab::milliseconds(3000)), 0) << log();
}

INSTANTIATE_TEST_SUITE_P(Engines, Workers, kEveryEngine, engine_name);

}  // namespace
}  // namespace wirebraid::e2e
