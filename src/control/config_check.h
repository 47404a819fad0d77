// What a configuration must fulfil beyond each key's own form.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "control/config.h"

namespace wirebraid::control {

/// Where things stood in the file, for messages.
struct SectionSource {
  std::string label;                    ///< "Uplink lte", as in ConfigError::section
  size_t line = 0;                      ///< of the header
  std::map<std::string, size_t> lines;  ///< line of each key's first use

  bool has(const std::string& key) const { return lines.count(key) != 0; }
  /// The key's line, or the header's if it is not given.
  size_t line_of(const std::string& key) const;
};

/// A Config as read, with its sources in the same order.
struct ConfigDraft {
  std::string file;
  Config config;
  SectionSource interface;
  std::vector<SectionSource> bonds;
  std::vector<SectionSource> uplinks;
  std::vector<ConfigError> errors;
  std::vector<ConfigError> warnings;
};

/// Gives each uplink its bond, then checks everything that spans keys or sections; appends to
/// errors and warnings. Sections that failed to read are checked as far as that makes sense.
void check_config(ConfigDraft& draft);

}  // namespace wirebraid::control
