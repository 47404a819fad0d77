// Two hosts and plain links between them, no tunnel: what the models of inner traffic do by
// themselves.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <vector>

#include "tests/core/sim/traffic.h"
#include "twin/fabric/delay_line.h"

namespace wirebraid::sim {

class PlainNetwork : private Host {
 public:
  /// Each packet takes the next of `links` in turn, the same both ways: with links of different
  /// delay, a network that reorders.
  explicit PlainNetwork(const std::vector<fabric::LinkOptions>& links, uint64_t seed = 1) {
    for (size_t i = 0; i < links.size(); ++i) {
      for (auto& side : lines_) side.emplace_back(links[i], seed * 100 + i);
    }
  }
  template <class Flow, class FlowOptions>
  Flow& add(const FlowOptions& options) {
    auto flow = std::make_unique<Flow>(options);
    Flow& reference = *flow;
    application_ = std::move(flow);
    return reference;
  }
  void set_state(fabric::LinkState state) {
    for (auto& side : lines_) {
      for (Line& line : side) {
        fabric::LinkOptions options = line.link().options();
        options.state = state;
        line.link().set_options(options);
      }
    }
  }
  Time now() const { return now_; }
  Ledger& ledger() { return ledger_; }

  void run_for(Duration duration) {
    const Time until = now_ + duration;
    for (;;) {
      Time next = application_->next_deadline();
      for (const auto& side : lines_) {
        for (const Line& line : side) next = std::min(next, line.next_deadline());
      }
      if (next > until) break;
      now_ = std::max(now_, next);
      deliver(Side::gateway);
      deliver(Side::server);
      if (application_->next_deadline() <= now_) application_->run(now_, *this);
    }
    now_ = until;
  }

 private:
  using Line = fabric::DelayLine<Packet>;

  void send(Side from, const Message& message) override {
    Packet packet = pool_.allocate();
    if (!ledger_.write(packet, from, message, now_)) return;
    auto& lines = lines_[static_cast<size_t>(from)];
    const size_t size = packet.size();
    lines[turn_[static_cast<size_t>(from)]++ % lines.size()].push(std::move(packet), size, now_);
  }
  void deliver(Side at) {
    for (Line& line : lines_[static_cast<size_t>(other(at))]) {
      while (const auto packet = line.pop_due(now_)) {
        const auto delivery = ledger_.check(*packet, at, now_);
        if (delivery) application_->receive(at, delivery->body, delivery->ce, now_, *this);
      }
    }
  }

  BufferPool pool_{1600, 65'536};
  Ledger ledger_;
  std::unique_ptr<Application> application_;
  std::array<std::deque<Line>, 2> lines_;  ///< by sending side
  std::array<size_t, 2> turn_{};
  Time now_{std::chrono::seconds(1)};
};

}  // namespace wirebraid::sim
