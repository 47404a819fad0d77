#include "twin/validate/report/map_labels.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace wirebraid::validate {
namespace {

using topology::Role;

constexpr size_t kLongestLabel = 20;
constexpr double kAway = 13;  ///< from the middle of the node to the label

struct Rectangle {
  double left = 0;
  double top = 0;
  double right = 0;
  double bottom = 0;
  bool covers(const Rectangle& other) const {
    return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
  }
  bool is_inside(double width, double height) const {
    return left >= 0 && top >= 0 && right <= width && bottom <= height;
  }
};

/// Ids are ASCII in every topology that was checked; a label that cuts another id between bytes is
/// cleaned when it is written.
std::string label_of(const std::string& id) {
  if (id.size() <= kLongestLabel) return id;
  const size_t half = kLongestLabel / 2 - 1;
  return id.substr(0, half) + "…" + id.substr(id.size() - half);
}

double width_of(const std::string& label) {
  return 0.58 * kLabelSize * static_cast<double>(std::min(label.size(), kLongestLabel));
}

Rectangle around(const Point& base_middle, double width) {
  return {base_middle.x - width / 2, base_middle.y - kLabelSize * 0.85, base_middle.x + width / 2,
          base_middle.y + kLabelSize * 0.25};
}

/// Below, above, right, left, and the corners.
std::array<Point, 8> places_around(const Point& node, double width) {
  const double below = node.y + kAway + kLabelSize * 0.75;
  const double above = node.y - kAway + kLabelSize * 0.1;
  const double beside = node.y + kLabelSize * 0.3;
  const double right = node.x + kAway + width / 2;
  const double left = node.x - kAway - width / 2;
  return {{{node.x, below},
           {node.x, above},
           {right, beside},
           {left, beside},
           {right - 6, below - 4},
           {left + 6, below - 4},
           {right - 6, above + 4},
           {left + 6, above + 4}}};
}

int rank_of(const topology::Node& node, const Mark& mark) {
  if (mark.state() == State::failed) return 0;
  switch (node.role) {
    case Role::server:
      return 1;
    case Role::gateway:
      return 2;
    case Role::backbone:
      return 3;
    case Role::household:
      return 4;
  }
  return 4;
}

std::vector<size_t> order_of(const topology::Topology& topology, const MapMarks& marks) {
  std::vector<size_t> order(topology.nodes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t x, size_t y) {
    return rank_of(topology.nodes[x], marks.nodes[x]) < rank_of(topology.nodes[y], marks.nodes[y]);
  });
  return order;
}

using Rectangles = std::vector<Rectangle>;

bool is_free(const Rectangle& rectangle, const Rectangles& taken) {
  return std::none_of(taken.begin(), taken.end(),
                      [&](const Rectangle& other) { return other.covers(rectangle); });
}

class Places {
 public:
  explicit Places(const MapLayout& layout) : height_(layout.height) {
    constexpr double kHalf = 8;
    for (const Point& node : layout.nodes) {
      nodes_.push_back({node.x - kHalf, node.y - kHalf, node.x + kHalf, node.y + kHalf});
    }
  }

  /// The first place around the node that is free. What failed must be named: if need be over
  /// another node, and at last over anything.
  void choose(Label& label, const Point& node, bool must_fit) {
    const double width = width_of(label.text);
    const auto places = places_around(node, width);
    label.at = places[0];
    label.fits = must_fit;
    for (const bool over_nodes : {false, true}) {
      if (over_nodes && !must_fit) return;
      for (const Point& place : places) {
        const Rectangle rectangle = around(place, width);
        if (!rectangle.is_inside(kMapWidth, height_) || !is_free(rectangle, labels_)) continue;
        if (!over_nodes && !is_free(rectangle, nodes_)) continue;
        label.at = place;
        label.fits = true;
        labels_.push_back(rectangle);
        return;
      }
    }
  }

 private:
  double height_;
  Rectangles nodes_;
  Rectangles labels_;
};

}  // namespace

std::vector<Label> place_labels(const topology::Topology& topology, const MapLayout& layout,
                                const MapMarks& marks) {
  Places places(layout);
  std::vector<Label> labels(topology.nodes.size());
  for (const size_t node : order_of(topology, marks)) {
    labels[node].text = label_of(topology.nodes[node].id);
    places.choose(labels[node], layout.nodes[node], marks.nodes[node].state() == State::failed);
  }
  return labels;
}

}  // namespace wirebraid::validate
