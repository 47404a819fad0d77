#include "twin/keeper/keeper.h"

#include <poll.h>
#include <sys/socket.h>

#include <fstream>
#include <sstream>

#include "twin/topology/fields.h"

namespace wirebraid::keeper {
namespace {

using fabric::LinkOptions;
using fabric::LinkState;
using node::milliseconds;

constexpr int kSliceMs = 200;

std::string text_of(const Json& request, const char* key) {
  const auto found = request.find(key);
  if (found == request.end() || !found->is_string()) {
    throw KeeperError(std::string("the request has no \"") + key + "\"");
  }
  return found->get<std::string>();
}

/// Of QEMU, from the kernel: what it holds in memory, and its processor time.
Json process_figures(pid_t pid) {
  Json figures = Json::object();
  if (pid <= 0) return figures;
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) figures["memory_kib"] = std::stoul(line.substr(6));
  }
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string text{std::istreambuf_iterator<char>(stat), {}};
  // Fields 14 and 15, counted from behind the program's name, which may have blanks.
  std::istringstream fields(text.substr(std::min(text.rfind(')') + 1, text.size())));
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  if (fields >> user >> system) {
    figures["cpu_s"] = (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }
  return figures;
}

void change(LinkOptions& options, const Json& to) {
  if (!to.is_object()) throw KeeperError("what to change of a direction has to be an object");
  for (const auto& [key, value] : to.items()) {
    if (!is_link_figure(key)) throw KeeperError("\"" + key + "\" is nothing that a link has");
  }
  const auto number = [&](const char* key, double least, double most, auto&& use) {
    const auto found = to.find(key);
    if (found == to.end()) return;
    if (!found->is_number() || *found < least || *found > most) {
      throw KeeperError(std::string(key) + ": a number from " + topology::number_text(least) +
                        " to " + topology::number_text(most) + " expected");
    }
    use(found->get<double>());
  };
  using topology::kMostDelayMs;
  number("rate_mbit", topology::kLeastRateMbit, topology::kMostRateMbit,
         [&](double value) { options.rate = static_cast<uint64_t>(value * 1e6); });
  number("delay_ms", 0, kMostDelayMs,
         [&](double value) { options.delay = mesh::duration_of_ms(value); });
  number("jitter_ms", 0, kMostDelayMs,
         [&](double value) { options.jitter = mesh::duration_of_ms(value); });
  number("loss", 0, 1, [&](double value) { options.loss = value; });
}

const char* name_of(LinkState state) {
  switch (state) {
    case LinkState::up:
      return "up";
    case LinkState::blackhole:
      return "blackhole";
    case LinkState::down:
      return "down";
  }
  return "";
}

}  // namespace

Keeper::Keeper(mesh::Twin& twin, const std::filesystem::path& directory)
    : twin_(twin),
      directory_(directory),
      listener_(listen_in(directory)),
      thread_([this] { serve(); }) {}

Keeper::~Keeper() {
  stopping_ = true;
  thread_.join();
  for (Connection& each : connections_) ::shutdown(each.fd.get(), SHUT_RDWR);
  for (Connection& each : connections_) each.thread.join();
  std::error_code ignored;
  std::filesystem::remove(socket_path(directory_), ignored);
}

void Keeper::serve() {
  while (!stopping_) {
    pollfd polled{listener_.get(), POLLIN, 0};
    const int ready = ::poll(&polled, 1, kSliceMs);
    forget_ended();
    if (ready <= 0) continue;
    io::Descriptor fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!fd) continue;
    Connection& connection = connections_.emplace_back();
    connection.fd = std::move(fd);
    connection.thread = std::thread([this, &connection] {
      talk(connection.fd.get());
      // The other side waits for the end of the stream.
      ::shutdown(connection.fd.get(), SHUT_RDWR);
      connection.ended = true;
    });
  }
}

void Keeper::forget_ended() {
  connections_.remove_if([](Connection& each) {
    if (!each.ended) return false;
    each.thread.join();
    return true;
  });
}

void Keeper::talk(int fd) {
  try {
    while (const auto request = receive_line(fd)) {
      Json answer;
      try {
        if (request->value("command", "") == "shell") {
          open_shell(fd, *request);
          return;
        }
        answer = this->answer(*request);
        answer["ok"] = true;
      } catch (const std::exception& error) {
        answer = {{"ok", false}, {"error", error.what()}};
      }
      send_line(fd, answer);
    }
  } catch (const std::exception&) {
    // It has gone, or does not speak our language.
  }
}

void Keeper::open_shell(int fd, const Json& request) {
  node::Node& node = node_of(request);
  if (node.state() != node::NodeState::running) {
    throw KeeperError(node.name() + ": not running (" + std::string(name_of(node.state())) + ")");
  }
  send_line(fd, {{"ok", true}});
  node.attach(fd);
}

Json Keeper::answer(const Json& request) {
  const std::string command = text_of(request, "command");
  if (command == "status") return status();
  if (command == "exec") return exec(request);
  if (command == "power") return power(request);
  if (command == "set") return set_link(request);
  if (command == "cut") return cut_link(request);
  if (command == "capture") return capture(request);
  if (command == "down") {
    down_ = true;
    return Json::object();
  }
  throw KeeperError("unknown command \"" + command + "\"");
}

node::Node& Keeper::node_of(const Json& request) {
  const std::string id = text_of(request, "node");
  node::Node* node = twin_.find(id);
  if (node == nullptr) throw KeeperError("there is no node \"" + id + "\"");
  return *node;
}

size_t Keeper::link_of(const Json& request) const {
  const std::string id = text_of(request, "link");
  const auto& links = twin_.topology().links;
  for (size_t i = 0; i < links.size(); ++i) {
    if (links[i].id == id) return i;
  }
  throw KeeperError("there is no link \"" + id + "\"");
}

Json Keeper::status() {
  Json answer{{"version", 1},
              {"name", twin_.topology().name},
              {"nodes", Json::array()},
              {"links", Json::array()}};
  for (size_t i = 0; i < twin_.size(); ++i) {
    node::Node& node = twin_.node(i);
    Json each{{"node", node.name()},
              {"role", topology::name_of(twin_.topology().nodes[i].role)},
              {"state", node::name_of(node.state())},
              {"boots", node.boots()},
              {"slot", std::string(1, static_cast<char>(node.slot()))}};
    if (const std::string problem = node.problem(); !problem.empty()) each["problem"] = problem;
    each.update(process_figures(node.pid()));
    answer["nodes"].push_back(std::move(each));
  }
  for (size_t i = 0; i < twin_.wires().size(); ++i) {
    const auto& link = twin_.topology().links[i];
    const auto options = twin_.wires().options(i);
    answer["links"].push_back(
        {{"link", link.id},
         {"a", link.a},
         {"b", link.b},
         {"kind", topology::name_of(link.kind)},
         {"state", name_of(options.from_a.state)},
         {"frames_from_a", twin_.wires().statistics(i, fabric::End::a).delivered_frames},
         {"frames_from_b", twin_.wires().statistics(i, fabric::End::b).delivered_frames}});
  }
  return answer;
}

Json Keeper::exec(const Json& request) {
  const auto limit = milliseconds(request.value("limit_ms", 60'000));
  const node::CommandResult result = node_of(request).run(text_of(request, "line"), limit);
  return {{"status", result.status}, {"output", result.output}};
}

Json Keeper::power(const Json& request) {
  node::Node& node = node_of(request);
  if (request.value("on", true)) {
    node.power_on();
  } else {
    node.power_off();
  }
  return Json::object();
}

Json Keeper::set_link(const Json& request) {
  const size_t link = link_of(request);
  fabric::WireOptions options = twin_.wires().options(link);
  // Without a direction, both.
  if (request.contains("both")) {
    change(options.from_a, request["both"]);
    change(options.from_b, request["both"]);
  }
  if (request.contains("a_to_b")) change(options.from_a, request["a_to_b"]);
  if (request.contains("b_to_a")) change(options.from_b, request["b_to_a"]);
  twin_.wires().set_options(link, options);
  return Json::object();
}

Json Keeper::cut_link(const Json& request) {
  twin_.wires().set_state(link_of(request),
                          request.value("back", false) ? LinkState::up : LinkState::blackhole);
  return Json::object();
}

Json Keeper::capture(const Json& request) {
  const size_t link = link_of(request);
  const std::string file = request.value("file", "");
  if (file.empty()) {
    twin_.wires().stop_capture(link);
  } else {
    twin_.wires().start_capture(link, file);
  }
  return Json::object();
}

}  // namespace wirebraid::keeper
