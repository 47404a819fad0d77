#include "control/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/control/sample_status.h"

namespace wirebraid::control {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using wirebraid::testing::sample_status;

TEST(Metrics, HaveWireGuardsNamesWhereTheyFit) {
  const std::string text = render_metrics({sample_status()});
  const UplinkStatus uplink = sample_status().bonds.front().uplinks.front();
  EXPECT_THAT(text, HasSubstr("# TYPE wireguard_sent_bytes_total counter\n"));
  EXPECT_THAT(text, HasSubstr("wireguard_sent_bytes_total{interface=\"wb0\",public_key=\"" +
                              uplink.public_key + "\",friendly_name=\"" + uplink.name + "\"} " +
                              std::to_string(uplink.tx_bytes) + "\n"));
  EXPECT_THAT(text, HasSubstr("wireguard_latest_handshake_seconds{"));
}

TEST(Metrics, AreInBaseUnits) {
  InterfaceStatus status = sample_status();
  UplinkStatus& uplink = status.bonds.front().uplinks.front();
  uplink.rtt_us = 12'500;
  uplink.capacity_bps = 80'000'000;
  uplink.loss_ratio = 0.25;
  const std::string labels = "{interface=\"wb0\",bond=\"" + status.bonds.front().name +
                             "\",uplink=\"" + uplink.name + "\"} ";
  EXPECT_THAT(render_metrics({status}),
              AllOf(HasSubstr("wirebraid_uplink_rtt_seconds" + labels + "0.0125\n"),
                    HasSubstr("wirebraid_uplink_capacity_bytes_per_second" + labels + "10000000\n"),
                    HasSubstr("wirebraid_uplink_loss_ratio" + labels + "0.25\n")));
}

TEST(Metrics, OneStateIsTheUplinksOwn) {
  InterfaceStatus status = sample_status();
  status.bonds.resize(1);
  status.bonds[0].uplinks.resize(1);
  status.bonds[0].uplinks[0].state = UplinkState::suspect;
  status.bonds[0].uplinks[0].unused_code = "silent";
  const std::string text = render_metrics({status});
  EXPECT_THAT(text, AllOf(HasSubstr("state=\"suspect\"} 1\n"), HasSubstr("state=\"up\"} 0\n")));
  EXPECT_THAT(text,
              HasSubstr("wirebraid_uplink_in_use{interface=\"wb0\",bond=\"" + status.bonds[0].name +
                        "\",uplink=\"" + status.bonds[0].uplinks[0].name + "\"} 0\n"));
}

// The format's rules: a metric's lines stand together, each series once, under its HELP and TYPE.
TEST(Metrics, SeveralInterfacesMakeOneExposition) {
  InterfaceStatus other = sample_status();
  other.name = "wb1";
  const std::string text = render_metrics({sample_status(), other});
  std::istringstream lines(text);
  std::string current;
  std::set<std::string> finished;
  std::set<std::string> series;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# HELP ")) {
      current = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_TRUE(finished.insert(current).second) << current << " stands in two places";
      continue;
    }
    if (line.starts_with("# TYPE ")) {
      EXPECT_EQ(line.substr(7, line.find(' ', 7) - 7), current);
      EXPECT_EQ(line.ends_with(" counter"), current.ends_with("_total")) << line;
      continue;
    }
    EXPECT_EQ(line.substr(0, line.find('{')), current);
    EXPECT_TRUE(series.insert(line.substr(0, line.rfind(' '))).second) << line;
  }
  EXPECT_GT(series.size(), 40u);
  EXPECT_EQ(render_metrics({}), "");
}

TEST(Metrics, ANameCannotEndItsLabel) {
  InterfaceStatus status = sample_status();
  status.bonds.front().uplinks.front().name = "a\"b\\c\nd";
  EXPECT_THAT(render_metrics({status}), HasSubstr("uplink=\"a\\\"b\\\\c\\nd\"}"));
}

TEST(Metrics, NameNoEndpoint) {
  InterfaceStatus status = sample_status();
  status.bonds.front().uplinks.front().endpoint = "192.0.2.77:51820";
  EXPECT_THAT(render_metrics({status}), Not(HasSubstr("192.0.2.77")));
}

// A panel of a metric that is not there would just stay empty.
TEST(Metrics, TheDashboardAsksForWhatThereIs) {
  InterfaceStatus status = sample_status();
  status.bonds.front().uplinks.front().quota.emplace();
  const std::string text = render_metrics({status});
  std::ostringstream dashboard;
  dashboard << std::ifstream(WIREBRAID_SOURCE_DIR "/docs/examples/grafana-dashboard.json").rdbuf();
  const std::string all = dashboard.str();
  EXPECT_TRUE(nlohmann::json::accept(all));
  size_t asked = 0;
  for (const char* family : {"wirebraid_", "wireguard_"}) {
    for (size_t at = all.find(family); at != std::string::npos; at = all.find(family, at + 1)) {
      const size_t end = all.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", at);
      const std::string name = all.substr(at, end - at);
      EXPECT_THAT(text, HasSubstr("# TYPE " + name + " "));
      ++asked;
    }
  }
  EXPECT_GT(asked, 10u);
}

}  // namespace
}  // namespace wirebraid::control
