#include "twin/topology/fields.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

namespace wirebraid::topology {
namespace {

std::string names_of(std::span<const Key> keys) {
  std::vector<std::string> names;
  for (const Key& key : keys) names.emplace_back(key.name);
  return listed(names);
}

}  // namespace

std::string number_text(double number) {
  std::array<char, 32> text{};
  char* const end = text.data() + text.size();
  // 400000, not 4e+05, though the latter is shorter.
  const bool plain = number > -1e9 && number < 1e9;
  auto result = plain ? std::to_chars(text.data(), end, number, std::chars_format::fixed)
                      : std::to_chars(text.data(), end, number);
  if (result.ec != std::errc()) result = std::to_chars(text.data(), end, number);
  return {text.data(), result.ptr};
}

Fields::Fields(const JsonValue& value, std::span<const Key> keys, std::string_view thing,
               Findings& findings)
    : value_(value), findings_(findings) {
  if (!is_kind(value, JsonKind::object)) return;
  std::map<std::string_view, const JsonValue*> seen;
  for (const JsonValue& child : value.children) {
    const bool known = std::any_of(keys.begin(), keys.end(),
                                   [&](const Key& key) { return key.name == child.key; });
    const auto [first, inserted] = seen.emplace(child.key, &child);
    if (!known) {
      wrong(child, "unknown key of " + std::string(thing) + ": " + names_of(keys) + " expected");
    } else if (!inserted) {
      wrong(child, "given already in line " + std::to_string(first->second->line));
    }
  }
  for (const Key& key : keys) {
    if (key.required && seen.count(key.name) == 0) {
      wrong(value, std::string(thing) + " needs " + in_quotes(key.name) + ", which is missing");
    }
  }
}

void Fields::wrong(const JsonValue& where, std::string message) {
  good_ = false;
  findings_.add(where.line, where.pointer(), std::move(message));
}

bool Fields::is_kind(const JsonValue& value, JsonKind kind) {
  if (value.kind == kind) return true;
  wrong(value,
        std::string(name_of(kind)) + " expected, this is " + std::string(name_of(value.kind)));
  return false;
}

std::string Fields::text(std::string_view key, bool (*accepts)(std::string_view),
                         std::string_view expected, std::string* as_written) {
  const JsonValue* value = member(key);
  if (value == nullptr || !is_kind(*value, JsonKind::string)) return "";
  if (as_written != nullptr) *as_written = value->text;
  if (accepts(value->text)) return value->text;
  wrong(*value, in_quotes(value->text) + " is not " + std::string(expected));
  return "";
}

double Fields::number(std::string_view key, double least, double most, double fallback) {
  const JsonValue* value = member(key);
  if (value == nullptr || !is_kind(*value, JsonKind::number)) return fallback;
  if (value->number >= least && value->number <= most) return value->number;
  wrong(*value, number_text(value->number) + " is out of range: " + number_text(least) + " to " +
                    number_text(most) + " expected");
  return fallback;
}

void Fields::array(std::string_view key, size_t least,
                   const std::function<void(const JsonValue&)>& each) {
  const JsonValue* value = member(key);
  if (value == nullptr || !is_kind(*value, JsonKind::array)) return;
  if (value->children.size() < least) {
    wrong(*value, "is empty; " + std::to_string(least) + " or more expected");
  }
  for (const JsonValue& item : value->children) each(item);
}

}  // namespace wirebraid::topology
