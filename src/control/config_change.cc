#include "control/config_change.h"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "control/config_document.h"
#include "control/config_text.h"

namespace wirebraid::control {
namespace {

using nlohmann::json;

constexpr const char* kPrivateKey = "PrivateKey";
constexpr const char* kPresharedKey = "PresharedKey";

bool is_secret(std::string_view key) {
  return equal_ignoring_case(key, kPrivateKey) || equal_ignoring_case(key, kPresharedKey);
}

std::string text_of(const json& object, const char* member, const char* right) {
  if (!object.contains(member) || !object.at(member).is_string()) {
    throw std::runtime_error(std::string(member) + ": " + right + " expected");
  }
  return object.at(member).get<std::string>();
}

KeyChange key_change(const std::string& key, const json& value) {
  KeyChange change{key, {}, false};
  const auto wrong = [&] {
    return std::runtime_error(
        "keys: " + control::quoted(key) +
        ": a string, a list of strings, null or {\"generate\":true} expected");
  };
  if (value.is_string()) {
    change.values.push_back(value.get<std::string>());
  } else if (value.is_array()) {
    for (const json& each : value) {
      if (!each.is_string()) throw wrong();
      change.values.push_back(each.get<std::string>());
    }
  } else if (value.is_object() && value.value("generate", json()) == true) {
    if (!is_secret(key)) {
      throw std::runtime_error("keys: only PrivateKey and PresharedKey can be generated");
    }
    change.generate = true;
  } else if (!value.is_null()) {
    throw wrong();
  }
  return change;
}

SectionChange section_change(const json& object) {
  if (!object.is_object()) throw std::runtime_error("changes: a list of objects expected");
  SectionChange change;
  const std::string verb = text_of(object, "do", "\"set\", \"add\" or \"remove\"");
  if (verb == "add") {
    change.kind = SectionChange::Kind::add;
  } else if (verb == "remove") {
    change.kind = SectionChange::Kind::remove;
  } else if (verb != "set") {
    throw std::runtime_error("do: \"set\", \"add\" or \"remove\" expected, got " +
                             control::quoted(verb));
  }
  change.section = text_of(object, "section", "a section such as \"Uplink lte\"");
  if (!object.contains("keys")) return change;
  const json& keys = object.at("keys");
  if (!keys.is_object()) throw std::runtime_error("keys: an object expected");
  for (const auto& [key, value] : keys.items()) change.keys.push_back(key_change(key, value));
  return change;
}

json describe(const DocumentSection& section, const std::vector<KeyReference>& reference) {
  json keys = json::array();
  std::string public_key;
  for (const DocumentKey& key : section.keys) {
    std::string name = key.key;
    for (const KeyReference& known : reference) {
      if (equal_ignoring_case(known.key, name)) name = known.key;
    }
    json entry = {{"key", name}, {"line", key.line}};
    if (is_secret(name)) {
      entry["secret"] = true;
      const auto secret = PrivateKey::from_base64(key.value);
      if (secret && name == kPrivateKey) public_key = public_key_of(*secret).to_base64();
    } else {
      entry["value"] = key.value;
    }
    keys.push_back(std::move(entry));
  }
  json object = {{"section", section.label}, {"line", section.line}, {"keys", std::move(keys)}};
  if (!public_key.empty()) object["public_key"] = public_key;
  return object;
}

}  // namespace

void ChangeResult::add_problem(const ConfigError& problem) {
  errors.push_back(problem.to_string());
  problems.push_back(problem);
}

ChangeRequest change_from_json(const json& object) {
  ChangeRequest request;
  if (!object.contains("changes") || !object.at("changes").is_array()) {
    throw std::runtime_error("changes: a list of objects expected");
  }
  for (const json& each : object.at("changes")) request.sections.push_back(section_change(each));
  if (object.contains("revision")) request.revision = text_of(object, "revision", "a string");
  if (object.contains("check_only")) {
    if (!object.at("check_only").is_boolean()) {
      throw std::runtime_error("check_only: true or false expected");
    }
    request.check_only = object.at("check_only").get<bool>();
  }
  if (object.contains("confirm_s")) {
    const json& value = object.at("confirm_s");
    const int64_t seconds = value.is_number_integer() ? value.get<int64_t>() : 0;
    if (seconds < kShortestConfirm.count() || seconds > kLongestConfirm.count()) {
      throw std::runtime_error("confirm_s: " + std::to_string(kShortestConfirm.count()) + " to " +
                               std::to_string(kLongestConfirm.count()) + " seconds expected");
    }
    request.confirm = std::chrono::seconds(seconds);
  }
  return request;
}

json to_json(const ConfigError& problem) {
  return {{"section", problem.section},
          {"key", problem.key},
          {"line", problem.line},
          {"message", problem.message}};
}

void make_changes(ConfigDocument& document, const std::vector<SectionChange>& changes,
                  Platform& platform, const std::string& file, ChangeResult& result) {
  for (const SectionChange& change : changes) {
    const auto refuse = [&](const std::string& key, const std::optional<std::string>& problem) {
      if (problem) result.add_problem({file, 0, canonical_label(change.section), key, *problem});
    };
    if (change.kind == SectionChange::Kind::remove) {
      refuse("", document.remove(change.section));
      continue;
    }
    if (change.kind == SectionChange::Kind::add) refuse("", document.add(change.section));
    for (const KeyChange& each : change.keys) {
      std::vector<std::string> values = each.values;
      if (each.generate && equal_ignoring_case(each.key, kPrivateKey)) {
        const PrivateKey key = generate_private_key(platform);
        values = {key.to_base64()};
        result.public_keys[canonical_label(change.section)] = public_key_of(key).to_base64();
      } else if (each.generate) {
        values = {generate_preshared_key(platform).to_base64()};
      }
      refuse(each.key, document.set(change.section, each.key, values));
    }
  }
}

json describe(const ConfigDocument& document) {
  const std::vector<KeyReference> reference = key_reference();
  json keys = json::array();
  for (const KeyReference& key : reference) {
    keys.push_back({{"section", key.section},
                    {"key", key.key},
                    {"values", key.values},
                    {"help", key.help},
                    {"repeatable", key.repeatable}});
  }
  json sections = json::array();
  for (const DocumentSection& section : document.sections()) {
    sections.push_back(describe(section, reference));
  }
  return {{"sections", std::move(sections)}, {"reference", std::move(keys)}};
}

}  // namespace wirebraid::control
