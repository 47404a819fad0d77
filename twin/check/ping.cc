#include "twin/check/ping.h"

#include <algorithm>
#include <charconv>

#include "twin/check/words.h"

namespace wirebraid::check {
namespace {

double decimal(std::string_view text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

PingReport parse_ping(std::string_view output) {
  PingReport report;
  std::vector<bool> answered;
  for (const std::string& line : lines_of(output)) {
    const std::vector<std::string> words = words_of(line);
    for (const std::string& word : words) {
      if (!word.starts_with("seq=")) continue;
      const auto number = static_cast<size_t>(number_of(word.substr(4)));
      if (number < 1'000'000 && answered.size() <= number) answered.resize(number + 1);
      if (number < answered.size()) answered[number] = true;
    }
    if (line.find("packets transmitted") != std::string::npos && words.size() > 3) {
      report.sent = static_cast<unsigned>(number_of(words[0]));
      report.received = static_cast<unsigned>(number_of(words[3]));
    }
    if (line.starts_with("round-trip")) {
      // "round-trip min/avg/max = 1.0/2.0/3.0 ms"
      std::string_view figures = std::string_view(line).substr(line.find("= ") + 2);
      report.least_ms = decimal(figures);
      report.mean_ms = decimal(figures.substr(std::min(figures.find('/') + 1, figures.size())));
    }
  }
  answered.resize(report.sent);
  unsigned row = 0;
  for (const bool each : answered) {
    row = each ? 0 : row + 1;
    report.longest_loss = std::max(report.longest_loss, row);
  }
  return report;
}

}  // namespace wirebraid::check
