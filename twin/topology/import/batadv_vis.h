// What batadv-vis(8) tells, whichever of its forms it comes in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "twin/topology/import/draft.h"

namespace wirebraid::topology {

/// Gathers statements, which may come in any order; finish() puts them together. MAC addresses are
/// compared without regard to case. Clients are no nodes: each is skipped by name.
class BatadvVis {
 public:
  explicit BatadvVis(ImportDraft& draft) : draft_(draft) {}

  void add_primary(std::string_view mac);
  /// Another interface of the node `primary`.
  void add_secondary(std::string_view mac, std::string_view primary);
  /// `router` sees `neighbour`; `metric` is 255 / TQ as a text, e.g. "1.016".
  void add_neighbour(std::string_view router, std::string_view neighbour, std::string_view metric,
                     size_t line);
  void add_client(std::string_view router, std::string_view client, size_t line);
  size_t statements() const { return statements_; }
  void finish();

 private:
  struct Edge {
    std::string router;
    std::string neighbour;
    std::string metric;
    size_t line = 0;
  };

  ImportDraft& draft_;
  size_t statements_ = 0;
  std::vector<std::string> primaries_;
  std::vector<Edge> edges_;
};

/// Six pairs of hexadecimal digits, separated by colons.
bool is_mac(std::string_view text);

}  // namespace wirebraid::topology
