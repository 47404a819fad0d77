// What happened to an interface of late, for whoever asks the control socket: a bounded memory.
#pragma once

#include <cstdint>
#include <deque>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "wirebraid/time.h"

namespace wirebraid::control {

enum class EventKind : uint8_t {
  uplink,         ///< its state, or why it is not used, has changed
  server,         ///< a bond or an exit went to another one of its servers
  configuration,  ///< another one is in force, or was refused
};
std::string_view to_string(EventKind kind);

struct Event {
  uint64_t number = 0;   ///< from 1
  uint64_t time_ms = 0;  ///< Unix time
  EventKind kind = EventKind::uplink;
  std::string bond;
  std::string uplink;
  std::string state;  ///< of kind uplink, by the names of UplinkState; `was`: before
  std::string was;
  std::string text;  ///< for people
  friend bool operator==(const Event&, const Event&) = default;
};

/// As docs/control-protocol.md has it.
nlohmann::json to_json(const Event& event);
/// Throws nlohmann::json::exception for what is no event; unknown kinds become `configuration`.
Event event_from_json(const nlohmann::json& json);

class EventLog {
 public:
  /// Older ones are forgotten.
  static constexpr size_t kKept = 256;

  /// Numbers and stamps `event`, and keeps it.
  void add(Event event, WallTime now);
  const std::deque<Event>& events() const { return events_; }
  uint64_t last_number() const { return last_number_; }
  /// The first kept one after `number`; nullptr: none.
  const Event* after(uint64_t number) const;

 private:
  std::deque<Event> events_;
  uint64_t last_number_ = 0;
};

}  // namespace wirebraid::control
