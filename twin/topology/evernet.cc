#include "twin/topology/evernet.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "twin/topology/quality.h"
#include "twin/topology/random.h"

namespace wirebraid::topology {
namespace {

constexpr size_t kTowers = 3;  // backbone nodes of a village

/// On the ground, km east and north of the valley's middle.
struct Spot {
  double east = 0;
  double north = 0;
};

// Around an oval; constants, since sin() differs between libraries in its last bit.
constexpr std::array<Spot, 10> kOval{{{0, 2},
                                      {1.7, 1.6},
                                      {2.9, 0.6},
                                      {2.9, -0.6},
                                      {1.7, -1.6},
                                      {0, -2},
                                      {-1.7, -1.6},
                                      {-2.9, -0.6},
                                      {-2.9, 0.6},
                                      {-1.7, 1.6}}};
constexpr std::array<const char*, 5> kVillageNames{"Ahornbach", "Birkenau", "Eschental",
                                                   "Lindenfeld", "Weidenhof"};
constexpr std::array<Spot, kTowers> kTowerSpots{{{0, 0.2}, {0.25, -0.15}, {-0.25, -0.15}}};

struct UplinkKind {
  const char* name;
  Direction down;  // server to gateway
  Direction up;
};
constexpr std::array<UplinkKind, 4> kUplinkKinds{{{"dsl", {50, 12, 1, 0.0005}, {10, 12, 1, 0.0005}},
                                                  {"lte", {40, 28, 12, 0.004}, {12, 28, 12, 0.004}},
                                                  {"sat", {120, 22, 8, 0.008}, {15, 22, 8, 0.008}},
                                                  {"fibre", {200, 5, 0.5, 0}, {100, 5, 0.5, 0}}}};

constexpr std::array<const char*, 4> kHouseholdModels{"TP-Link Archer C7 v5", "AVM FRITZ!Box 4040",
                                                      "GL.iNet GL-MT300N v2", "Cudy WR1300"};

/// To 1 / `per_unit`. A division, so that the result prints short.
double rounded(double value, double per_unit) { return std::round(value * per_unit) / per_unit; }

double distance_km(const Spot& a, const Spot& b) {
  const double east = a.east - b.east;
  const double north = a.north - b.north;
  return std::sqrt(east * east + north * north);
}

Location location_of(const Spot& spot) {
  constexpr double kLatitude = 51.2;
  constexpr double kLongitude = 14.6;
  constexpr double kKmPerDegree = 111.2;
  constexpr double kKmPerDegreeEast = 69.7;  // at that latitude
  return {rounded(kLatitude + spot.north / kKmPerDegree, 1e5),
          rounded(kLongitude + spot.east / kKmPerDegreeEast, 1e5)};
}

class Builder {
 public:
  explicit Builder(const EvernetOptions& options) : options_(options), random_(options.seed) {}

  Topology run() {
    topology_.name = "Evernet, seed " + std::to_string(options_.seed);
    add_server();
    for (size_t village = 0; village < options_.villages; ++village) add_village(village);
    join_villages();
    for (size_t village = 0; village < options_.villages; ++village) add_gateways(village);
    add_households();
    return std::move(topology_);
  }

 private:
  static std::string village_name(size_t village) {
    if (village < kVillageNames.size()) return kVillageNames[village];
    return "Village " + std::to_string(village + 1);
  }
  static std::string id_of(size_t village, const std::string& what, size_t number) {
    return "v" + std::to_string(village + 1) + "-" + what + std::to_string(number + 1);
  }

  Node& add_node(std::string id, Role role, size_t village, const Spot& spot) {
    Node node;
    node.id = std::move(id);
    node.role = role;
    node.village = village_name(village);
    node.routing = {"babeld", "batman-adv"};
    node.location = location_of(spot);
    spots_.push_back(spot);
    topology_.nodes.push_back(std::move(node));
    return topology_.nodes.back();
  }

  void add_link(size_t a, size_t b, LinkKind kind, double band_ghz, const Direction& forth,
                const Direction& back) {
    Link link;
    link.a = topology_.nodes[a].id;
    link.b = topology_.nodes[b].id;
    link.id = default_link_id(link.a, link.b);
    link.kind = kind;
    link.band_ghz = band_ghz;
    link.a_to_b = forth;
    link.b_to_a = back;
    topology_.links.push_back(std::move(link));
  }

  /// A radio link whose probes arrive with a probability between `least` and 1.
  void add_radio(size_t a, size_t b, double band_ghz, double least) {
    Direction nominal = nominal_direction(LinkKind::radio, band_ghz);
    nominal.delay_ms = rounded(nominal.delay_ms + random_.between(0, 0.5), 10);
    const double p = random_.between(least, 1);
    const double skew = random_.between(0.97, 1);
    add_link(a, b, LinkKind::radio, band_ghz, shaped(nominal, LinkKind::radio, p),
             shaped(nominal, LinkKind::radio, p * skew));
  }

  void add_server() {
    Node server;
    server.id = "server";
    server.name = "aggregation server";
    server.role = Role::server;
    server.model = "virtual machine";
    server.addresses = {*IpAddress::parse("198.51.100.1"), *IpAddress::parse("2001:db8:51::1")};
    spots_.emplace_back();
    topology_.nodes.push_back(std::move(server));
  }

  void add_village(size_t village) {
    const size_t step = std::max<size_t>(kOval.size() / options_.villages, 1);
    Spot centre = kOval[village * step % kOval.size()];
    // A second round of villages lies further out.
    if (village * step >= kOval.size()) centre = {centre.east * 1.8, centre.north * 1.8};
    centres_.push_back(centre);
    towers_.push_back(topology_.nodes.size());
    for (size_t i = 0; i < kTowers; ++i) {
      const Spot spot{centre.east + kTowerSpots[i].east + random_.between(-0.05, 0.05),
                      centre.north + kTowerSpots[i].north + random_.between(-0.05, 0.05)};
      add_node(id_of(village, "bb", i), Role::backbone, village, spot).model =
          "MikroTik wAP 60G with hAP ac2";
    }
    const size_t first = towers_.back();
    for (size_t i = 0; i < kTowers; ++i) {
      add_radio(first + std::min(i, (i + 1) % kTowers), first + std::max(i, (i + 1) % kTowers), 60,
                0.97);
    }
  }

  void join(size_t a, size_t b) {
    const bool far = distance_km(spots_[a], spots_[b]) > 3;
    add_radio(a, b, far ? 5 : 24, far ? 0.75 : 0.9);
  }

  /// Two links at least to every village, so that any one may fail.
  void join_villages() {
    const size_t villages = options_.villages;
    if (villages == 1) return;
    for (size_t i = 0; i + 1 < villages; ++i) join(towers_[i] + 1, towers_[i + 1] + 2);
    join(towers_[villages - 1] + (villages > 2 ? 1 : 0), towers_[0] + (villages > 2 ? 2 : 0));
    if (villages > 3) add_radio(towers_[0], towers_[villages / 2], 5, 0.6);
  }

  void add_gateways(size_t village) {
    for (size_t i = 0; i < 1 + (village + 1) % 2; ++i) {
      const size_t tower = towers_[village] + i;
      const size_t gateway = topology_.nodes.size();
      add_node(id_of(village, "gw", i), Role::gateway, village, spots_[tower]).model =
          "PC Engines APU2";
      const Direction cable = nominal_direction(LinkKind::ethernet, 0);
      add_link(gateway, tower, LinkKind::ethernet, 0, cable, cable);
      add_uplinks(gateway, 2 + random_.below(2));
    }
  }

  void add_uplinks(size_t gateway, size_t count) {
    const size_t first = random_.below(kUplinkKinds.size());
    for (size_t i = 0; i < count; ++i) {
      const UplinkKind& kind = kUplinkKinds[(first + i) % kUplinkKinds.size()];
      // Lines differ from house to house.
      const double factor = random_.between(0.6, 1.1);
      Direction up = kind.up;
      Direction down = kind.down;
      up.rate_mbit = rounded(up.rate_mbit * factor, 10);
      down.rate_mbit = rounded(down.rate_mbit * factor, 10);
      add_link(gateway, 0, LinkKind::wan, 0, up, down);
      Node& node = topology_.nodes[gateway];
      topology_.links.back().id = node.id + "-" + kind.name;
      node.uplinks.push_back({kind.name, topology_.links.back().id});
    }
  }

  /// Villages differ in size: each has one household, the rest goes where chance has it.
  std::vector<size_t> households_by_village() {
    std::vector<size_t> counts(options_.villages, 1);
    const size_t rest = options_.households - std::min(options_.households, options_.villages);
    const size_t even = rest / 2 / options_.villages;
    for (size_t& count : counts) count += even;
    for (size_t i = even * options_.villages; i < rest; ++i) {
      ++counts[random_.below(options_.villages)];
    }
    return counts;
  }

  void add_households() {
    const std::vector<size_t> counts = households_by_village();
    for (size_t village = 0; village < counts.size(); ++village) {
      const size_t first = topology_.nodes.size();
      for (size_t i = 0; i < counts[village]; ++i) add_household(village, first, i);
    }
  }

  void add_household(size_t village, size_t first, size_t number) {
    const Spot& centre = centres_[village];
    const size_t self = topology_.nodes.size();
    Node& node = add_node(
        id_of(village, "hh", number), Role::household, village,
        {centre.east + random_.between(-0.5, 0.5), centre.north + random_.between(-0.5, 0.5)});
    node.model = kHouseholdModels[random_.below(kHouseholdModels.size())];
    node.routing = {"babeld"};
    const size_t tower = towers_[village] + random_.below(kTowers);
    const bool through_neighbour = number > 2 && random_.chance(0.3);
    if (!through_neighbour) {
      add_radio(self, tower, 5, 0.7);
      if (number == 0 || !random_.chance(0.4)) return;
    } else {
      add_radio(self, first + random_.below(number / 2), random_.chance(0.5) ? 2.4 : 5, 0.5);
      if (!random_.chance(0.4)) return;
    }
    // The second half of those before it, so that it is never the same link again.
    add_radio(self, first + number / 2 + random_.below(number - number / 2), 2.4, 0.4);
  }

  const EvernetOptions& options_;
  Random random_;
  Topology topology_;
  std::vector<Spot> spots_;  // of the nodes, by index
  std::vector<Spot> centres_;
  std::vector<size_t> towers_;  // first backbone node of each village
};

}  // namespace

Topology make_evernet(const EvernetOptions& options) { return Builder(options).run(); }

}  // namespace wirebraid::topology
