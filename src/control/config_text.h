// Text as the configuration file has it, and as messages repeat it.
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wirebraid::control {

std::string_view trim(std::string_view text);
/// A line of the file without its comment and without blanks around the rest.
std::string_view without_comment(std::string_view line);
/// "Uplink lte" of " uplink   lte": the kind of a section as the documentation spells it, if it is
/// one, and its name.
std::string canonical_label(std::string_view text);
/// `text` for a message: quoted, shortened, control characters replaced.
std::string quoted(std::string_view text);
/// The entry of `known` that `word` was probably meant to be, regardless of case; empty if none is
/// near.
std::string nearest(std::string_view word, const std::vector<std::string>& known);
/// "; did you mean NAME?" with the nearest of `known`, or nothing.
std::string suggestion(std::string_view word, const std::vector<std::string>& known);
bool equal_ignoring_case(std::string_view a, std::string_view b);

/// The whole of `text` as a number; nullopt if it is none or does not fit.
template <class Number>
std::optional<Number> parse_number(std::string_view text, int base = 10) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace wirebraid::control
