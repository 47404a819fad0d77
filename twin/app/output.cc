#include "twin/app/output.h"

#include <boost/program_options.hpp>
#include <ostream>

#include "twin/topology/writer.h"

namespace wirebraid::twin {
namespace po = boost::program_options;
using namespace topology;

void add_output_option(CommandLine& line) {
  line.options().add_options()("output,o", po::value<std::string>()->value_name("FILE"),
                               "where the topology goes; without it, standard output");
}

int write_out(const Topology& topology, const CommandLine& line, const Streams& streams) {
  const std::string text = write_topology(topology);
  if (!line.has("output")) {
    streams.out << text;
    return kExitDone;
  }
  const std::string path = line.text("output");
  if (const auto error = save_text(text, path)) {
    return print_errors({{path, 0, "", *error}}, streams);
  }
  streams.err << path << ": written, " << counted(topology.nodes.size(), "node") << ", "
              << counted(topology.links.size(), "link") << "\n";
  return kExitDone;
}

}  // namespace wirebraid::twin
