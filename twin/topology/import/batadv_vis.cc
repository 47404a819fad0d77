#include "twin/topology/import/batadv_vis.h"

#include <algorithm>
#include <cctype>

#include "twin/topology/finding.h"
#include "twin/topology/quality.h"

namespace wirebraid::topology {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

}  // namespace

void BatadvVis::add_primary(std::string_view mac) {
  ++statements_;
  primaries_.push_back(lower(mac));
}

void BatadvVis::add_secondary(std::string_view mac, std::string_view primary) {
  ++statements_;
  draft_.add_alias(lower(mac), lower(primary));
}

void BatadvVis::add_neighbour(std::string_view router, std::string_view neighbour,
                              std::string_view metric, size_t line) {
  ++statements_;
  edges_.push_back({lower(router), lower(neighbour), std::string(metric), line});
}

void BatadvVis::add_client(std::string_view router, std::string_view client, size_t line) {
  ++statements_;
  draft_.skip(line, "client " + in_quotes(client) + " of " + in_quotes(router),
              "clients are no nodes");
}

void BatadvVis::finish() {
  draft_.set_routing("batman-adv");
  for (const std::string& primary : primaries_) draft_.ensure_node(primary);
  // A router that does not run batadv-vis itself is known by its neighbours only.
  for (const Edge& edge : edges_) {
    if (!edge.router.empty()) draft_.ensure_node(edge.router);
    if (!edge.neighbour.empty()) draft_.ensure_node(edge.neighbour);
  }
  for (const Edge& edge : edges_) {
    LinkView view;
    view.from = edge.router;
    view.to = edge.neighbour;
    view.line = edge.line;
    view.measure = Measure::tq;
    if (const auto metric = parse_number(edge.metric)) view.forth = quality_of(*metric);
    draft_.add_view(view);
  }
}

bool is_mac(std::string_view text) {
  constexpr size_t kLength = 17;
  if (text.size() != kLength) return false;
  for (size_t i = 0; i < kLength; ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (i % 3 == 2 ? c != ':' : std::isxdigit(c) == 0) return false;
  }
  return true;
}

}  // namespace wirebraid::topology
