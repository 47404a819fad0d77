#include "twin/topology/import/olsr_tables.h"

#include <unordered_map>

#include "twin/topology/finding.h"
#include "twin/topology/quality.h"

namespace wirebraid::topology {

void OlsrTables::add_neighbour(std::string address, size_t line) {
  neighbours_.push_back({std::move(address), line});
}

void OlsrTables::add_alias(std::string alias, std::string main) {
  aliases_.emplace_back(std::move(alias), std::move(main));
}

void OlsrTables::add_network(std::string gateway, const std::string& destination, int prefix_length,
                             size_t line) {
  const bool everything = destination == "0.0.0.0" || destination == "::";
  if (everything && prefix_length == 0) gateways_.push_back({std::move(gateway), line});
}

void OlsrTables::add_view(const OlsrEdge& edge) {
  LinkView view;
  view.from = edge.last_hop;
  view.to = edge.destination;
  view.line = edge.line;
  if (edge.lq && edge.nlq) {
    const Delivery delivery = delivery_of_lq(*edge.lq, *edge.nlq);
    view.forth = delivery.a_to_b;
    view.back = delivery.b_to_a;
  } else if (edge.etx) {
    const Delivery delivery = delivery_of_etx(*edge.etx);
    view.forth = delivery.a_to_b;
    view.back = delivery.b_to_a;
  }
  draft_.add_view(view);
}

void OlsrTables::finish() {
  draft_.set_routing("olsrd");
  std::unordered_map<std::string, std::string> main_of;
  for (const auto& [alias, main] : aliases_) {
    main_of.emplace(alias, main);
    draft_.add_alias(alias, main);
  }
  const auto ensure = [&](const std::string& address) {
    const auto main = main_of.find(address);
    const std::string& id = main == main_of.end() ? address : main->second;
    draft_.ensure_node(id);
    const auto parsed = IpAddress::parse(id);
    Node* node = draft_.node(id);
    if (parsed && node != nullptr) node->addresses = {*parsed};
  };
  for (const OlsrEdge& edge : topology_) {
    if (edge.last_hop.empty() || edge.destination.empty()) continue;  // add_view() names it
    ensure(edge.last_hop);
    ensure(edge.destination);
  }
  for (const OlsrEdge& edge : topology_) add_view(edge);
  for (const OlsrEdge& edge : own_links_) {
    if (draft_.has_link(edge.last_hop, edge.destination)) {
      add_view(edge);
    } else {
      draft_.skip(edge.line, "own " + link_entry(edge.last_hop, edge.destination),
                  "the table Topology does not have it");
    }
  }
  for (const Row& row : neighbours_) {
    if (draft_.has_node(row.address)) continue;
    draft_.skip(row.line, "neighbour " + in_quotes(row.address),
                "the table Topology does not have it");
  }
  for (const Row& row : gateways_) {
    if (Node* node = draft_.node(row.address)) {
      node->role = Role::gateway;
    } else {
      draft_.skip(row.line, "gateway " + in_quotes(row.address),
                  "the table Topology does not have it");
    }
  }
}

}  // namespace wirebraid::topology
