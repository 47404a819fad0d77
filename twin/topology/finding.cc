#include "twin/topology/finding.h"

#include <algorithm>

namespace wirebraid::topology {

std::string Finding::to_string() const {
  std::string text = file;
  if (line > 0) text += ":" + std::to_string(line);
  text += ": ";
  if (!place.empty()) text += place + ": ";
  return text + message;
}

void Findings::add(size_t line, std::string place, std::string message) {
  if (kept_.size() >= kMost) {
    ++more_;
    return;
  }
  kept_.push_back({file_, line, std::move(place), std::move(message)});
}

std::vector<Finding> Findings::take() {
  std::stable_sort(kept_.begin(), kept_.end(),
                   [](const Finding& a, const Finding& b) { return a.line < b.line; });
  if (more_ > 0) kept_.push_back({file_, 0, "", "and " + counted(more_, "more mistake")});
  return std::move(kept_);
}

std::string in_quotes(std::string_view text) {
  constexpr size_t kMost = 60;
  std::string result = "\"";
  size_t end = std::min(text.size(), kMost);
  // Not in the middle of a character of UTF-8.
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) {
    --end;
  }
  for (const char c : text.substr(0, end)) {
    const auto byte = static_cast<unsigned char>(c);
    result += byte < 0x20 || byte == 0x7f ? '?' : c;
  }
  return result + (end < text.size() ? "...\"" : "\"");
}

std::string counted(size_t count, std::string_view thing, std::string_view things) {
  const std::string number = std::to_string(count) + " ";
  if (count == 1) return number + std::string(thing);
  return number + (things.empty() ? std::string(thing) + "s" : std::string(things));
}

}  // namespace wirebraid::topology
