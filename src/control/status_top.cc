#include "control/status_top.h"

#include <algorithm>

#include "control/units.h"

namespace wirebraid::control {
namespace {

constexpr size_t kNameColumns = 14;
constexpr size_t kStateColumns = 11;
constexpr size_t kFigureColumns = 15;
constexpr size_t kBarColumns = 10;
constexpr const char* kReset = "\x1b[0m";

/// Filled up with blanks, or cut.
std::string cell(std::string_view text, size_t columns) {
  std::string result;
  size_t used = 0;
  for (const char c : text) {
    const bool starts = (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    if (starts && used == columns) break;
    if (starts) ++used;
    // A name could drive the terminal.
    result += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  }
  return result + std::string(columns - std::min(columns, used), ' ');
}

const char* color_of(UplinkState state) {
  switch (state) {
    case UplinkState::up:
    case UplinkState::exit:
      return "\x1b[32m";
    case UplinkState::suspect:
    case UplinkState::connecting:
      return "\x1b[33m";
    case UplinkState::down:
      return "\x1b[31m";
    case UplinkState::disabled:
      break;
  }
  return "\x1b[2m";
}

/// How full it is.
std::string bar(uint64_t part, uint64_t whole) {
  const size_t filled = std::min<size_t>(
      kBarColumns, whole == 0 ? 0 : static_cast<size_t>((part * kBarColumns + whole / 2) / whole));
  std::string text;
  for (size_t i = 0; i < kBarColumns; ++i) text += i < filled ? "\u2588" : "\u2591";
  return text;
}

class Screen {
 public:
  explicit Screen(const ScreenOptions& options) : options_(options) {}

  void add(const std::string& text, const char* color = nullptr) {
    const std::string line = cell(text, options_.columns);
    lines_.push_back(options_.color && color != nullptr ? color + line + kReset : line);
  }
  size_t left() const { return options_.rows - std::min(options_.rows, lines_.size()); }

  std::vector<std::string> take() {
    if (lines_.size() > options_.rows && options_.rows > 0) {
      const size_t hidden = lines_.size() - options_.rows + 1;
      lines_.resize(options_.rows - 1);
      add("... " + std::to_string(hidden) + " more lines; a larger terminal shows them");
    }
    return std::move(lines_);
  }

 private:
  const ScreenOptions& options_;
  std::vector<std::string> lines_;
};

std::string uplink_line(const UplinkStatus& s) {
  std::string text =
      "  " + cell(s.name, kNameColumns) + " " + cell(to_string(s.state), kStateColumns);
  text += cell(rate(s.tx_rate_bps), kFigureColumns) + cell(rate(s.rx_rate_bps), kFigureColumns);
  text += cell(s.rtt_us ? milliseconds(*s.rtt_us) : "-", 11);
  text += cell(s.loss_ratio ? fixed(*s.loss_ratio * 100, 2) + " %" : "-", 9);
  if (s.capacity_bps) text += bar(s.tx_rate_bps, *s.capacity_bps) + " of " + rate(*s.capacity_bps);
  return text;
}

}  // namespace

std::vector<std::string> render_screen(const InterfaceStatus& status,
                                       const std::vector<std::string>& events,
                                       const ScreenOptions& options) {
  constexpr const char* kBold = "\x1b[1m";
  Screen screen(options);
  const uint64_t age = options.now_s > status.started_s ? options.now_s - status.started_s : 0;
  screen.add(status.name + "  wirebraidd " + status.version + ", " + status.engine + ", " +
                 status.cipher + ", running for " + duration(age) + "  (q ends)",
             kBold);
  for (const BondStatus& bond : status.bonds) {
    screen.add("");
    screen.add("bond " + bond.name + " (" + bond.mode + ")  " + rate(bond.tx_rate_bps) + " sent, " +
                   rate(bond.rx_rate_bps) + " received, " + std::to_string(bond.resent) +
                   " resent, " + std::to_string(bond.dropped.lost) + " lost, longest hold " +
                   milliseconds(bond.hold_max_us),
               kBold);
    screen.add("  " + cell("uplink", kNameColumns) + " " + cell("state", kStateColumns) +
               cell("sent", kFigureColumns) + cell("received", kFigureColumns) + cell("rtt", 11) +
               cell("loss", 9) + "capacity");
    for (const UplinkStatus& uplink : bond.uplinks) {
      screen.add(uplink_line(uplink), color_of(uplink.state));
      if (!uplink.unused_reason.empty()) screen.add("      not used: " + uplink.unused_reason);
    }
  }
  if (!events.empty() && screen.left() >= 3) {
    screen.add("");
    const size_t shown = std::min(screen.left(), events.size());
    for (size_t i = events.size() - shown; i < events.size(); ++i) screen.add(events[i]);
  }
  return screen.take();
}

}  // namespace wirebraid::control
