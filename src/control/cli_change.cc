// set, confirm, revert and invite: the running configuration, changed through the daemon.
#include <iostream>
#include <nlohmann/json.hpp>

#include "control/cli.h"
#include "control/config.h"
#include "control/config_text.h"
#include "control/control_client.h"
#include "control/qr_code.h"
#include "control/status.h"
#include "io/system_platform.h"

namespace wirebraid::control {
namespace {

using nlohmann::json;

// Applying a large configuration on a small router takes its time.
constexpr std::chrono::seconds kChangeLimit{60};

int usage_error(const std::string& message) {
  complain({message});
  return kExitUsage;
}

/// "uplink lte" of "uplink.lte".
std::string section_of(std::string path) {
  if (const size_t dot = path.find('.'); dot != path.npos) path[dot] = ' ';
  return canonical_label(path);
}

/// One CHANGE of the command line, as a member of "changes". nullopt: `problem` says what is wrong.
std::optional<json> parse_change(const std::string& word, std::string& problem) {
  const size_t equals = word.find('=');
  const size_t dot = word.rfind('.', equals);
  if (equals == word.npos || dot == word.npos || dot == 0 || dot + 1 == equals) {
    problem = control::quoted(word.substr(0, equals)) +
              ": SECTION.KEY=VALUE expected, such as uplink.lte.Cost=10";
    return std::nullopt;
  }
  const std::string key = word.substr(dot + 1, equals - dot - 1);
  std::string text = word.substr(equals + 1);
  json value = text;
  if (text.empty()) value = nullptr;
  if (equal_ignoring_case(key, "PrivateKey") || equal_ignoring_case(key, "PresharedKey")) {
    if (text == "generate") {
      value = {{"generate", true}};
    } else if (text == "-") {
      if (!std::getline(std::cin, text)) {
        problem = key + ": standard input has no line";
        return std::nullopt;
      }
      value = text;
    } else if (!text.empty()) {
      // What stands on a command line, others see.
      problem = key + ": 'generate', or '-' for standard input expected";
      return std::nullopt;
    }
  }
  return json{
      {"do", "set"}, {"section", section_of(word.substr(0, dot))}, {"keys", {{key, value}}}};
}

/// Makes one list of two values for the same key, as for Address.
void add_change(json& changes, const json& change) {
  const std::string key = change["keys"].begin().key();
  const json& value = *change["keys"].begin();
  for (json& before : changes) {
    if (before["do"] != "set" || before["section"] != change["section"]) continue;
    json& keys = before["keys"];
    if (keys.contains(key) && keys[key].is_string() && value.is_string()) {
      keys[key] = json::array({keys[key], value});
    } else if (keys.contains(key) && keys[key].is_array() && value.is_string()) {
      keys[key].push_back(value);
    } else {
      keys[key] = value;
    }
    return;
  }
  changes.push_back(change);
}

/// nullopt: people have been told why not.
std::optional<json> ask(const std::string& interface, const json& request,
                        const CliOptions& options) {
  const ControlReply reply = control_exchange(interface, request, kChangeLimit, options.directory);
  if (!reply.error.empty()) {
    complain(reply.error);
    return std::nullopt;
  }
  json answer = json::parse(reply.answer);
  for (const auto& warning : answer.value("warnings", std::vector<std::string>())) {
    std::cerr << warning << " (warning)\n";
  }
  return answer;
}

/// With the port at which the interface listens, if it has none.
std::optional<HostPort> far_endpoint(const std::string& text, uint16_t port) {
  if (const auto whole = HostPort::parse(text)) return whole;
  const bool bare_v6 = text.find(':') != text.npos && !text.starts_with('[');
  return HostPort::parse((bare_v6 ? "[" + text + "]" : text) + ":" + std::to_string(port));
}

}  // namespace

int cli_set(const Words& words, const CliOptions& options) {
  json changes = json::array();
  for (const auto& [names, verb] : {std::pair(&options.remove, "remove"), {&options.add, "add"}}) {
    for (const std::string& name : *names) {
      changes.push_back({{"do", verb}, {"section", section_of(name)}});
    }
  }
  json sets = json::array();
  for (size_t i = 1; i < words.size(); ++i) {
    std::string problem;
    const auto change = parse_change(words[i], problem);
    if (!change) return usage_error(problem);
    add_change(sets, *change);
  }
  for (json& each : sets) changes.push_back(std::move(each));
  if (changes.empty()) return usage_error("set needs a CHANGE such as uplink.lte.Cost=10");

  json request = {{"command", "change"}, {"changes", changes}, {"check_only", options.check_only}};
  if (options.confirm) request["confirm_s"] = options.confirm->count();
  const auto answer = ask(words.front(), request, options);
  if (!answer) return kExitFailed;
  const json public_keys = answer->value("public_keys", json::object());
  for (const auto& [section, key] : public_keys.items()) {
    std::cout << "[" << section << "] public key: " << key.get<std::string>() << "\n";
  }
  if (options.check_only) {
    std::cout << "this could be done\n";
  } else if (options.confirm) {
    std::cout << "done; it goes back in " << options.confirm->count()
              << " s unless you say: wirebraid confirm " << words.front() << "\n";
  }
  return kExitDone;
}

int cli_confirm(const Words& words, const CliOptions& options) {
  return ask(words.front(), {{"command", "confirm"}}, options) ? kExitDone : kExitFailed;
}

int cli_revert(const Words& words, const CliOptions& options) {
  return ask(words.front(), {{"command", "revert"}}, options) ? kExitDone : kExitFailed;
}

int cli_invite(const Words& words, const CliOptions& options) {
  const std::string& interface = words[0];
  const std::string& name = words[1];
  if (options.endpoint.empty()) {
    return usage_error(
        "invite needs --endpoint HOST[:PORT]: where the other machine reaches this one");
  }
  const auto shown = ask(interface, {{"command", "show"}}, options);
  if (!shown) return kExitFailed;
  const StatusResult status = status_from_json(shown->at("status"));
  if (!status.status) {
    complain({status.error});
    return kExitFailed;
  }
  if (status.status->public_key.empty()) {
    complain(
        {interface + " has no PrivateKey of its own, so others cannot be told its public key"});
    return kExitFailed;
  }
  const auto endpoint = far_endpoint(options.endpoint, status.status->listen_port);
  if (!endpoint) return usage_error("--endpoint " + options.endpoint + ": HOST[:PORT] expected");

  io::SystemPlatform platform;
  const PrivateKey key = generate_private_key(platform);
  json keys = {{"PublicKey", public_key_of(key).to_base64()}};
  if (!options.bond.empty()) keys["Bond"] = options.bond;
  const json added = {{"do", "add"}, {"section", "Uplink " + name}, {"keys", keys}};
  if (!ask(interface, {{"command", "change"}, {"changes", json::array({added})}}, options)) {
    return kExitFailed;
  }
  const std::string section = "[Uplink " + name + "]\nPrivateKey = " + key.to_base64() +
                              "\nPublicKey = " + status.status->public_key +
                              "\nEndpoint = " + endpoint->to_string() + "\n";
  std::cout << section;
  if (!options.qr) return kExitDone;
  const auto picture = qr_code(section);
  if (!picture) {
    complain({"no QR code: this wirebraid was built without libqrencode"});
    return kExitFailed;
  }
  std::cout << "\n" << *picture;
  return kExitDone;
}

}  // namespace wirebraid::control
