// Reads a topology file of our own format. Strict: an unknown key is a mistake, and either all is
// read or nothing. Reading never stops at the first mistake; all of them are reported together.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "twin/topology/finding.h"
#include "twin/topology/json_document.h"
#include "twin/topology/topology.h"

namespace wirebraid::topology {

inline constexpr std::string_view kFormatName = "wirebraid-topology";
inline constexpr int kFormatVersion = 1;

/// `topology` is there exactly if `errors` is empty.
struct ReadResult {
  std::optional<Topology> topology;
  std::vector<Finding> errors;  ///< by line; Findings::kMost and one that counts the rest at most
};

/// `file` names the source in messages.
ReadResult read_topology(std::string_view text, const std::string& file);
/// The same of a document that is parsed already and has a root.
ReadResult read_topology(const JsonDocument& document, const std::string& file);
/// Errors of opening and reading are among the result's.
ReadResult load_topology(const std::string& path);

/// Keys of the objects in a file. A test holds topology.schema.json to them.
struct Key {
  std::string_view name;
  bool required = false;
};
struct ObjectKeys {
  std::string_view object;  ///< "topology", or the name of a definition in the schema
  std::span<const Key> keys;
};
std::span<const ObjectKeys> object_keys();

}  // namespace wirebraid::topology
