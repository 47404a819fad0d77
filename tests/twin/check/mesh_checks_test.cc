// Each check passes on a good mesh, and says what is wrong when one thing is.
#include "twin/check/mesh_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/twin/check/good_village.h"

namespace wirebraid::check {
namespace {

using ::testing::HasSubstr;

/// "passed: MESSAGE"
std::string said(const Result& result) {
  return std::string(name_of(result.outcome)) + ": " + result.message;
}

TEST(MeshChecks, NothingFailsInAGoodMesh) {
  const Village village;
  const Results results = check_view(village.view());
  for (const Result& each : results) {
    EXPECT_NE(each.outcome, Outcome::failed) << each.check << " " << each.subject << each.message;
  }
  EXPECT_EQ(results.size(), 6U * 9);
  // Neighbours, routes and gateway of the server; uplinks of all but the gateway.
  EXPECT_EQ(count(results, Outcome::skipped), 3U + 5);
}

TEST(MeshChecks, OfANodeThatDoesNotAnswerOnlyThatAndItsLogAreChecked) {
  Village village;
  village.facts[kExit] = NodeFacts{};
  size_t about_it = 0;
  for (const Result& each : check_view(village.view())) about_it += each.subject == "exit" ? 1 : 0;
  EXPECT_EQ(about_it, 2U);
}

TEST(MeshChecks, Booted) {
  Village village;
  EXPECT_EQ(said(check_booted(village.view(), kGateway)),
            "passed: default 1.0, kernel 6.1.0-50-amd64");
  village.facts[kGateway].answered = false;
  village.facts[kGateway].state = node::NodeState::booting;
  EXPECT_EQ(said(check_booted(village.view(), kGateway)), "failed: it is booting");
  village.facts[kGateway].problem = "gw: QEMU ended\nqemu: no memory\n";
  const Result result = check_booted(village.view(), kGateway);
  EXPECT_EQ(said(result), "failed: gw: QEMU ended");
  EXPECT_THAT(result.evidence, HasSubstr("no memory"));
  EXPECT_EQ(result.subject, "gw");
  EXPECT_EQ(result.check, "booted");
}

TEST(MeshChecks, Log) {
  Village village;
  EXPECT_EQ(said(check_log(village.view(), kHouse)), "passed: no oops, no crash");
  village.facts[kHouse].alarms = {"[1.0] Oops: 0002", "[1.1] Call Trace:"};
  const Result result = check_log(village.view(), kHouse);
  EXPECT_EQ(said(result), "failed: its log has an alarm: [1.0] Oops: 0002");
  EXPECT_EQ(result.evidence, "[1.0] Oops: 0002\n[1.1] Call Trace:\n");
}

TEST(MeshChecks, Memory) {
  Village village;
  const Result good = check_memory(village.view(), kHouse);
  EXPECT_EQ(said(good), "passed: 50 of 100 MiB are available");
  EXPECT_EQ(good.figures.at("available_mib"), 50);
  village.facts[kHouse].memory_available_kib = kLeastMemoryKib;
  EXPECT_EQ(check_memory(village.view(), kHouse).outcome, Outcome::passed);
  village.facts[kHouse].memory_available_kib = kLeastMemoryKib - 1;
  EXPECT_EQ(said(check_memory(village.view(), kHouse)),
            "failed: only 5 of 100 MiB are available, and 6 are the least");
}

TEST(MeshChecks, Clock) {
  Village village;
  for (const int64_t right : {-kMostClockError, int64_t{0}, kMostClockError}) {
    village.facts[kHouse].clock_ahead_s = right;
    EXPECT_EQ(check_clock(village.view(), kHouse).outcome, Outcome::passed) << right;
  }
  village.facts[kHouse].clock_ahead_s = -6;
  EXPECT_EQ(said(check_clock(village.view(), kHouse)), "failed: wrong by -6 s");
}

TEST(MeshChecks, Interfaces) {
  const auto after = [](const auto& change) {
    Village village;
    change(village.facts[kTower2].interfaces);  // eth0 and eth1 to its neighbours, and bat0
    return said(check_interfaces(village.view(), kTower2));
  };
  EXPECT_EQ(after([](auto&) {}), "passed: all there, up, with their addresses");
  EXPECT_EQ(after([](auto& all) { all.erase(all.begin() + 1); }),
            "failed: eth1 (to house) is not there");
  EXPECT_EQ(after([](auto& all) { all[0].up = false; }), "failed: eth0 is down");
  EXPECT_EQ(after([](auto& all) { all[1].mac = "02:00:00:00:00:01"; }),
            "failed: eth1 has the MAC 02:00:00:00:00:01, not 02:77:00:03:00:01");
  EXPECT_EQ(after([](auto& all) { all[0].addresses = {"10.77.0.4/24"}; }),
            "failed: eth0 has not the address 10.77.0.4/32");
  EXPECT_EQ(after([](auto& all) { all.pop_back(); }), "failed: bat0 is not there");
  EXPECT_EQ(after([](auto& all) { all[0].up = all[1].up = false; }),
            "failed: eth0 is down, eth1 is down");
}

TEST(MeshChecks, InterfacesOfLines) {
  Village village;
  village.facts[kGateway].interfaces[1].addresses.clear();
  EXPECT_EQ(said(check_interfaces(village.view(), kGateway)),
            "failed: eth1 has not the address 198.18.0.1/30");
}

TEST(MeshChecks, NeighboursOfBabeld) {
  const auto after = [](const auto& change) {
    Village village;
    change(village.facts[kTower1].babel);
    return said(check_neighbours(village.view(), kTower1));
  };
  EXPECT_EQ(after([](auto&) {}), "passed: 3 as in the topology");
  EXPECT_EQ(after([](auto& all) { all.erase(all.begin()); }), "failed: babeld does not see gw");
  EXPECT_EQ(after([](auto& all) { all[1].cost = 65535; }), "failed: babeld does not see tower-2");
  EXPECT_EQ(after([](auto& all) {
              all.push_back({"fe80::1", "eth2", 256});
            }),
            "failed: babeld sees fe80::1, which is no neighbour");
  EXPECT_EQ(after([](auto& all) {
              all.push_back({"fe80::1", "eth2", 65535});
            }),
            "passed: 3 as in the topology");
  EXPECT_EQ(after([](auto& all) {
              all.push_back({"fe80::1", "bat0", 96});
            }),
            "passed: 3 as in the topology");
}

TEST(MeshChecks, NeighboursOfBatman) {
  Village village;
  EXPECT_EQ(said(check_neighbours(village.view(), kTower2)), "passed: 2 as in the topology");
  village.facts[kTower2].batman[0].last_seen_s = 25;
  EXPECT_EQ(said(check_neighbours(village.view(), kTower2)),
            "failed: batman-adv does not see house");
  village.facts[kTower2].batman[0].mac = "02:77:00:09:00:00";
  village.facts[kTower2].batman[0].last_seen_s = 0;
  const Result result = check_neighbours(village.view(), kTower2);
  EXPECT_EQ(said(result),
            "failed: batman-adv does not see house, batman-adv sees 02:77:00:09:00:00, which is "
            "no neighbour");
  EXPECT_EQ(result.evidence, village.facts[kTower2].raw);
  EXPECT_EQ(said(check_neighbours(village.view(), kCore)), "skipped: it has none");
}

TEST(MeshChecks, RoutesOfBabeld) {
  Village village;
  EXPECT_EQ(said(check_routes(village.view(), kTower1)), "passed: knows all 3 others");
  village.forget_route(kTower1, "10.77.0.5");
  EXPECT_EQ(said(check_routes(village.view(), kTower1)), "failed: no way to exit");
  village.forget_route(kTower1, "10.77.0.2");
  EXPECT_EQ(said(check_routes(village.view(), kTower1)), "failed: no way to gw, exit");
  EXPECT_EQ(said(check_routes(village.view(), kCore)), "skipped: there is no other node to know");
}

TEST(MeshChecks, RoutesOfBatman) {
  Village village;
  EXPECT_EQ(said(check_routes(village.view(), kTower2)), "passed: knows all 4 others");
  EXPECT_EQ(said(check_routes(village.view(), kHouse)), "passed: knows all 1 others");
  village.facts[kTower2].originators.clear();
  EXPECT_EQ(said(check_routes(village.view(), kTower2)), "failed: no way to house");
  EXPECT_EQ(said(check_routes(village.view(), kTower1)), "passed: knows all 3 others");
}

TEST(MeshChecks, Uplinks) {
  const auto after = [](const auto& change) {
    Village village;
    change(village.facts[kGateway].uplinks);
    return said(check_uplinks(village.view(), kGateway));
  };
  EXPECT_EQ(after([](auto&) {}), "passed: all 3 are usable");
  EXPECT_EQ(after([](auto& all) { all[0].state = "down"; }), "failed: dsl is down, not up");
  EXPECT_EQ(after([](auto& all) { all[2].state = "up"; }), "failed: neighbour is up, not exit");
  EXPECT_EQ(after([](auto& all) { all[1].unused_reason = "no answer"; }),
            "failed: lte is up, not up (no answer)");
  EXPECT_EQ(after([](auto& all) { all.erase(all.begin()); }),
            "failed: wirebraid says nothing of dsl");
  EXPECT_EQ(after([](auto& all) { all[2].interface = "wb0"; }),
            "failed: wirebraid says nothing of neighbour");
  const Village village;
  EXPECT_EQ(said(check_uplinks(village.view(), kHouse)), "skipped: it has none");
}

}  // namespace
}  // namespace wirebraid::check
