// Reads topologies that others publish. Each format has a file of its own behind one small
// interface; what they have in common is in ImportDraft.
//
// Importers are lenient where the strict reader of our own format is not: maps are made by
// machines and are never quite complete. What cannot be used is skipped, and every skipped entry
// is counted and named.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "twin/topology/finding.h"
#include "twin/topology/import/draft.h"
#include "twin/topology/json_document.h"
#include "twin/topology/topology.h"

namespace wirebraid::topology {

struct ImportInput {
  std::string_view text;
  const JsonValue* json = nullptr;  ///< nullptr: the text is not one JSON document
};

class Importer {
 public:
  virtual ~Importer() = default;
  virtual std::string_view name() const = 0;   ///< for --format
  virtual std::string_view title() const = 0;  ///< for people
  virtual bool needs_json() const = 0;
  /// By content alone, and without reading all of it.
  virtual bool recognizes(const ImportInput& input) const = 0;
  /// Fills `draft`. Only what makes the whole file useless is an error.
  virtual void read(const ImportInput& input, ImportDraft& draft, Findings& errors) const = 0;
};

/// All of them, in the order in which they are tried.
std::span<const Importer* const> importers();

struct ImportResult {
  std::string format;                ///< title of what it was read as; empty: not recognized
  std::optional<Imported> imported;  ///< there exactly if `errors` is empty
  std::vector<Finding> errors;
};

/// `format`: an importer's name, "wirebraid" for our own, or empty to find out by content. `file`
/// names the source in messages and the topology.
ImportResult import_topology(std::string_view text, const std::string& file,
                             const std::string& format = "");
/// Names for `format`, "wirebraid" included.
std::vector<std::string> import_formats();

}  // namespace wirebraid::topology
