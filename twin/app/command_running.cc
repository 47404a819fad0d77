// The commands that ask a running twin: status, exec, shell, console, power, set, cut, capture.
#include <poll.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <boost/program_options.hpp>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <thread>

#include "twin/app/command.h"
#include "twin/app/twin_directory.h"
#include "twin/lab/interrupt.h"
#include "twin/lab/process.h"
#include "twin/topology/json_document.h"

namespace wirebraid::twin {
namespace po = boost::program_options;
using keeper::Json;
namespace {

/// As telnet's, and not a key that a shell has a use for.
constexpr char kLeave = 0x1d;

void print_status(const Json& status, std::ostream& out) {
  out << std::left << std::setw(24) << "node" << std::setw(11) << "role" << std::setw(9) << "state"
      << std::setw(6) << "slot" << std::setw(7) << "boots" << std::setw(9) << "MiB"
      << "CPU, s\n";
  for (const Json& node : status["nodes"]) {
    out << std::setw(24) << node.value("node", "") << std::setw(11) << node.value("role", "")
        << std::setw(9) << node.value("state", "") << std::setw(6) << node.value("slot", "")
        << std::setw(7) << node.value("boots", 0) << std::setw(9)
        << node.value("memory_kib", 0) / 1024 << node.value("cpu_s", 0.0) << "\n";
    if (node.contains("problem")) out << "  " << node.value("problem", "") << "\n";
  }
  bool first = true;
  for (const Json& link : status["links"]) {
    if (link.value("state", "") == "up") continue;
    if (first) out << "\n";
    first = false;
    out << "link " << link.value("link", "") << " is cut\n";
  }
}

/// The terminal passes every key on, until it is put back.
class RawTerminal {
 public:
  RawTerminal() : active_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!active_) return;
    termios raw = before_;
    ::cfmakeraw(&raw);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  }
  ~RawTerminal() {
    if (active_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

 private:
  termios before_{};
  bool active_;
};

/// Joins the terminal to `fd` until Ctrl-] or its end.
void pump(int fd) {
  const RawTerminal raw;
  while (true) {
    std::array<pollfd, 2> polled{{{STDIN_FILENO, POLLIN, 0}, {fd, POLLIN, 0}}};
    if (::poll(polled.data(), polled.size(), -1) < 0) return;
    std::array<char, 4096> block{};
    if (polled[0].revents != 0) {
      const ssize_t size = ::read(STDIN_FILENO, block.data(), block.size());
      if (size <= 0 ||
          std::find(block.begin(), block.begin() + size, kLeave) != block.begin() + size) {
        return;
      }
      if (::send(fd, block.data(), static_cast<size_t>(size), MSG_NOSIGNAL) < 0) return;
    }
    if (polled[1].revents != 0) {
      const ssize_t size = ::recv(fd, block.data(), block.size(), 0);
      if (size <= 0 || ::write(STDOUT_FILENO, block.data(), static_cast<size_t>(size)) < 0) return;
    }
  }
}

/// "rate_mbit=5" and the like.
Json changes_of(const Arguments& words, size_t from) {
  Json request = Json::object();
  for (size_t i = from; i < words.size(); ++i) {
    const size_t equals = words[i].find('=');
    std::string key = words[i].substr(0, equals);
    std::string direction = "both";
    if (const size_t colon = key.find(':'); colon != std::string::npos) {
      direction = key.substr(0, colon);
      key = key.substr(colon + 1);
    }
    const auto value = equals == std::string::npos
                           ? std::nullopt
                           : topology::parse_number(words[i].substr(equals + 1));
    if (!value || !keeper::is_link_figure(key) ||
        (direction != "both" && direction != "a_to_b" && direction != "b_to_a")) {
      throw UsageError(
          "set: " + topology::in_quotes(words[i]) +
          " is not understood; [a_to_b:|b_to_a:]rate_mbit|delay_ms|jitter_ms|loss=NUMBER "
          "expected");
    }
    request[direction][key] = *value;
  }
  return request;
}

}  // namespace

int run_status(const Arguments& arguments, const Streams& streams) {
  CommandLine line("status", {});
  add_directory_option(line);
  line.options().add_options()("json", "for programs");
  if (!line.parse(arguments, streams)) return kExitDone;
  Json status = ask_twin(line, {{"command", "status"}});
  if (line.has("json")) {
    status.erase("ok");
    streams.out << status.dump(2) << "\n";
  } else {
    print_status(status, streams.out);
  }
  return kExitDone;
}

int run_exec(const Arguments& arguments, const Streams& streams) {
  CommandLine line("exec", {"NODE", "a command after --..."});
  add_directory_option(line);
  line.options().add_options()("limit", po::value<std::string>()->value_name("SECONDS"),
                               "give up after so long (60)");
  if (!line.parse(arguments, streams)) return kExitDone;
  std::string command;
  // One word is a line of shell; several are a command, as they stand.
  for (size_t i = 1; i < line.words().size(); ++i) {
    command += (i > 1 ? " " : "") +
               (line.words().size() == 2 ? line.word(i) : lab::shell_quoted(line.word(i)));
  }
  const size_t limit = line.has("limit") ? line.number("limit", 1, 86'400) : 60;
  const Json answer = ask_twin(
      line,
      {{"command", "exec"}, {"node", line.word()}, {"line", command}, {"limit_ms", limit * 1000}});
  streams.out << answer.value("output", "");
  return answer.value("status", 1);
}

int run_shell(const Arguments& arguments, const Streams& streams) {
  CommandLine line("shell", {"NODE"});
  add_directory_option(line);
  if (!line.parse(arguments, streams)) return kExitDone;
  const io::Descriptor fd = keeper::connect_to(directory_of(line));
  keeper::ask(fd.get(), {{"command", "shell"}, {"node", line.word()}});
  streams.err << "the console of " << line.word() << "; Ctrl-] leaves it\n";
  pump(fd.get());
  streams.err << "\n";
  return kExitDone;
}

int run_console(const Arguments& arguments, const Streams& streams) {
  CommandLine line("console", {"NODE"});
  add_directory_option(line);
  line.options().add_options()("follow,f", "go on with what it says from now on, until Ctrl-C");
  if (!line.parse(arguments, streams)) return kExitDone;
  const std::filesystem::path file = directory_of(line) / "nodes" / line.word() / "console.log";
  std::ifstream log(file, std::ios::binary);
  if (!log) {
    return print_errors({{file.string(), 0, "",
                          "there is no such log; `wirebraid-twin status` "
                          "lists the nodes"}},
                        streams);
  }
  streams.out << log.rdbuf() << std::flush;
  if (!line.has("follow")) return kExitDone;
  lab::catch_signals();
  while (!lab::interrupted()) {
    log.clear();
    if (log.peek() != std::ifstream::traits_type::eof()) streams.out << log.rdbuf() << std::flush;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  return kExitDone;
}

int run_power(const Arguments& arguments, const Streams& streams) {
  CommandLine line("power", {"NODE", "off or on"});
  add_directory_option(line);
  if (!line.parse(arguments, streams)) return kExitDone;
  const std::string& wish = line.word(1);
  if (wish != "on" && wish != "off") {
    throw UsageError("power: " + topology::in_quotes(wish) + " is neither off nor on");
  }
  ask_twin(line, {{"command", "power"}, {"node", line.word()}, {"on", wish == "on"}});
  return kExitDone;
}

int run_set(const Arguments& arguments, const Streams& streams) {
  CommandLine line("set", {"LINK", "what to change..."});
  add_directory_option(line);
  if (!line.parse(arguments, streams)) return kExitDone;
  Json request = changes_of(line.words(), 1);
  request["command"] = "set";
  request["link"] = line.word();
  ask_twin(line, request);
  return kExitDone;
}

int run_cut(const Arguments& arguments, const Streams& streams) {
  CommandLine line("cut", {"LINK"});
  add_directory_option(line);
  line.options().add_options()("back", "join it again");
  if (!line.parse(arguments, streams)) return kExitDone;
  ask_twin(line, {{"command", "cut"}, {"link", line.word()}, {"back", line.has("back")}});
  return kExitDone;
}

int run_capture(const Arguments& arguments, const Streams& streams) {
  CommandLine line("capture", {"LINK", "FILE or off"});
  add_directory_option(line);
  if (!line.parse(arguments, streams)) return kExitDone;
  const std::string file =
      line.word(1) == "off" ? "" : std::filesystem::absolute(line.word(1)).string();
  ask_twin(line, {{"command", "capture"}, {"link", line.word()}, {"file", file}});
  return kExitDone;
}

}  // namespace wirebraid::twin
