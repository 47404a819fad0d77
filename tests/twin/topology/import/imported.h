// What tests of the importers share.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/twin/topology/samples.h"
#include "twin/topology/import/importer.h"
#include "twin/topology/writer.h"

namespace wirebraid::topology {

/// Imports a text that must be good, and whose topology our own reader must take.
inline Imported imported(const std::string& text, const std::string& title,
                         const std::string& format = "") {
  ImportResult result = import_topology(text, "map", format);
  EXPECT_EQ(result.format, title);
  if (!result.imported) {
    ADD_FAILURE() << (result.errors.empty() ? "" : result.errors.front().to_string());
    return {};
  }
  const ReadResult read = read_topology(write_topology(result.imported->topology), "written");
  for (const Finding& error : read.errors) ADD_FAILURE() << error.to_string();
  EXPECT_EQ(read.topology, result.imported->topology);
  return std::move(*result.imported);
}

inline Imported imported_fixture(const std::string& name, const std::string& title) {
  return imported(contents_of(fixtures() + name), title);
}

/// "LINE: ENTRY: REASON"
inline std::vector<std::string> skipped_of(const Imported& imported) {
  std::vector<std::string> lines;
  for (const Skipped& one : imported.skipped) {
    lines.push_back(std::to_string(one.line) + ": " + one.entry + ": " + one.reason);
  }
  return lines;
}

inline std::vector<std::string> node_ids(const Imported& imported) {
  std::vector<std::string> ids;
  for (const Node& node : imported.topology.nodes) ids.push_back(node.id);
  return ids;
}

inline std::vector<std::string> link_ids(const Imported& imported) {
  std::vector<std::string> ids;
  for (const Link& link : imported.topology.links) ids.push_back(link.id);
  return ids;
}

}  // namespace wirebraid::topology
