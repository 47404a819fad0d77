// The text of a configuration file as something to edit: what a change does not mean stays as
// somebody wrote it, comments, order and spelling included. Whether the outcome makes sense is for
// parse_config() to say.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/secret_text.h"

namespace wirebraid::control {

struct DocumentKey {
  std::string key;    ///< as written
  std::string value;  ///< without blanks and comment
  size_t line = 0;
};

struct DocumentSection {
  std::string label;  ///< "Uplink lte": the kind as the documentation spells it
  size_t line = 0;    ///< of its header
  std::vector<DocumentKey> keys;
};

/// Lines count from 1. May hold secrets, so it is wiped when it dies.
class ConfigDocument {
 public:
  explicit ConfigDocument(std::string_view text);
  ~ConfigDocument();
  ConfigDocument(const ConfigDocument&) = delete;
  ConfigDocument& operator=(const ConfigDocument&) = delete;

  std::vector<DocumentSection> sections() const;
  SecretText text() const;

  // Edits: nullopt when done, else why not, without any value. Nothing has changed then.

  /// Gives `key` of the section with this label (as DocumentSection has it; the kind in any case)
  /// these values, a line each, in the place where it stood, or at the section's end. No value
  /// removes it. A comment after the value stays.
  std::optional<std::string> set(std::string_view label, std::string_view key,
                                 const std::vector<std::string>& values);
  /// An empty section at the end.
  std::optional<std::string> add(std::string_view label);
  /// With the comment that stands directly above it.
  std::optional<std::string> remove(std::string_view label);

 private:
  /// Places in lines_: the header, and one past the last line that belongs to the section.
  struct Extent {
    size_t header = 0;
    size_t end = 0;
  };
  std::optional<Extent> find(std::string_view label, std::string& problem) const;
  void erase(size_t first, size_t last);
  /// Where comments directly above `line` start.
  size_t start_of_comment(size_t line) const;

  std::vector<std::string> lines_;
};

}  // namespace wirebraid::control
