// What importers gather: nodes by the names they have in the file, and views of links. A link may
// be seen from both ends, or by several tables; its views are merged into one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "twin/topology/json_document.h"
#include "twin/topology/topology.h"

namespace wirebraid::topology {

/// An entry of the file that did not become part of the topology.
struct Skipped {
  size_t line = 0;     ///< 0: not known
  std::string entry;   ///< "link node-1 to node-2"
  std::string reason;  ///< "there is no node \"node-2\" in the file"
};

struct Imported {
  Topology topology;
  std::vector<Skipped> skipped;
  std::vector<std::string> notes;  ///< what was taken for granted, each with a count
};

/// What a view's qualities are; see quality.h.
enum class Measure : uint8_t { delivery, tq };

/// One end's, or one table's, word on a link.
struct LinkView {
  std::string from;  ///< as the node is called in the file
  std::string to;
  LinkKind kind = LinkKind::radio;
  double band_ghz = 0;          ///< 0: not known
  std::optional<double> forth;  ///< 0 to 1, from -> to
  std::optional<double> back;   ///< 0 to 1, to -> from
  Measure measure = Measure::delivery;
  size_t line = 0;
  bool separate = false;  ///< a link of its own, even if there is one between the two already
};

class ImportDraft {
 public:
  /// `node.id` is what the file calls it; texts and id are made to fit. Skipped if there is one
  /// of that id already, or if the id is empty.
  void add_node(Node node, size_t line);
  /// If there is none of that id yet.
  void ensure_node(const std::string& id);
  /// `alias` is another name of the node `id`, which may come later.
  void add_alias(const std::string& alias, const std::string& id);
  bool has_node(const std::string& id) const;
  /// By the name in the file or an alias; nullptr if there is none.
  Node* node(const std::string& id);

  /// Skipped if a node is unknown, or if it is a link to itself.
  void add_view(const LinkView& view);
  bool has_link(const std::string& from, const std::string& to) const;

  void skip(size_t line, std::string entry, std::string reason);
  /// The same remark is given once, with the number of things it is about: "2 links: TEXT".
  void note(const std::string& thing, const std::string& text) { ++notes_[{thing, text}]; }
  void set_name(std::string name) { name_ = std::move(name); }
  /// Routing daemon of all nodes.
  void set_routing(std::string daemon) { routing_ = std::move(daemon); }

  Imported finish();

 private:
  struct Mean {
    double sum = 0;
    size_t count = 0;
    void add(const std::optional<double>& value);
    std::optional<double> value() const;
  };
  struct LinkDraft {
    size_t a = 0;
    size_t b = 0;
    LinkKind kind = LinkKind::radio;
    double band_ghz = 0;
    Measure measure = Measure::delivery;
    Mean a_to_b;
    Mean b_to_a;
  };
  using Pair = std::pair<size_t, size_t>;

  std::optional<size_t> index_of(const std::string& id) const;
  void give_ids();
  Link finish_link(const LinkDraft& draft);
  Direction shape(const LinkDraft& draft, double delivery);

  std::string name_;
  std::string routing_;
  std::vector<Node> nodes_;
  std::unordered_map<std::string, size_t> index_;
  std::unordered_map<std::string, std::string> aliases_;
  std::vector<LinkDraft> links_;
  std::map<Pair, size_t> link_index_;
  std::vector<Skipped> skipped_;
  std::map<std::pair<std::string, std::string>, size_t> notes_;
};

/// What several formats have. Addresses that are none are skipped by name.
void read_addresses(const JsonValue* list, Node& node, ImportDraft& draft);
/// None if it is not there or not on the globe.
std::optional<Location> read_location(const JsonValue* latitude, const JsonValue* longitude);
/// The text without control characters and not longer than a topology may have it.
std::string fitting_text(std::string_view text);
/// "link A to B"
std::string link_entry(const std::string& from, const std::string& to);

}  // namespace wirebraid::topology
