#include "twin/check/words.h"

#include <charconv>

namespace wirebraid::check {
namespace {

std::vector<std::string> split(std::string_view text, std::string_view separators) {
  std::vector<std::string> parts;
  while (true) {
    const size_t begin = text.find_first_not_of(separators);
    if (begin == std::string_view::npos) return parts;
    const size_t end = std::min(text.find_first_of(separators, begin), text.size());
    parts.emplace_back(text.substr(begin, end - begin));
    text.remove_prefix(end);
  }
}

}  // namespace

std::vector<std::string> lines_of(std::string_view text) { return split(text, "\r\n"); }
std::vector<std::string> words_of(std::string_view line) { return split(line, " \t"); }

std::string word_after(const std::vector<std::string>& words, std::string_view key) {
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] == key) return words[i + 1];
  }
  return "";
}

std::string trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1));
}

int64_t number_of(std::string_view text) {
  int64_t number = 0;
  const size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  std::from_chars(text.data() + begin, text.data() + text.size(), number);
  return number;
}

}  // namespace wirebraid::check
