#include "control/config_document.h"

#include <algorithm>

#include "control/config_text.h"
#include "wirebraid/keys.h"

namespace wirebraid::control {
namespace {

bool is_header(std::string_view line) { return without_comment(line).starts_with('['); }

bool is_comment(std::string_view line) { return trim(line).starts_with('#'); }

/// "Uplink lte" of "[uplink  lte]".
std::string label_of(std::string_view header) {
  std::string_view inside = without_comment(header);
  inside.remove_prefix(1);
  if (inside.ends_with(']')) inside.remove_suffix(1);
  return canonical_label(inside);
}

std::optional<DocumentKey> key_of(std::string_view line, size_t number) {
  const std::string_view code = without_comment(line);
  const size_t equals = code.find('=');
  if (code.empty() || equals == std::string_view::npos) return std::nullopt;
  return DocumentKey{std::string(trim(code.substr(0, equals))),
                     std::string(trim(code.substr(equals + 1))), number};
}

/// What would end a line or start a comment.
bool fits_in_a_line(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return c == '#' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
}

void wipe(std::string& line) {
  detail::wipe({reinterpret_cast<uint8_t*>(line.data()), line.size()});
}

}  // namespace

ConfigDocument::ConfigDocument(std::string_view text) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    lines_.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

ConfigDocument::~ConfigDocument() {
  for (std::string& line : lines_) wipe(line);
}

SecretText ConfigDocument::text() const {
  size_t size = 0;
  for (const std::string& line : lines_) size += line.size() + 1;
  SecretText text;
  text.get().reserve(size);  // so that no copy is left behind by growing
  for (const std::string& line : lines_) text.get().append(line).push_back('\n');
  return text;
}

std::vector<DocumentSection> ConfigDocument::sections() const {
  std::vector<DocumentSection> sections;
  for (size_t i = 0; i < lines_.size(); ++i) {
    if (is_header(lines_[i])) {
      sections.push_back({label_of(lines_[i]), i + 1, {}});
    } else if (!sections.empty()) {
      if (auto key = key_of(lines_[i], i + 1)) sections.back().keys.push_back(std::move(*key));
    }
  }
  return sections;
}

std::optional<ConfigDocument::Extent> ConfigDocument::find(std::string_view label,
                                                           std::string& problem) const {
  const std::string wanted = canonical_label(label);
  std::optional<Extent> found;
  std::vector<std::string> known;
  for (size_t i = 0; i < lines_.size(); ++i) {
    if (!is_header(lines_[i])) continue;
    if (found && found->end == 0) found->end = i;
    known.push_back(label_of(lines_[i]));
    if (known.back() != wanted) continue;
    if (found) {
      problem = "there are several [" + wanted +
                "]; only a section with a name of its own can be changed";
      return std::nullopt;
    }
    found = Extent{i, 0};
  }
  if (!found) {
    problem = "there is no section [" + wanted + "]" + suggestion(wanted, known);
    return std::nullopt;
  }
  if (found->end == 0) {
    found->end = lines_.size();
  } else {
    found->end = start_of_comment(found->end);
  }
  return found;
}

size_t ConfigDocument::start_of_comment(size_t line) const {
  while (line > 0 && is_comment(lines_[line - 1])) --line;
  return line;
}

void ConfigDocument::erase(size_t first, size_t last) {
  const auto at = [&](size_t place) { return lines_.begin() + static_cast<ptrdiff_t>(place); };
  std::for_each(at(first), at(last), wipe);
  lines_.erase(at(first), at(last));
}

std::optional<std::string> ConfigDocument::set(std::string_view label, std::string_view key,
                                               const std::vector<std::string>& values) {
  std::string problem;
  const auto section = find(label, problem);
  if (!section) return problem;
  if (trim(key).empty() || !fits_in_a_line(key) || key.find_first_of("=[] ") != key.npos) {
    return quoted(key) + " is not the name of a key";
  }
  if (!std::all_of(values.begin(), values.end(), fits_in_a_line)) {
    return "a value is one line and has no '#'";
  }

  std::vector<size_t> places;
  size_t last = section->header;  // after which a new key goes
  for (size_t i = section->header + 1; i < section->end; ++i) {
    const auto present = key_of(lines_[i], i + 1);
    if (!present) continue;
    last = i;
    if (equal_ignoring_case(present->key, key)) places.push_back(i);
  }
  std::string spelled(key);
  std::string indent;
  std::string comment;
  size_t target = last + 1;
  if (!places.empty()) {
    const std::string& before = lines_[places.front()];
    target = places.front();
    spelled = key_of(before, 0)->key;
    indent = before.substr(0, before.find_first_not_of(" \t"));
    if (const size_t at = before.find('#'); at != before.npos) comment = " " + before.substr(at);
  }
  for (size_t i = places.size(); i-- > 0;) erase(places[i], places[i] + 1);
  for (const std::string& value : values) {
    lines_.insert(lines_.begin() + static_cast<ptrdiff_t>(target),
                  indent + spelled + " = " + std::string(trim(value)) + comment);
    comment.clear();
    ++target;
  }
  return std::nullopt;
}

std::optional<std::string> ConfigDocument::add(std::string_view label) {
  const std::string wanted = canonical_label(label);
  if (wanted.empty() || !fits_in_a_line(wanted) || wanted.find_first_of("[]") != wanted.npos) {
    return quoted(label) + " cannot be a section; such as 'Uplink lte' expected";
  }
  for (const DocumentSection& section : sections()) {
    if (section.label != wanted || wanted == "Peer") continue;
    return "there is a section [" + wanted + "] already, in line " + std::to_string(section.line);
  }
  if (!lines_.empty() && !trim(lines_.back()).empty()) lines_.emplace_back();
  lines_.push_back("[" + wanted + "]");
  return std::nullopt;
}

std::optional<std::string> ConfigDocument::remove(std::string_view label) {
  std::string problem;
  const auto section = find(label, problem);
  if (!section) return problem;
  erase(start_of_comment(section->header), section->end);
  return std::nullopt;
}

}  // namespace wirebraid::control
