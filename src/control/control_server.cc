#include "control/control_server.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "control/unix_server.h"

namespace wirebraid::control {
namespace {

using nlohmann::json;

json refusal(std::vector<std::string> errors) {
  return {{"ok", false}, {"error", std::move(errors)}};
}

class ControlSession : public UnixSession {
 public:
  explicit ControlSession(ControlHandler& handler) : handler_(handler) {}

  bool on_bytes(std::string_view bytes, std::string& output) override {
    pending_.append(bytes);
    const size_t end = pending_.find('\n');
    if (std::min(end, pending_.size()) > kMaxRequestBytes) {
      append(output, refusal({"the request is longer than 4096 bytes"}));
      return false;
    }
    if (end == std::string::npos) return true;
    append(output, answer(std::string_view(pending_).substr(0, end)));
    pending_.erase(0, end + 1);
    return true;
  }

 private:
  static void append(std::string& output, const json& answer) {
    // A device or file name need not be UTF-8; a strange character is better than no answer.
    output += answer.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  }

  json answer(std::string_view line) {
    const json request = json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!request.is_object() || !request.contains("command") || !request["command"].is_string()) {
      return refusal({R"(a request such as {"command":"show"} expected)"});
    }
    const auto& command = request["command"].get_ref<const std::string&>();
    if (command == "show") return {{"ok", true}, {"status", to_json(handler_.status())}};
    if (command == "reload") {
      ReloadResult result = handler_.reload();
      if (!result.ok) return refusal(std::move(result.errors));
      return {{"ok", true}, {"warnings", std::move(result.warnings)}};
    }
    return refusal({"unknown command; show and reload are known"});
  }

  ControlHandler& handler_;
  std::string pending_;  // at most one read beyond kMaxRequestBytes
};

}  // namespace

std::unique_ptr<ControlServer> ControlServer::open(io::Engine& engine, ControlHandler& handler,
                                                   const std::string& interface,
                                                   std::error_code& error, std::string& what,
                                                   const std::string& directory) {
  UnixServerOptions options;
  options.path = directory + "/" + interface + ".sock";
  options.directory_mode = 0755;
  options.socket_mode = 0660;
  options.group = kControlGroup;
  auto server = UnixServer::open(
      engine, options, [&handler] { return std::make_unique<ControlSession>(handler); }, error,
      what);
  if (!server) return nullptr;
  return std::unique_ptr<ControlServer>(new ControlServer(std::move(server)));
}

ControlServer::ControlServer(std::unique_ptr<UnixServer> server) : server_(std::move(server)) {}
ControlServer::~ControlServer() = default;

}  // namespace wirebraid::control
