#include "twin/validate/report/map_picture.h"

#include "twin/validate/report/map_labels.h"
#include "twin/validate/report/map_layout.h"
#include "twin/validate/report/map_symbols.h"
#include "twin/validate/report/wording.h"

namespace wirebraid::validate {
namespace {

using topology::Topology;

/// What comes up when a node or link is pointed at.
std::string tip_of(const std::string& what, const Mark& mark) {
  std::string tip = what + "\n";
  if (mark.sums.all() == 0) return tip + "nothing was checked";
  tip += std::to_string(mark.sums.passed) + " passed, " + std::to_string(mark.sums.failed) +
         " failed, " + std::to_string(mark.sums.skipped) + " skipped";
  for (const std::string& failure : mark.failures) tip += "\n✗ " + failure;
  if (mark.sums.failed > mark.failures.size()) tip += "\n…";
  return tip;
}

std::string described(const topology::Node& node) {
  std::string text = node.id;
  if (!node.name.empty() && node.name != node.id) text += " (" + node.name + ")";
  text += ", " + std::string(topology::name_of(node.role));
  if (!node.village.empty()) text += ", " + node.village;
  return text;
}

std::string described(const topology::Link& link) {
  std::string text = link.a + " – " + link.b + ", " + std::string(topology::name_of(link.kind));
  if (link.band_ghz != 0) text += " " + figure_text(link.band_ghz) + " GHz";
  return text;
}

class Picture {
 public:
  Picture(Markup& page, const Topology& topology, const MapMarks& marks)
      : page_(page),
        topology_(topology),
        marks_(marks),
        layout_(lay_out(topology)),
        labels_(place_labels(topology, layout_, marks)) {}

  bool geographic() const { return layout_.geographic; }

  void draw() {
    page_.open("svg",
               {{"viewBox", "0 0 " + figure_text(kMapWidth) + " " + figure_text(layout_.height)},
                {"role", "img"},
                {"aria-labelledby", "map-title map-description"}});
    page_.line().element("title", {{"id", "map-title"}}, "Map of the network");
    page_.line().element("desc", {{"id", "map-description"}}, description());
    // What failed is drawn last, on top.
    for (const bool failed : {false, true}) draw_links(failed);
    for (const bool failed : {false, true}) draw_nodes(failed);
    page_.line().close();
  }

 private:
  std::string description() const {
    Sums sums;
    std::string failed;
    for (size_t i = 0; i < marks_.nodes.size(); ++i) {
      const State state = marks_.nodes[i].state();
      sums.add(state == State::failed   ? check::Outcome::failed
               : state == State::passed ? check::Outcome::passed
                                        : check::Outcome::skipped);
      if (state == State::failed) failed += (failed.empty() ? ": " : ", ") + topology_.nodes[i].id;
    }
    return count_text(sums.all(), "node") + ", " + count_text(topology_.links.size(), "link") +
           ". All is well at " + count_text(sums.passed, "node") + ", nothing was checked at " +
           std::to_string(sums.skipped) + ", something failed at " + std::to_string(sums.failed) +
           failed + ".";
  }

  void draw_links(bool failed) {
    for (const Ends& ends : known_ends(topology_)) {
      const Mark& mark = marks_.links[ends.link];
      if ((mark.state() == State::failed) != failed) continue;
      const topology::Link& link = topology_.links[ends.link];
      page_.line().open("g", {{"class", "link " + std::string(topology::name_of(link.kind)) +
                                            (failed ? " failed" : "")}});
      page_.element("title", tip_of(described(link), mark));
      add_line_symbol(page_, layout_.nodes[ends.a], layout_.nodes[ends.b], failed);
      page_.close();
    }
  }

  void draw_nodes(bool failed) {
    for (size_t i = 0; i < topology_.nodes.size(); ++i) {
      const Mark& mark = marks_.nodes[i];
      if ((mark.state() == State::failed) != failed) continue;
      const topology::Node& node = topology_.nodes[i];
      page_.line().open("g", {{"class", "node " + std::string(name_of(mark.state()))}});
      page_.element("title", tip_of(described(node), mark));
      add_node_symbol(page_, layout_.nodes[i], node.role, mark.state());
      page_.element("text",
                    {{"class", labels_[i].fits ? "label" : "label hidden"},
                     {"x", figure_text(labels_[i].at.x)},
                     {"y", figure_text(labels_[i].at.y)}},
                    labels_[i].text);
      page_.close();
    }
  }

  Markup& page_;
  const Topology& topology_;
  const MapMarks& marks_;
  const MapLayout layout_;
  const std::vector<Label> labels_;
};

}  // namespace

void add_map(Markup& page, const Topology& topology, const MapMarks& marks) {
  Picture picture(page, topology, marks);
  page.line().open("figure");
  page.line().open("div", {{"class", "scroll"},
                           {"tabindex", "0"},
                           {"role", "region"},
                           {"aria-label", "Map of the network"}});
  picture.draw();
  page.close().line().open("figcaption");
  add_legend(page);
  page.line().element(
      "p", {{"class", "soft"}},
      std::string(picture.geographic() ? "Nodes are about where they are in the field, north up; "
                                         "servers stand in a row above."
                                       : "Nodes are placed by their links, not by their "
                                         "locations; servers stand in a row above.") +
          " A check from one node to another without a link between them counts "
          "for the first.");
  page.close().line().close();
}

}  // namespace wirebraid::validate
