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
  std::vector<SectionSource> classes;
  std::vector<ConfigError> errors;
  std::vector<ConfigError> warnings;

  void error(const SectionSource& source, const std::string& key, std::string message);
  void warn(const SectionSource& source, const std::string& key, std::string message);
  std::vector<std::string> bond_names() const;
};

/// "[Uplink lte] in line 7", or where the section has `key`.
std::string place_of(const SectionSource& source, const std::string& key);

/// Gives each uplink and class its bond, then checks everything that spans keys or sections;
/// appends to errors and warnings. Sections that failed to read are checked as far as that makes
/// sense.
void check_config(ConfigDraft& draft);
/// The part of it that is about classes, and about what modes make of exits and weights. Uplinks
/// have their bonds already.
void check_modes(ConfigDraft& draft);

}  // namespace wirebraid::control
