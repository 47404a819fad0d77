#include "control/event_log.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

namespace wirebraid::control {

std::string_view to_string(EventKind kind) {
  switch (kind) {
    case EventKind::uplink:
      return "uplink";
    case EventKind::server:
      return "server";
    case EventKind::configuration:
      return "configuration";
  }
  return "configuration";
}

nlohmann::json to_json(const Event& event) {
  nlohmann::json json = {{"number", event.number},
                         {"time_ms", event.time_ms},
                         {"kind", to_string(event.kind)},
                         {"text", event.text}};
  for (const auto& [name, value] : {std::pair("bond", &event.bond),
                                    {"uplink", &event.uplink},
                                    {"state", &event.state},
                                    {"was", &event.was}}) {
    if (!value->empty()) json[name] = *value;
  }
  return json;
}

Event event_from_json(const nlohmann::json& json) {
  Event event;
  event.number = json.at("number").get<uint64_t>();
  event.time_ms = json.at("time_ms").get<uint64_t>();
  const auto kind = json.at("kind").get<std::string>();
  event.kind = kind == "uplink"   ? EventKind::uplink
               : kind == "server" ? EventKind::server
                                  : EventKind::configuration;
  event.bond = json.value("bond", "");
  event.uplink = json.value("uplink", "");
  event.state = json.value("state", "");
  event.was = json.value("was", "");
  event.text = json.at("text").get<std::string>();
  return event;
}

void EventLog::add(Event event, WallTime now) {
  event.number = ++last_number_;
  event.time_ms = static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count());
  if (events_.size() == kKept) events_.pop_front();
  events_.push_back(std::move(event));
}

const Event* EventLog::after(uint64_t number) const {
  const auto at = std::find_if(events_.begin(), events_.end(),
                               [&](const Event& event) { return event.number > number; });
  return at == events_.end() ? nullptr : &*at;
}

}  // namespace wirebraid::control
