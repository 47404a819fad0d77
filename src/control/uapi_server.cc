#include "control/uapi_server.h"

#include "control/unix_server.h"

namespace wirebraid::control {
namespace {

class UapiSession : public UnixSession {
 public:
  explicit UapiSession(UapiHandler& handler) : handler_(handler) {}

  bool on_bytes(std::string_view bytes, std::string& output) override {
    if (!bytes.empty()) parser_.feed(bytes);
    const auto request = parser_.next();
    if (!request) return !parser_.broken();
    if (request->error != 0) {
      output += format_errno(request->error);
    } else if (request->kind == UapiRequest::Kind::get) {
      output += format_get(handler_.get());
    } else {
      output += format_errno(handler_.set(request->set));
    }
    return true;
  }

 private:
  UapiHandler& handler_;
  UapiParser parser_;
};

}  // namespace

std::unique_ptr<UapiServer> UapiServer::open(io::Engine& engine, UapiHandler& handler,
                                             const std::string& interface, std::error_code& error,
                                             std::string& what, const std::string& directory) {
  UnixServerOptions options;
  options.path = directory + "/" + interface + ".sock";
  options.directory_mode = 0700;
  options.socket_mode = 0600;
  auto server = UnixServer::open(
      engine, options, [&handler] { return std::make_unique<UapiSession>(handler); }, error, what);
  if (!server) return nullptr;
  return std::unique_ptr<UapiServer>(new UapiServer(std::move(server)));
}

UapiServer::UapiServer(std::unique_ptr<UnixServer> server) : server_(std::move(server)) {}
UapiServer::~UapiServer() = default;

std::error_code UapiServer::on_socket_removed(std::function<void()> removed) {
  return server_->watch_removal(std::move(removed));
}

}  // namespace wirebraid::control
