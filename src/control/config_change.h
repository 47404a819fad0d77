// Changes of the running configuration, as the control socket asks for them: to the text of the
// file, checked as a whole.
#pragma once

#include <chrono>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/config.h"
#include "wirebraid/platform.h"

namespace wirebraid::control {

class ConfigDocument;

struct KeyChange {
  std::string key;
  std::vector<std::string> values;  ///< none: the key is removed
  bool generate = false;            ///< a new key of that kind, instead of a value
};

struct SectionChange {
  enum class Kind : uint8_t { set, add, remove };
  Kind kind = Kind::set;
  std::string section;  ///< "Uplink lte"
  std::vector<KeyChange> keys;
};

struct ChangeRequest {
  std::vector<SectionChange> sections;
  std::string revision;  ///< of the configuration that they are meant for; empty: any
  bool check_only = false;
  std::optional<std::chrono::seconds> confirm;  ///< undone without a confirmation in this time
};
inline constexpr std::chrono::seconds kShortestConfirm{5};
inline constexpr std::chrono::seconds kLongestConfirm{3600};

/// What became of a reload or change. Exactly if `ok`, it was done.
struct ChangeResult {
  bool ok = false;
  std::vector<std::string> errors;    ///< for people
  std::vector<ConfigError> problems;  ///< those that are about the configuration
  std::vector<std::string> warnings;
  std::string revision;                            ///< of what runs now
  std::map<std::string, std::string> public_keys;  ///< of generated private keys, by section

  /// Adds to errors and problems.
  void add_problem(const ConfigError& problem);
};

/// The members of a "change" command. Throws std::runtime_error with what would be right.
ChangeRequest change_from_json(const nlohmann::json& json);
nlohmann::json to_json(const ConfigError& problem);

/// Edits `document`; what could not be done is added to `result`.
void make_changes(ConfigDocument& document, const std::vector<SectionChange>& changes,
                  Platform& platform, const std::string& file, ChangeResult& result);

/// The sections of a text with their keys, and the reference of all keys, as
/// docs/control-protocol.md has them: no secrets.
nlohmann::json describe(const ConfigDocument& document);

}  // namespace wirebraid::control
