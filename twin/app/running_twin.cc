#include "twin/app/running_twin.h"

#include <unistd.h>

#include <boost/program_options.hpp>
#include <iostream>
#include <map>
#include <thread>

#include "twin/lab/scratch_directory.h"
#include "twin/machine/accelerator.h"
#include "twin/node/boot_files.h"

namespace wirebraid::twin {
namespace po = boost::program_options;
namespace {

using machine::Accelerator;
using node::NodeState;

Accelerator accelerator_of(const CommandLine& line, const std::filesystem::path& image,
                           const Streams& streams) {
  const std::string wish = line.text("accelerator", "auto");
  if (wish == "tcg") return Accelerator::tcg;
  if (wish == "kvm") return Accelerator::kvm;
  if (wish != "auto") {
    throw UsageError("--accelerator: " + topology::in_quotes(wish) +
                     " is none of auto, kvm or tcg");
  }
  machine::AcceleratorChoice choice = machine::find_accelerator();
  if (choice.accelerator == Accelerator::kvm) {
    const lab::ScratchDirectory scratch("wirebraid-trial");
    const node::BootPair files = node::BootFiles(scratch.path()).of(image);
    if (!machine::boots(Accelerator::kvm, files.kernel, files.initrd)) {
      choice = {Accelerator::tcg,
                "/dev/kvm is there, but the firmware's kernel does not boot with it"};
    }
  }
  if (choice.accelerator == Accelerator::tcg) {
    streams.err << "machines run by translation (TCG): " << choice.reason << "\n";
  }
  return choice.accelerator;
}

std::string sums(mesh::Twin& twin, const std::vector<NodeState>& states) {
  std::map<NodeState, size_t> counts;
  for (const NodeState state : states) ++counts[state];
  std::string text = std::to_string(counts[NodeState::running]) + " of " +
                     std::to_string(twin.size()) + " nodes run";
  for (const NodeState each : {NodeState::booting, NodeState::waiting, NodeState::failed}) {
    if (counts[each] == 0) continue;
    text += ", " + std::to_string(counts[each]) + " " + std::string(node::name_of(each));
    if (each != NodeState::booting) continue;
    text += " (";
    for (size_t i = 0, shown = 0; i < states.size(); ++i) {
      if (states[i] == each) text += (shown++ == 0 ? "" : " ") + twin.node(i).name();
    }
    text += ")";
  }
  return text;
}

}  // namespace

void add_twin_options(CommandLine& line) {
  auto add = line.options().add_options();
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  add("memory", text("MIB"), "of each node (112); gateways and servers have 64 more");
  add("boots-at-once", text("N"), "so many boot at a time; without it, one for each core");
  add("accelerator", text("auto|kvm|tcg"), "auto: KVM if it works");
}

mesh::TwinOptions twin_options(const CommandLine& line, const std::filesystem::path& image,
                               const Streams& streams) {
  mesh::TwinOptions options;
  options.image = image;
  if (line.has("memory")) {
    options.memory_mib = static_cast<unsigned>(line.number("memory", 48, 4096));
  }
  options.boots_at_once = std::max(1u, std::thread::hardware_concurrency());
  if (line.has("boots-at-once")) {
    options.boots_at_once = static_cast<unsigned>(line.number("boots-at-once", 1, 1000));
  }
  options.accelerator = accelerator_of(line, image, streams);
  return options;
}

void print_remarks(const mesh::Twin& twin, const Streams& streams) {
  for (const std::string& remark : twin.plan().remarks) streams.err << remark << "\n";
}

bool watch_boot(mesh::Twin& twin, const Streams& streams, const std::function<bool()>& stop) {
  const bool terminal = ::isatty(STDERR_FILENO) != 0;
  std::string shown;
  while (true) {
    std::vector<NodeState> states;
    for (size_t i = 0; i < twin.size(); ++i) states.push_back(twin.node(i).state());
    const std::string text = sums(twin, states);
    if (text != shown)
      streams.err << (terminal ? "\r\x1b[K" : "") << text << (terminal ? "" : "\n") << std::flush;
    shown = text;
    const bool settled = std::all_of(states.begin(), states.end(), [](NodeState state) {
      return state == NodeState::running || state == NodeState::failed;
    });
    if (settled || stop()) {
      if (terminal) streams.err << "\n";
      for (size_t i = 0; i < twin.size(); ++i) {
        if (states[i] == NodeState::failed) streams.err << twin.node(i).problem() << "\n";
      }
      return std::all_of(states.begin(), states.end(),
                         [](NodeState state) { return state == NodeState::running; });
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
}

}  // namespace wirebraid::twin
