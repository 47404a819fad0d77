#include "twin/topology/import/draft.h"

#include <algorithm>
#include <unordered_set>

#include "twin/topology/finding.h"
#include "twin/topology/quality.h"

namespace wirebraid::topology {
namespace {

/// What the air gives away wins: a mesh router's cable often only leads to its antenna.
int rank_of(LinkKind kind) { return kind == LinkKind::radio ? 2 : kind == LinkKind::wan ? 1 : 0; }

std::string fitting_id(std::string_view text) {
  std::string id;
  for (const char c : text.substr(0, kLongestNodeId)) {
    id += is_node_id(std::string("x") + c) ? c : '_';
  }
  if (!is_node_id(id)) id.front() = '_';
  return id;
}

/// Makes ids that do not collide once they fit.
class UniqueIds {
 public:
  std::string make(std::string id) {
    const std::string wanted = id.substr(0, kLongestNodeId - 8);  // room for a number
    while (!taken_.insert(id).second) {
      id = wanted + "_" + std::to_string(++last_.try_emplace(wanted, 1).first->second);
    }
    return id;
  }

 private:
  std::unordered_set<std::string> taken_;
  std::unordered_map<std::string, size_t> last_;  // so that many alike do not try all numbers
};

}  // namespace

void ImportDraft::Mean::add(const std::optional<double>& value) {
  if (!value) return;
  sum += *value;
  ++count;
}

std::optional<double> ImportDraft::Mean::value() const {
  if (count == 0) return std::nullopt;
  return sum / static_cast<double>(count);
}

void ImportDraft::add_node(Node node, size_t line) {
  if (node.id.empty()) {
    skip(line, "node", "it has no id");
    return;
  }
  const auto [first, inserted] = index_.emplace(node.id, nodes_.size());
  if (!inserted) {
    skip(line, "node " + in_quotes(node.id), "there is one of that id already");
    return;
  }
  node.name = fitting_text(node.name);
  node.village = fitting_text(node.village);
  node.model = fitting_text(node.model);
  node.firmware = fitting_text(node.firmware);
  nodes_.push_back(std::move(node));
}

void ImportDraft::ensure_node(const std::string& id) {
  if (has_node(id)) return;
  Node node;
  node.id = id;
  add_node(std::move(node), 0);
}

void ImportDraft::add_alias(const std::string& alias, const std::string& id) {
  if (!alias.empty() && alias != id) aliases_.emplace(alias, id);
}

std::optional<size_t> ImportDraft::index_of(const std::string& id) const {
  const auto found = index_.find(id);
  if (found != index_.end()) return found->second;
  const auto alias = aliases_.find(id);
  if (alias == aliases_.end()) return std::nullopt;
  const auto main = index_.find(alias->second);
  return main == index_.end() ? std::nullopt : std::optional(main->second);
}

bool ImportDraft::has_node(const std::string& id) const { return index_of(id).has_value(); }

Node* ImportDraft::node(const std::string& id) {
  const auto index = index_of(id);
  return index ? &nodes_[*index] : nullptr;
}

void ImportDraft::add_view(const LinkView& view) {
  const auto from = index_of(view.from);
  const auto to = index_of(view.to);
  if (!from || !to) {
    skip(view.line, link_entry(view.from, view.to),
         "there is no node " + in_quotes(from ? view.to : view.from) + " in the file");
    return;
  }
  if (*from == *to) {
    skip(view.line, link_entry(view.from, view.to), "a link to itself");
    return;
  }
  const auto [found, inserted] = link_index_.emplace(std::minmax(*from, *to), links_.size());
  if (inserted || view.separate) {
    links_.push_back({*from, *to, view.kind, view.band_ghz, view.measure, {}, {}});
  }
  LinkDraft& link = view.separate ? links_.back() : links_[found->second];
  const bool turned = link.a != *from;
  (turned ? link.b_to_a : link.a_to_b).add(view.forth);
  (turned ? link.a_to_b : link.b_to_a).add(view.back);
  if (rank_of(view.kind) > rank_of(link.kind)) link.kind = view.kind;
  if (link.band_ghz == 0) link.band_ghz = view.band_ghz;
}

bool ImportDraft::has_link(const std::string& from, const std::string& to) const {
  const auto a = index_of(from);
  const auto b = index_of(to);
  return a && b && link_index_.count(std::minmax(*a, *b)) != 0;
}

void ImportDraft::skip(size_t line, std::string entry, std::string reason) {
  skipped_.push_back({line, std::move(entry), std::move(reason)});
}

void ImportDraft::give_ids() {
  UniqueIds ids;
  for (Node& node : nodes_) {
    std::string id = ids.make(fitting_id(node.id));
    if (node.name.empty()) node.name = fitting_text(node.id);
    if (node.name == id) node.name.clear();
    node.id = std::move(id);
    if (!routing_.empty()) node.routing = {routing_};
  }
}

Direction ImportDraft::shape(const LinkDraft& draft, double delivery) {
  bool capped = false;
  const Direction direction =
      shaped(nominal_direction(draft.kind, draft.band_ghz), draft.kind, delivery, &capped);
  if (capped) note("direction", "a loss above 0.9, so 0.9 is taken");
  return direction;
}

Link ImportDraft::finish_link(const LinkDraft& draft) {
  const auto forth = draft.a_to_b.value();
  const auto back = draft.b_to_a.value();
  if (!forth && !back) note("link", "of unknown quality, so without loss");
  if (forth.has_value() != back.has_value()) {
    note("link", "quality known in one direction only, so the other is the same");
  }
  Delivery delivery{forth.value_or(back.value_or(1)), back.value_or(forth.value_or(1))};
  if (draft.measure == Measure::tq) delivery = delivery_of_tq(delivery.a_to_b, delivery.b_to_a);

  Link link;
  link.a = nodes_[draft.a].id;
  link.b = nodes_[draft.b].id;
  link.kind = draft.kind;
  link.band_ghz = draft.kind == LinkKind::radio ? draft.band_ghz : 0;
  link.a_to_b = shape(draft, delivery.a_to_b);
  link.b_to_a = shape(draft, delivery.b_to_a);
  return link;
}

Imported ImportDraft::finish() {
  give_ids();
  Imported imported;
  imported.topology.name = fitting_text(name_);
  std::map<Pair, size_t> parallel;
  for (const LinkDraft& draft : links_) {
    Link link = finish_link(draft);
    link.id = default_link_id(link.a, link.b);
    const size_t number = ++parallel[std::minmax(draft.a, draft.b)];
    if (number > 1) link.id += "#" + std::to_string(number);
    imported.topology.links.push_back(std::move(link));
  }
  imported.topology.nodes = std::move(nodes_);
  imported.skipped = std::move(skipped_);
  for (const auto& [remark, count] : notes_) {
    imported.notes.push_back(counted(count, remark.first) + ": " + remark.second);
  }
  return imported;
}

void read_addresses(const JsonValue* list, Node& node, ImportDraft& draft) {
  for (const JsonValue& item : items_of(list)) {
    const std::string text = text_of(&item);
    const auto address = IpAddress::parse(text);
    const std::string entry = "address " + in_quotes(text) + " of " + in_quotes(node.id);
    if (!address) {
      draft.skip(item.line, entry, "it is neither IPv4 nor IPv6");
    } else if (std::find(node.addresses.begin(), node.addresses.end(), *address) !=
               node.addresses.end()) {
      draft.skip(item.line, entry, "it is given twice");
    } else {
      node.addresses.push_back(*address);
    }
  }
}

std::optional<Location> read_location(const JsonValue* latitude, const JsonValue* longitude) {
  const auto north = number_of(latitude);
  const auto east = number_of(longitude);
  if (!north || !east || *north < -90 || *north > 90 || *east < -180 || *east > 180) {
    return std::nullopt;
  }
  return Location{*north, *east};
}

std::string fitting_text(std::string_view text) {
  std::string fitting;
  size_t characters = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0) != 0x80 && ++characters > kLongestText) break;
    fitting += byte < 0x20 || byte == 0x7f ? ' ' : c;
  }
  return fitting;
}

std::string link_entry(const std::string& from, const std::string& to) {
  return "link " + in_quotes(from) + " to " + in_quotes(to);
}

}  // namespace wirebraid::topology
