// wirebraid-twin import: a map's file becomes a topology of ours.
#include <algorithm>
#include <boost/program_options.hpp>
#include <cstdint>
#include <iostream>

#include "twin/app/command.h"
#include "twin/app/output.h"
#include "twin/topology/import/importer.h"
#include "twin/topology/selection.h"

namespace wirebraid::twin {
namespace po = boost::program_options;
using namespace topology;
namespace {

Selection selection_of(const CommandLine& line) {
  Selection selection;
  if (line.has("village")) selection.village = line.text("village");
  if (line.has("component")) {
    const bool largest = line.text("component") == "largest";
    selection.component = largest ? 1 : line.number("component", 1, SIZE_MAX);
  }
  if (line.has("max-nodes")) selection.max_nodes = line.number("max-nodes", 1, SIZE_MAX);
  return selection;
}

/// All of them: who wonders where a node went must find it here.
void print_skipped(const std::vector<Skipped>& skipped, const std::string& file,
                   const Streams& streams) {
  if (skipped.empty()) return;
  streams.err << "skipped " << counted(skipped.size(), "entry", "entries") << ":\n";
  for (const Skipped& entry : skipped) {
    streams.err << "  " << file;
    if (entry.line > 0) streams.err << ":" << entry.line;
    streams.err << ": " << entry.entry << ": " << entry.reason << "\n";
  }
}

void print_left_out(const Selected& selected, const Streams& streams) {
  if (selected.left_out.empty()) return;
  streams.err << "left out: " << counted(selected.left_out.size(), "node") << " and "
              << counted(selected.links_left_out, "link") << " that are not selected:";
  for (const std::string& id : selected.left_out) streams.err << " " << id;
  streams.err << "\n";
}

std::string format_help() { return "what FILE is: " + listed(import_formats()); }

}  // namespace

int run_import(const Arguments& arguments, const Streams& streams) {
  CommandLine line("import", {"FILE"});
  auto add = line.options().add_options();
  const std::string formats = format_help() + "; without it, found out by content";
  add("format", po::value<std::string>()->value_name("FORMAT"), formats.c_str());
  add("village", po::value<std::string>()->value_name("NAME"),
      "only this village, and the servers that its nodes have links to");
  add("component", po::value<std::string>()->value_name("N|largest"),
      "only the nodes of one component, numbered from the largest on");
  add("max-nodes", po::value<std::string>()->value_name("N"),
      "a part of at most N nodes that hang together");
  add_output_option(line);
  if (!line.parse(arguments, streams)) return kExitDone;
  const Selection selection = selection_of(line);
  const auto formats_known = import_formats();
  const std::string format = line.text("format");
  if (line.has("format") &&
      std::find(formats_known.begin(), formats_known.end(), format) == formats_known.end()) {
    throw UsageError("--format: " + in_quotes(format) + " is none of " + listed(formats_known));
  }

  const FileText file = read_file(line.word());
  if (!file.text) return print_errors({{line.word(), 0, "", file.error}}, streams);
  const ImportResult result = import_topology(*file.text, line.word(), format);
  if (!result.imported) return print_errors(result.errors, streams);

  const Topology& topology = result.imported->topology;
  streams.err << line.word() << ": " << result.format << ": "
              << counted(topology.nodes.size(), "node") << ", "
              << counted(topology.links.size(), "link") << "\n";
  for (const std::string& note : result.imported->notes) streams.err << "  " << note << "\n";
  print_skipped(result.imported->skipped, line.word(), streams);
  const Selected selected = select(topology, selection);
  if (!selected.error.empty()) {
    return print_errors({{line.word(), 0, "", selected.error}}, streams);
  }
  print_left_out(selected, streams);
  return write_out(selected.topology, line, streams);
}

}  // namespace wirebraid::twin
