// A machine behind the gateway serves the internet under the server's address, with the firewall
// that docs/examples has for it: a connection goes on while an uplink dies under it.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/e2e/tunnel.h"
#include "twin/lab/bonded_lab.h"
#include "twin/lab/tcp_flow.h"

namespace wirebraid::e2e {
namespace {

using std::chrono::milliseconds;

constexpr const char* kServerOutside4 = "203.0.113.1";
constexpr const char* kServerOutside6 = "2001:db8:113::1";
constexpr uint16_t kWeb = 80;

/// docs/examples/server.nft with the values of its definitions replaced.
std::string firewall(const std::string& bond) {
  std::ifstream file(std::filesystem::path(WIREBRAID_SOURCE_DIR) / "docs/examples/server.nft");
  std::ostringstream text;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("define internet =")) line = "define internet = \"target0\"";
    if (line.starts_with("define bond =")) line = "define bond = \"" + bond + "\"";
    if (line.starts_with("define web4 ="))
      line = std::string("define web4 = ") + lab::address::kLan4;
    if (line.starts_with("define web6 ="))
      line = std::string("define web6 = ") + lab::address::kLan6;
    text << line << "\n";
  }
  return text.str();
}

/// The target plays a visitor from the internet.
class PortForwarding : public EndToEnd {
 protected:
  void SetUp() override {
    EndToEnd::SetUp();
    if (IsSkipped()) return;
    lab.emplace(
        lab::BondedLabOptions{.uplinks = {{"dsl", lab::symmetric(20'000'000, milliseconds(15))},
                                          {"lte", lab::symmetric(10'000'000, milliseconds(50))}},
                              .programs = programs()});
    lab->wait_for_bond();
    lab::run_command({"nft", "-f", "-"}, {.inside = &lab->topology().server(),
                                          .input = firewall(lab->server().interface())});
  }
  static uint64_t carried(const lab::Uplink& uplink) {
    return uplink.wire().statistics(fabric::End::a).delivered_bytes;
  }

  std::optional<lab::BondedLab> lab;
};

TEST_F(PortForwarding, GoesOnWhenAnUplinkDies) {
  lab::Uplink& dsl = lab->topology().uplinks().front();
  lab::Uplink& lte = lab->topology().uplinks().back();
  const uint64_t dsl_before = carried(dsl);
  const uint64_t lte_before = carried(lte);

  // The machine on the LAN is who listens, and sends; the visitor knows the server's address only.
  lab::TcpFlow download(lab->topology().lan(), lab->topology().target(),
                        {.address = kServerOutside4,
                         .own_address = lab::address::kLan4,
                         .port = kWeb,
                         .congestion_control = "cubic"});
  ASSERT_TRUE(lab::wait_until(
      [&] { return carried(dsl) > dsl_before + 1'000'000 && carried(lte) > lte_before + 500'000; },
      milliseconds(15'000)))
      << carried(dsl) << " and " << carried(lte) << " bytes\n"
      << lab->log_tails();

  dsl.wire().set_state(fabric::LinkState::blackhole);
  const uint64_t before = download.received();
  EXPECT_TRUE(lab::wait_until([&] { return download.received() > before + 2'000'000; },
                              milliseconds(15'000)))
      << lab->log_tails();
  const lab::TcpFlowReport report = download.finish();
  EXPECT_TRUE(report.intact);
  EXPECT_LT(report.longest_gap, milliseconds(1500));
}

TEST_F(PortForwarding, WorksOverIpv6AndLetsNothingElseIn) {
  lab::TcpFlow download(lab->topology().lan(), lab->topology().target(),
                        {.address = kServerOutside6,
                         .own_address = lab::address::kLan6,
                         .port = kWeb,
                         .bytes = 500'000});
  EXPECT_TRUE(download.finish().intact);

  // The visitor's own way to the LAN is the server; nobody may use it.
  const auto ping = [&](const char* address) {
    return run_to_end({"ping", "-c", "1", "-W", "1", address},
                      {.inside = &lab->topology().target()})
        .status;
  };
  EXPECT_NE(ping(lab::address::kLan4), 0);
  EXPECT_NE(ping(lab::address::kLan6), 0);
  lab::run_command({"nft", "delete", "table", "inet", "wirebraid"},
                   {.inside = &lab->topology().server()});
  EXPECT_EQ(ping(lab::address::kLan4), 0);
}

}  // namespace
}  // namespace wirebraid::e2e
