#include "control/control_session.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "control/config_text.h"

namespace wirebraid::control {
namespace {

using nlohmann::json;

json refusal(std::vector<std::string> errors) {
  return {{"ok", false}, {"error", std::move(errors)}};
}

json to_answer(const ChangeResult& result) {
  if (!result.ok) {
    json answer = refusal(result.errors);
    if (result.problems.empty()) return answer;
    for (const ConfigError& problem : result.problems)
      answer["problems"].push_back(to_json(problem));
    return answer;
  }
  json answer = {{"ok", true}, {"warnings", result.warnings}};
  if (!result.revision.empty()) answer["revision"] = result.revision;
  if (!result.public_keys.empty()) answer["public_keys"] = result.public_keys;
  return answer;
}

void append(std::string& output, const json& line) {
  // A device or file name need not be UTF-8; a strange character is better than no answer.
  output += line.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace

bool ControlSession::on_bytes(std::string_view bytes, std::string& output) {
  pending_.append(bytes);
  const size_t end = pending_.find('\n');
  if (std::min(end, pending_.size()) > kMaxRequestBytes) {
    append(output,
           refusal({"the request is longer than " + std::to_string(kMaxRequestBytes) + " bytes"}));
    return false;
  }
  if (end == std::string::npos) {
    tell_events(output);
    return true;
  }
  append(output, answer(std::string_view(pending_).substr(0, end)));
  pending_.erase(0, end + 1);
  return true;
}

void ControlSession::tell_events(std::string& output) {
  if (!follows_) return;
  while (const Event* event = handler_.events().after(told_)) {
    append(output, {{"event", to_json(*event)}});
    told_ = event->number;
  }
}

json ControlSession::answer(std::string_view line) {
  const json request = json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!request.is_object() || !request.contains("command") || !request["command"].is_string()) {
    return refusal({R"(a request such as {"command":"show"} expected)"});
  }
  const auto& command = request["command"].get_ref<const std::string&>();
  if (command == "hello") {
    return {{"ok", true},
            {"protocol", kControlProtocol},
            {"version", WIREBRAID_VERSION},
            {"interface", handler_.name()}};
  }
  if (command == "show") return {{"ok", true}, {"status", to_json(handler_.status())}};
  if (command == "events") return answer_events(request);
  if (command == "configuration") {
    std::vector<std::string> errors;
    json configuration = handler_.configuration(errors);
    if (!errors.empty()) return refusal(std::move(errors));
    return {{"ok", true}, {"configuration", std::move(configuration)}};
  }
  if (command == "change") return answer_change(request);
  if (command == "speedtest") return answer_speed_test(request);
  if (command == "confirm") return to_answer(handler_.confirm());
  if (command == "revert") return to_answer(handler_.revert());
  if (command == "reload") return to_answer(handler_.reload());
  return refusal({"unknown command " + control::quoted(command) +
                  "; hello, show, events, configuration, change, speedtest, confirm, revert and "
                  "reload are known"});
}

json ControlSession::answer_events(const json& request) {
  const json since = request.value("since", json(0U));
  const json follow = request.value("follow", json(false));
  if (!since.is_number_unsigned() || !follow.is_boolean()) {
    return refusal({"events: since is a number, and follow is true or false"});
  }
  const EventLog& log = handler_.events();
  json events = json::array();
  for (const Event& event : log.events()) {
    if (event.number > since.get<uint64_t>()) events.push_back(to_json(event));
  }
  follows_ = follow.get<bool>();
  told_ = log.last_number();
  return {{"ok", true}, {"events", std::move(events)}, {"next", log.last_number()}};
}

json ControlSession::answer_speed_test(const json& request) {
  SpeedTestRequest test;
  const json uplink = request.value("uplink", json(""));
  const json direction = request.value("direction", json("receive"));
  const json seconds = request.value("seconds", json(test.duration.count()));
  if (!uplink.is_string()) return refusal({"uplink: a name expected"});
  if (direction != "send" && direction != "receive") {
    return refusal({"direction: \"send\" or \"receive\" expected"});
  }
  const int64_t duration = seconds.is_number_integer() ? seconds.get<int64_t>() : 0;
  if (duration < kShortestSpeedTest.count() || duration > kLongestSpeedTest.count()) {
    return refusal({"seconds: " + std::to_string(kShortestSpeedTest.count()) + " to " +
                    std::to_string(kLongestSpeedTest.count()) + " expected"});
  }
  test.uplink = uplink.get<std::string>();
  test.direction = direction == "send" ? Direction::send : Direction::receive;
  test.duration = std::chrono::seconds(duration);
  return to_answer(handler_.start_speed_test(test));
}

json ControlSession::answer_change(const json& request) {
  ChangeRequest change;
  try {
    change = change_from_json(request);
  } catch (const std::runtime_error& mistake) {
    return refusal({mistake.what()});
  }
  return to_answer(handler_.change(change));
}

}  // namespace wirebraid::control
