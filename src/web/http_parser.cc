#include "web/http_parser.h"

#include <httplib.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <exception>

namespace wirebraid::web {
namespace {

constexpr time_t kIdleSeconds = 20;
constexpr size_t kRequestsOfOneConnection = 1000;

/// A request in memory as the library's stream.
class MemoryStream : public httplib::Stream {
 public:
  MemoryStream(std::string_view input, const std::string& peer) : input_(input), peer_(peer) {}

  bool is_readable() const override { return !input_.empty(); }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, size_t size) override {
    const size_t count = std::min(size, input_.size());
    std::memcpy(to, input_.data(), count);
    input_.remove_prefix(count);
    return static_cast<ssize_t>(count);
  }
  ssize_t write(const char* from, size_t size) override {
    output_.append(from, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip = peer_;
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  socket_t socket() const override { return 0; }

  std::string take_output() { return std::move(output_); }

 private:
  std::string_view input_;
  const std::string& peer_;
  std::string output_;
};

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string header_lines() {
  std::string lines;
  for (const auto& [name, value] : security_headers()) {
    lines.append(name).append(": ").append(value).append("\r\n");
  }
  return lines;
}

/// Of an answer without end; RFC 9112, section 6.3: what has no length ends with the connection.
std::string live_head() {
  // nginx would collect it otherwise.
  return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + header_lines() +
         "X-Accel-Buffering: no\r\nConnection: close\r\n\r\n";
}

}  // namespace

class HttpParser::Adapter : private httplib::Server {
 public:
  explicit Adapter(web::Handler handler) : handler_(std::move(handler)) {
    // What Server does, so that the header does not promise something else.
    set_keep_alive_timeout(kIdleSeconds);
    set_keep_alive_max_count(kRequestsOfOneConnection);
    // Before its routing, which is by regular expressions.
    set_pre_routing_handler([this](const httplib::Request& from, httplib::Response& to) {
      respond(from, to);
      return HandlerResponse::Handled;
    });
  }

  Answer answer(const Raw& raw) {
    raw_ = &raw;
    live_.reset();
    MemoryStream stream(raw.head, raw.peer);
    bool closed = false;
    // Bodies are not compressed: they hold secrets beside what a request chose.
    const auto set_up = [](httplib::Request& request) { request.headers.erase("Accept-Encoding"); };
    process(*this, stream, raw, closed, set_up);
    if (live_) return {live_head(), std::move(live_)};
    return {stream.take_output(), std::nullopt};
  }

 private:
  // Newer releases want the addresses here instead of asking the stream.
  template <class Self, class SetUp>
  static void process(Self& self, MemoryStream& stream, const Raw& raw, bool& closed,
                      const SetUp& set_up) {
    if constexpr (requires { self.process_request(stream, !raw.keep_alive, closed, set_up); }) {
      self.process_request(stream, !raw.keep_alive, closed, set_up);
    } else {
      self.process_request(stream, raw.peer, 0, std::string(), 0, !raw.keep_alive, closed, set_up);
    }
  }

  void respond(const httplib::Request& from, httplib::Response& to) {
    Request request;
    request.method = from.method;
    request.path = from.path;
    for (const auto& [name, value] : from.params) request.query.emplace(name, value);
    for (const auto& [name, value] : from.headers) request.headers.emplace(lower(name), value);
    request.body = raw_->body;
    request.peer = raw_->peer;
    request.secure = raw_->secure;
    Response response;
    try {
      response = handler_(request);
    } catch (const std::exception& error) {
      spdlog::error("{} {}: {}", request.method, request.path, error.what());
      response = refusal(500, "an error inside wirebraid-web; its log says more");
    }
    live_ = std::move(response.live);
    to.status = response.status;
    for (const auto& [name, value] : security_headers()) {
      // A route may have a stricter one of its own.
      const bool own = std::any_of(response.headers.begin(), response.headers.end(),
                                   [&name = name](const auto& each) { return each.first == name; });
      if (!own) to.set_header(name, value);
    }
    for (const auto& [name, value] : response.headers) to.set_header(name, value);
    if (!response.body.empty()) to.set_content(response.body, response.type.c_str());
  }

  web::Handler handler_;
  const Raw* raw_ = nullptr;
  std::optional<LiveGrant> live_;
};

HttpParser::HttpParser(Handler handler) : adapter_(std::make_unique<Adapter>(std::move(handler))) {}
HttpParser::~HttpParser() = default;

Answer HttpParser::answer(const Raw& raw) { return adapter_->answer(raw); }

std::string plain_answer(const Response& response) {
  return "HTTP/1.1 " + std::to_string(response.status) + " Refused\r\n" + header_lines() +
         "Content-Type: " + response.type +
         "\r\nContent-Length: " + std::to_string(response.body.size()) +
         "\r\nConnection: close\r\n\r\n" + response.body;
}

}  // namespace wirebraid::web
