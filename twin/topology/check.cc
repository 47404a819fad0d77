#include "twin/topology/check.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "twin/topology/finding.h"

namespace wirebraid::topology {
namespace {

std::string at(const char* list, size_t index, const std::string& key = "") {
  return std::string("/") + list + "/" + std::to_string(index) + (key.empty() ? "" : "/" + key);
}

bool marked(const std::vector<bool>& marks, size_t index) {
  return index < marks.size() && marks[index];
}

class Checker {
 public:
  Checker(const Topology& topology, const Broken& broken) : topology_(topology), broken_(broken) {}

  std::vector<Problem> run() {
    check_node_ids();
    check_server_addresses();
    check_links();
    for (size_t i = 0; i < topology_.nodes.size(); ++i) {
      if (!marked(broken_.nodes, i)) check_uplinks(i);
    }
    return std::move(problems_);
  }

 private:
  void tell(std::string place, std::string message, std::string first = "") {
    problems_.push_back({std::move(place), std::move(message), std::move(first)});
  }

  // Ids that are missing are the reader's to tell.
  void check_node_ids() {
    for (size_t i = 0; i < topology_.nodes.size(); ++i) {
      const std::string& id = topology_.nodes[i].id;
      if (id.empty()) continue;
      const auto [first, inserted] = nodes_.emplace(id, i);
      if (inserted) continue;
      tell(at("nodes", i, "id"), in_quotes(id) + " is another node's id; every node needs its own",
           at("nodes", first->second, "id"));
    }
  }

  void check_server_addresses() {
    std::map<IpAddress, std::pair<size_t, size_t>> seen;
    for (size_t i = 0; i < topology_.nodes.size(); ++i) {
      const Node& node = topology_.nodes[i];
      if (node.role != Role::server || marked(broken_.nodes, i)) continue;
      for (size_t k = 0; k < node.addresses.size(); ++k) {
        const auto [first, inserted] = seen.emplace(node.addresses[k], std::pair(i, k));
        if (inserted || first->second.first == i) continue;
        tell(at("nodes", i, "addresses/" + std::to_string(k)),
             node.addresses[k].to_string() + " is another server's address; each needs its own",
             at("nodes", first->second.first, "addresses/" + std::to_string(first->second.second)));
      }
    }
  }

  void check_links() {
    std::map<std::pair<std::string, std::string>, size_t> unnamed;
    for (size_t i = 0; i < topology_.links.size(); ++i) {
      const Link& link = topology_.links[i];
      check_end(i, "a", link.a);
      check_end(i, "b", link.b);
      if (link.a.empty() || link.b.empty()) continue;  // the reader has told that
      if (link.a == link.b) {
        tell(at("links", i, "b"), "a link to itself; another node's id expected");
        continue;
      }
      const auto [first, inserted] = links_.emplace(link.id, i);
      if (!inserted) {
        tell_duplicate(i, first->second);
        continue;
      }
      if (link.id != default_link_id(link.a, link.b)) continue;
      const auto [alike, alone] = unnamed.emplace(std::minmax(link.a, link.b), i);
      if (!alone) tell_duplicate(i, alike->second);
    }
  }

  void tell_duplicate(size_t index, size_t first) {
    const Link& link = topology_.links[index];
    const Link& other = topology_.links[first];
    if (std::minmax(link.a, link.b) == std::minmax(other.a, other.b)) {
      tell(at("links", index),
           "there is a link between " + in_quotes(link.a) + " and " + in_quotes(link.b) +
               " already; if both exist, an id of its own expected",
           at("links", first));
    } else {
      tell(at("links", index, "id"),
           in_quotes(link.id) + " is another link's id; every link needs its own",
           at("links", first));
    }
  }

  void check_end(size_t index, const char* key, const std::string& node) {
    if (node.empty() || nodes_.count(node) != 0) return;
    tell(at("links", index, key),
         "there is no node " + in_quotes(node) + "; the id of one expected");
  }

  void check_uplinks(size_t index) {
    const Node& node = topology_.nodes[index];
    if (!node.uplinks.empty() && node.role != Role::gateway) {
      tell(at("nodes", index, "uplinks"), "only gateways have uplinks, and this is a " +
                                              std::string(name_of(node.role)) +
                                              "; role gateway or no uplinks expected");
      return;
    }
    std::map<std::string, size_t> names;
    std::map<std::string, size_t> links;
    std::map<std::string, size_t> exits;
    for (size_t k = 0; k < node.uplinks.size(); ++k) {
      const Uplink& uplink = node.uplinks[k];
      const std::string place = at("nodes", index, "uplinks/" + std::to_string(k));
      tell_repeated(names, uplink.name, k, place + "/name", "name");
      if (!uplink.exit.empty()) {
        if (!tell_repeated(exits, uplink.exit, k, place + "/exit", "exit")) {
          check_exit(node, uplink, place + "/exit");
        }
      } else if (!tell_repeated(links, uplink.link, k, place + "/link", "link")) {
        check_uplink_link(node, uplink, place + "/link");
      }
    }
  }

  void check_exit(const Node& node, const Uplink& uplink, const std::string& place) {
    if (nodes_.count(uplink.exit) == 0) {
      tell(place, "there is no node " + in_quotes(uplink.exit) + "; the id of one expected");
    } else if (uplink.exit == node.id) {
      tell(place, "a gateway is no exit for itself; another node's id expected");
    } else if (std::none_of(topology_.links.begin(), topology_.links.end(), [&](const Link& link) {
                 return link.kind == LinkKind::wan &&
                        (link.a == uplink.exit || link.b == uplink.exit);
               })) {
      tell(place, "node " + in_quotes(uplink.exit) + " has no wan link; an exit needs one");
    }
  }

  bool tell_repeated(std::map<std::string, size_t>& seen, const std::string& text, size_t k,
                     const std::string& place, const std::string& key) {
    const auto [first, inserted] = seen.emplace(text, k);
    if (inserted) return false;
    const std::string list = place.substr(0, place.rfind('/', place.rfind('/') - 1));
    tell(place, "another uplink of this node has the " + key + " " + in_quotes(text),
         list + "/" + std::to_string(first->second) + "/" + key);
    return true;
  }

  void check_uplink_link(const Node& node, const Uplink& uplink, const std::string& place) {
    const auto found = links_.find(uplink.link);
    if (found == links_.end()) {
      tell(place, "there is no link " + in_quotes(uplink.link) + "; the id of a wan link expected");
      return;
    }
    const Link& link = topology_.links[found->second];
    if (marked(broken_.links, found->second)) return;
    if (link.kind != LinkKind::wan) {
      tell(place, "link " + in_quotes(uplink.link) + " is of kind " +
                      std::string(name_of(link.kind)) + "; an uplink needs a wan link");
    } else if (link.a != node.id && link.b != node.id) {
      tell(place, "link " + in_quotes(uplink.link) + " does not end at this node; one that does " +
                      "expected");
    }
  }

  const Topology& topology_;
  const Broken& broken_;
  std::unordered_map<std::string, size_t> nodes_;
  std::unordered_map<std::string, size_t> links_;
  std::vector<Problem> problems_;
};

}  // namespace

std::vector<Problem> check_topology(const Topology& topology, const Broken& broken) {
  return Checker(topology, broken).run();
}

}  // namespace wirebraid::topology
