// A household gateway with three exits: real wireguard-go, real NAT at both ends, real curl.
//
//   lan ── gateway ═ up0, up1, up2 ═ exit0, exit1, exit2 ── target
//
// The gateway masquerades the LAN onto its interface, each exit its tunnel onto its own line, so
// the target sees by which exit a connection came.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>
#include <vector>

#include "tests/e2e/tunnel.h"
#include "twin/lab/socket.h"
#include "twin/lab/udp_probe.h"

namespace wirebraid::e2e {
namespace {

using lab::milliseconds;
using std::chrono::steady_clock;

constexpr int kExits = 3;
constexpr const char* kTarget4 = "203.0.113.1";
constexpr const char* kTarget6 = "2001:db8:ffff::1";
constexpr size_t kPiece = 10'000;

char byte_at(size_t offset) { return static_cast<char>('a' + offset % 23); }

/// Answers every request with as many pieces as its path says ("/NAME/PIECES"), 20 each second.
class SlowServer {
 public:
  explicit SlowServer(const lab::Namespace& inside) {
    inside.run([this] {
      listener_ = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
      const int yes = 1;
      ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
      sockaddr_in6 any{};
      any.sin6_family = AF_INET6;
      any.sin6_port = htons(8080);
      if (::bind(listener_, reinterpret_cast<sockaddr*>(&any), sizeof any) != 0 ||
          ::listen(listener_, 128) != 0) {
        throw lab::CommandFailed("the server cannot listen");
      }
    });
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~SlowServer() {
    ending_ = true;
    acceptor_.join();
    for (std::thread& thread : threads_) thread.join();
    ::close(listener_);
  }
  /// The exit by which the request NAME came; -1: it has not come.
  int exit_of(const std::string& name) {
    const std::lock_guard lock(mutex_);
    const auto at = came_by_.find(name);
    return at == came_by_.end() ? -1 : at->second;
  }

 private:
  void accept_all() {
    while (!ending_) {
      pollfd entry{listener_, POLLIN, 0};
      if (::poll(&entry, 1, 20) != 1) continue;
      sockaddr_in6 from{};
      socklen_t size = sizeof from;
      const int fd = ::accept4(listener_, reinterpret_cast<sockaddr*>(&from), &size, SOCK_CLOEXEC);
      if (fd < 0) continue;
      // 198.51.N.1 as ::ffff:c633:N01, or 2001:db8:20N::1.
      const bool v4 = IN6_IS_ADDR_V4MAPPED(&from.sin6_addr);
      const int exit = v4 ? from.sin6_addr.s6_addr[14] : from.sin6_addr.s6_addr[5];
      threads_.emplace_back([this, fd, exit] { serve(fd, exit); });
    }
  }
  void serve(int fd, int exit) {
    const timeval patience{1, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    std::string request(2000, '\0');
    const auto got = ::recv(fd, request.data(), request.size(), 0);
    if (got > 0) answer(fd, exit, request);
    ::close(fd);
  }
  void answer(int fd, int exit, const std::string& request) {
    const size_t slash = request.find('/', 5);
    const std::string name = request.substr(5, slash - 5);
    const size_t pieces = std::stoul(request.substr(slash + 1));
    {
      const std::lock_guard lock(mutex_);
      came_by_[name] = exit;
    }
    std::string head =
        "HTTP/1.0 200 OK\r\nContent-Length: " + std::to_string(pieces * kPiece) + "\r\n\r\n";
    if (::send(fd, head.data(), head.size(), MSG_NOSIGNAL) < 0) return;
    std::string piece(kPiece, '\0');
    for (size_t i = 0; i < pieces && !ending_; ++i) {
      for (size_t k = 0; k < kPiece; ++k) piece[k] = byte_at(i * kPiece + k);
      size_t done = 0;
      while (done < kPiece && !ending_) {
        const auto sent = ::send(fd, &piece[done], kPiece - done, MSG_NOSIGNAL);
        if (sent > 0) done += static_cast<size_t>(sent);
        if (sent < 0 && errno != EAGAIN) return;
      }
      if (pieces > 1) std::this_thread::sleep_for(milliseconds(50));  // the pace of the download
    }
  }

  int listener_ = -1;
  std::atomic<bool> ending_ = false;
  std::thread acceptor_;
  std::vector<std::thread> threads_;  // the acceptor's own until it has been joined
  std::mutex mutex_;
  std::map<std::string, int> came_by_;
};

class Exits : public EndToEnd {
 protected:
  void SetUp() override {
    EndToEnd::SetUp();
    if (IsSkipped()) return;
    if (wireguard_go().empty()) GTEST_SKIP() << "wireguard-go is not installed";
    if (run_to_end({"curl", "--version"}).status != 0) GTEST_SKIP() << "curl is not installed";
    directory = std::filesystem::path(::testing::TempDir()) / unique_name("exits");
    std::filesystem::create_directories(directory);
    join_lan();
    target.ip("addr add " + std::string(kTarget4) + "/32 dev lo");
    target.ip("addr add " + std::string(kTarget6) + "/128 dev lo nodad");
    for (int i = 0; i < kExits; ++i) join_exit(i);
    for (int i = 0; i < kExits; ++i) start_exit(i);
    start_gateway();
    server.emplace(target);
  }
  void TearDown() override {
    server.reset();
    std::filesystem::remove_all(directory);
  }

  static void forward(const lab::Namespace& inside, const std::string& device) {
    inside.sysctl("ipv4/ip_forward", "1");
    inside.sysctl("ipv6/conf/all/forwarding", "1");
    lab::run_command({"nft", "-f", "-"},
                     {.inside = &inside,
                      .input = "table inet exit {\n chain out {\n"
                               "  type nat hook postrouting priority srcnat;\n  oifname \"" +
                               device + "\" masquerade\n }\n}\n"});
  }
  void join_lan() {
    lab::join_by_veth(gateway, "lan", lan, "eth");
    gateway.ip("addr add 192.168.7.1/24 dev lan");
    gateway.ip("addr add fd07::1/64 dev lan nodad");
    lan.ip("addr add 192.168.7.2/24 dev eth");
    lan.ip("addr add fd07::2/64 dev eth nodad");
    lan.ip("route add default via 192.168.7.1");
    lan.ip("-6 route add default via fd07::1");
    forward(gateway, gateway_name());
  }
  void join_exit(int i) {
    const std::string number = std::to_string(i);
    exits[i].emplace("exit" + number);
    const lab::Namespace& exit = *exits[i];
    lab::join_by_veth(gateway, "up" + number, exit, "eth0");
    gateway.ip("addr add 192.0." + number + ".1/24 dev up" + number);
    exit.ip("addr add 192.0." + number + ".2/24 dev eth0");
    lab::join_by_veth(exit, "wan", target, "wan" + number);
    exit.ip("addr add 198.51." + number + ".1/24 dev wan");
    exit.ip("addr add 2001:db8:" + number + "::1/64 dev wan nodad");
    target.ip("addr add 198.51." + number + ".2/24 dev wan" + number);
    target.ip("addr add 2001:db8:" + number + "::2/64 dev wan" + number + " nodad");
    exit.ip("route add default via 198.51." + number + ".2");
    exit.ip("-6 route add default via 2001:db8:" + number + "::2");
    forward(exit, "wan");
  }
  /// A stock WireGuard peer: it knows nothing of wirebraid.
  void start_exit(int i) {
    const std::string number = std::to_string(i);
    stock[i].emplace(wireguard_go(), *exits[i], "x" + number);
    stock[i]->wg(
        "setconf", "/dev/stdin",
        "[Interface]\nListenPort = 51820\nPrivateKey = " + exit_keys[i].secret.to_base64() +
            "\n[Peer]\nPublicKey = " + gateway_keys[i].open.to_base64() + "\nAllowedIPs = 10.64." +
            number + ".2/32, fd64:" + number + "::2/128\n");
    exits[i]->ip("addr add 10.64." + number + ".1/24 dev " + stock[i]->name());
    exits[i]->ip("addr add fd64:" + number + "::1/64 dev " + stock[i]->name() + " nodad");
    exits[i]->ip("link set mtu 1412 up dev " + stock[i]->name());
  }
  void start_gateway() {
    std::string text =
        "[Interface]\nAddress = 10.9.0.1/32, fd09::1/128\n"
        "[Bond net]\nMode = flow\nAllowedIPs = 0.0.0.0/0, ::/0\n";
    for (int i = 0; i < kExits; ++i) {
      const std::string number = std::to_string(i);
      text += "[Uplink exit" + number + "]\nPrivateKey = " + gateway_keys[i].secret.to_base64() +
              "\nPublicKey = " + exit_keys[i].open.to_base64() + "\nEndpoint = 192.0." + number +
              ".2:51820\nDevice = up" + number + "\nTunnelAddress = 10.64." + number +
              ".2, fd64:" + number + "::2\nTarget = 10.64." + number + ".1\n";
    }
    const std::string file = directory / "gateway.conf";
    std::ofstream(file) << text;
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    daemon.emplace(
        std::vector<std::string>{programs().daemon, "-f", "--config", file, gateway_name()},
        lab::ProcessOptions{.inside = &gateway, .log_file = directory / "gateway.log"});
    ASSERT_TRUE(lab::wait_until([&] { return count_in(state(), "\"exit\"") == kExits; },
                                milliseconds(15'000)))
        << log() << state();
  }
  std::string gateway_name() const { return unique_name("g"); }
  std::string state() const {
    return run_to_end({programs().control, "show", gateway_name(), "--json"}).output;
  }
  static int count_in(const std::string& text, const std::string& part) {
    int count = 0;
    for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
      ++count;
    return count;
  }
  std::string log() const {
    std::ostringstream text;
    text << std::ifstream(directory / "gateway.log").rdbuf();
    return text.str();
  }

  struct Download {
    std::string name;
    std::string file;
    size_t pieces = 0;
    std::unique_ptr<lab::Process> curl;
    steady_clock::time_point began = steady_clock::now();
  };
  Download download(const std::string& name, size_t pieces, bool v6) const {
    Download result;
    result.name = name;
    result.file = directory / name;
    result.pieces = pieces;
    const std::string url = std::string("http://") + (v6 ? "[" : "") + (v6 ? kTarget6 : kTarget4) +
                            (v6 ? "]" : "") + ":8080/" + name + "/" + std::to_string(pieces);
    result.curl = std::make_unique<lab::Process>(
        std::vector<std::string>{"curl", "-sS", "--max-time", "60", "-o", result.file, url},
        lab::ProcessOptions{.inside = &lan});
    return result;
  }
  static bool intact(const Download& download) {
    std::ostringstream text;
    text << std::ifstream(download.file).rdbuf();
    const std::string bytes = text.str();
    if (bytes.size() != download.pieces * kPiece) return false;
    for (size_t i = 0; i < bytes.size(); ++i) {
      if (bytes[i] != byte_at(i)) return false;
    }
    return true;
  }
  static long since(steady_clock::time_point start) {
    return std::chrono::duration_cast<milliseconds>(steady_clock::now() - start).count();
  }

  lab::Namespace lan{"lan"};
  lab::Namespace gateway{"gateway"};
  lab::Namespace target{"target"};
  std::array<std::optional<lab::Namespace>, kExits> exits;
  std::array<std::optional<WgInterface>, kExits> stock;
  std::array<KeyPair, kExits> exit_keys{make_keys(), make_keys(), make_keys()};
  std::array<KeyPair, kExits> gateway_keys{make_keys(), make_keys(), make_keys()};
  std::optional<lab::Process> daemon;
  std::optional<SlowServer> server;
  std::filesystem::path directory;
};

TEST_F(Exits, OneDiesAndComesBack) {
  constexpr int kDead = 1;
  constexpr int kCount = 24;
  constexpr size_t kPieces = 160;
  std::vector<Download> downloads;
  for (int i = 0; i < kCount; ++i) {
    downloads.push_back(download("long" + std::to_string(i), kPieces, i % 2 == 1));
  }
  ASSERT_TRUE(lab::wait_until(
      [&] {
        return std::ranges::all_of(
            downloads, [&](const Download& each) { return server->exit_of(each.name) >= 0; });
      },
      milliseconds(10'000)))
      << log() << state();
  std::array<int, kExits> share{};
  for (const Download& each : downloads) ++share.at(server->exit_of(each.name));
  std::cout << "downloads by exit: " << share[0] << ", " << share[1] << ", " << share[2] << "\n";
  for (const int each : share) ASSERT_GT(each, 0);
  std::vector<std::unique_ptr<lab::UdpProbe>> calls;
  for (int i = 0; i < 4; ++i) {
    calls.push_back(std::make_unique<lab::UdpProbe>(
        lan, target,
        lab::UdpProbeOptions{.address = kTarget4,
                             .port = static_cast<uint16_t>(7100 + i),
                             .packets_per_second = 50}));
  }

  const auto killed = steady_clock::now();
  stock[kDead].reset();
  // New connections, begun over the time in which the death is being noticed and after it.
  std::vector<Download> fresh;
  std::map<std::string, long> fresh_took;
  long reset_after = 0;
  int reset_count = 0;
  const auto look = [&] {
    for (Download& each : downloads) {
      if (!each.curl || server->exit_of(each.name) != kDead || each.curl->running()) continue;
      EXPECT_THAT(each.curl->errors(), ::testing::HasSubstr("reset by peer"));
      reset_after = std::max(reset_after, since(killed));
      ++reset_count;
      each.curl.reset();
    }
    for (Download& each : fresh) {
      if (!fresh_took.contains(each.name) && !each.curl->running()) {
        fresh_took[each.name] = since(each.began);
      }
    }
  };
  ASSERT_TRUE(lab::wait_until(
      [&] {
        if (fresh.size() < 30 && since(killed) >= 100 * static_cast<long>(fresh.size())) {
          fresh.push_back(download("new" + std::to_string(fresh.size()), 1, fresh.size() % 2 == 1));
        }
        look();
        return fresh.size() == 30 && fresh_took.size() == 30 && reset_count == share[kDead];
      },
      milliseconds(15'000)))
      << reset_count << " of " << share[kDead] << " reset, " << fresh_took.size()
      << " new ones done\n"
      << log() << state();
  long late = 0;
  for (const Download& each : fresh) {
    const long took = fresh_took.at(each.name);
    EXPECT_TRUE(intact(each)) << each.name << ' ' << each.curl->errors();
    EXPECT_NE(server->exit_of(each.name), kDead);
    if (each.began - killed >= milliseconds(2000)) late = std::max(late, took);
  }
  std::cout << "reset " << reset_after << " ms after the exit was killed; a connection begun 2 s "
            << "after it took " << late << " ms at most\n";
  EXPECT_LE(reset_after, 5000);
  EXPECT_LE(late, 3000);

  // Those of the other exits have noticed nothing.
  for (Download& each : downloads) {
    if (server->exit_of(each.name) == kDead) continue;
    EXPECT_EQ(each.curl->wait(milliseconds(40'000)), 0) << each.curl->errors();
    EXPECT_TRUE(intact(each)) << each.name;
  }
  // UDP goes on by another exit; what was sent to the dead one is lost.
  for (const auto& call : calls) {
    const lab::UdpProbeReport report = call->finish();
    std::cout << "UDP: " << report.lost() << " of " << report.sent << " lost\n";
    EXPECT_GT(report.received, report.sent / 2);
    EXPECT_LT(report.lost(), 50u * 5);
  }

  start_exit(kDead);
  const auto back = steady_clock::now();
  int tries = 0;
  EXPECT_TRUE(lab::wait_until(
      [&] {
        const Download probe = download("back" + std::to_string(tries++), 1, false);
        EXPECT_EQ(probe.curl->wait(milliseconds(10'000)), 0) << probe.curl->errors();
        return server->exit_of(probe.name) == kDead;
      },
      milliseconds(30'000)))
      << log() << state();
  std::cout << "the exit has new flows " << since(back) << " ms after it came back\n";
}

}  // namespace
}  // namespace wirebraid::e2e
