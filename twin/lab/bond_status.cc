#include "twin/lab/bond_status.h"

#include <nlohmann/json.hpp>

namespace wirebraid::lab {
namespace {

using nlohmann::json;

template <typename T>
std::optional<T> number(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  return found->get<T>();
}

std::string text(const json& object, const char* key, const std::string& otherwise) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : otherwise;
}

json array(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_array() ? *found : json::array();
}

UplinkView parse_uplink(const json& object) {
  return {.name = text(object, "name", "?"),
          .state = text(object, "state", "?"),
          .unused_reason = text(object, "unused_reason", ""),
          .endpoint = text(object, "endpoint", ""),
          .rtt_us = number<uint64_t>(object, "rtt_us"),
          .loss_ratio = number<double>(object, "loss_ratio"),
          .capacity_bps = number<uint64_t>(object, "capacity_bps")};
}

BondView parse_bond(const json& object) {
  BondView bond{.name = text(object, "name", "?"),
                .resent = number<uint64_t>(object, "resent").value_or(0),
                .duplicates = number<uint64_t>(object, "duplicates").value_or(0)};
  for (const json& each : array(object, "uplinks")) {
    if (each.is_object()) bond.uplinks.push_back(parse_uplink(each));
  }
  return bond;
}

InterfaceView view_of(const json& object) {
  InterfaceView view{.engine = text(object, "engine", "?"),
                     .engine_reason = text(object, "engine_reason", "")};
  for (const json& each : array(object, "bonds")) {
    if (each.is_object()) view.bonds.push_back(parse_bond(each));
  }
  return view;
}

}  // namespace

const UplinkView* InterfaceView::uplink(std::string_view name) const {
  for (const BondView& bond : bonds) {
    for (const UplinkView& each : bond.uplinks) {
      if (each.name == name) return &each;
    }
  }
  return nullptr;
}

std::optional<InterfaceView> parse_interface_view(std::string_view input) {
  const json object = json::parse(input, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  return view_of(object);
}

std::optional<InterfaceView> parse_show_answer(std::string_view input) {
  const json answer = json::parse(input, nullptr, false);
  if (!answer.is_object()) return std::nullopt;
  const auto status = answer.find("status");
  if (status == answer.end() || !status->is_object()) return std::nullopt;
  return view_of(*status);
}

}  // namespace wirebraid::lab
