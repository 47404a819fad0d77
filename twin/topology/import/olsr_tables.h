// The tables of OLSRd that make a topology, whichever plugin told them.
#pragma once

#include <optional>
#include <string>

#include "twin/topology/import/draft.h"

namespace wirebraid::topology {

/// A row of the table Topology: `last_hop` has announced that it reaches `destination`. LQ is what
/// it receives from there, NLQ what it gets across.
struct OlsrEdge {
  std::string last_hop;
  std::string destination;
  std::optional<double> lq;
  std::optional<double> nlq;
  std::optional<double> etx;  ///< used if LQ and NLQ are not there
  size_t line = 0;
};

/// Rows may come in any order; finish() puts them together.
class OlsrTables {
 public:
  explicit OlsrTables(ImportDraft& draft) : draft_(draft) {}

  void add_topology(OlsrEdge edge) { topology_.push_back(std::move(edge)); }
  /// The asked router's own links. They are in its neighbours' announcements as well; one that is
  /// not in the table Topology is skipped.
  void add_own_link(OlsrEdge edge) { own_links_.push_back(std::move(edge)); }
  /// The asked router's neighbours: likewise.
  void add_neighbour(std::string address, size_t line);
  /// MID: `alias` is another address of `main`.
  void add_alias(std::string alias, std::string main);
  /// HNA: `gateway` announces a network; 0.0.0.0/0 or ::/0 makes it a gateway.
  void add_network(std::string gateway, const std::string& destination, int prefix_length,
                   size_t line);
  void finish();

 private:
  void add_view(const OlsrEdge& edge);
  struct Row {
    std::string address;
    size_t line = 0;
  };

  ImportDraft& draft_;
  std::vector<OlsrEdge> topology_;
  std::vector<OlsrEdge> own_links_;
  std::vector<Row> neighbours_;
  std::vector<Row> gateways_;
  std::vector<std::pair<std::string, std::string>> aliases_;
};

}  // namespace wirebraid::topology
