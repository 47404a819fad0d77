#include "twin/check/prediction.h"

#include <algorithm>
#include <limits>
#include <queue>

namespace wirebraid::check {
namespace {

using mesh::Card;

void add(Prediction& sum, const topology::Direction& direction) {
  sum.delay_ms += direction.delay_ms;
  sum.jitter_ms += direction.jitter_ms;
  sum.arrival *= 1 - direction.loss;
  sum.rate_mbit =
      sum.hops == 0 ? direction.rate_mbit : std::min(sum.rate_mbit, direction.rate_mbit);
  ++sum.hops;
}

const Card* direct(const View& view, size_t from, size_t to) {
  const Card* best = nullptr;
  for (const Card& card : view.plan.nodes[from].cards) {
    if (card.peer != to || !is_used(card)) continue;
    if (best == nullptr || outgoing(view, card).delay_ms < outgoing(view, *best).delay_ms) {
      best = &card;
    }
  }
  return best;
}

/// Dijkstra over batman-adv's links.
std::vector<const Card*> way_by_batman(const View& view, size_t from, size_t to) {
  using Entry = std::pair<double, size_t>;
  std::vector<double> delay(view.plan.nodes.size(), std::numeric_limits<double>::infinity());
  std::vector<std::pair<size_t, const Card*>> came(view.plan.nodes.size(), {from, nullptr});
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open;
  delay[from] = 0;
  open.emplace(0, from);
  while (!open.empty()) {
    const auto [so_far, at] = open.top();
    open.pop();
    if (so_far > delay[at]) continue;
    for (const Card& card : view.plan.nodes[at].cards) {
      const double there = so_far + outgoing(view, card).delay_ms + 0.001;
      if (!card.batman || there >= delay[card.peer]) continue;
      delay[card.peer] = there;
      came[card.peer] = {at, &card};
      open.emplace(there, card.peer);
    }
  }
  std::vector<const Card*> way;
  for (size_t at = to; at != from && came[at].second != nullptr; at = came[at].first) {
    way.insert(way.begin(), came[at].second);
  }
  return way;
}

}  // namespace

const topology::Direction& outgoing(const View& view, const Card& card) {
  const topology::Link& link = view.topology.links[card.link];
  return card.end == fabric::End::a ? link.a_to_b : link.b_to_a;
}

const topology::Direction& incoming(const View& view, const Card& card) {
  const topology::Link& link = view.topology.links[card.link];
  return card.end == fabric::End::a ? link.b_to_a : link.a_to_b;
}

std::optional<Prediction> predict(const View& view, const std::vector<size_t>& path) {
  Prediction sum;
  for (size_t i = 0; i + 1 < path.size(); ++i) {
    if (const Card* card = direct(view, path[i], path[i + 1])) {
      add(sum, outgoing(view, *card));
      continue;
    }
    const std::vector<const Card*> way = way_by_batman(view, path[i], path[i + 1]);
    if (way.empty()) return std::nullopt;
    for (const Card* card : way) add(sum, outgoing(view, *card));
  }
  return sum;
}

}  // namespace wirebraid::check
