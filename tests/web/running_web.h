// The whole web server in this process, over a real control socket, for tests that connect to it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "control/control_server.h"
#include "io/engine.h"
#include "io/system_platform.h"
#include "tests/control/fake_control.h"
#include "tests/control/served.h"
#include "tests/control/temporary_directory.h"
#include "tests/web/raw_client.h"
#include "web/api.h"
#include "web/live_feeds.h"
#include "web/loop.h"
#include "web/server.h"

namespace wirebraid::testing {

inline const std::string kPassword = "correct horse battery";

/// Taking a password's hash takes a while; once is enough.
inline const std::string& password_hash() {
  static const std::string hash = web::hash_password(kPassword);
  return hash;
}

class RunningWeb : public ::testing::Test {
 protected:
  /// Call once, in a test or in SetUp().
  void start(const web::ServerLimits& limits = {}, web::TlsContext* tls = nullptr) {
    std::error_code error;
    std::string what;
    daemon = control::ControlServer::open(engine.engine(), control, "wb0", error, what,
                                          directory.path());
    ASSERT_TRUE(daemon) << what;
    engine.start();
    options.socket_directory = directory.path();
    web::PageFiles files;
    files["/"] = {"text/html; charset=utf-8", "<!doctype html>the page", "\"1\""};
    files["/big.js"] = {"text/javascript", std::string(1 << 20, ' '), "\"2\""};
    api = std::make_unique<web::Api>(options, files, web::Password(password_hash()), platform,
                                     io::monotonic_now);
    web::Listener listener = web::listen_on("127.0.0.1:0");
    ASSERT_TRUE(listener.socket) << listener.error;
    port =
        static_cast<uint16_t>(std::stoul(listener.address.substr(listener.address.find(':') + 1)));
    server = std::make_unique<web::Server>(
        loop, std::move(listener.socket), tls,
        [this](const web::Request& request) { return api->handle(request); }, limits);
    feeds = std::make_unique<web::LiveFeeds>(loop, *server, directory.path());
    server->set_live_source(feeds.get());
    thread = std::thread([this] { loop.run(); });
  }
  void TearDown() override {
    loop.stop();
    if (thread.joinable()) thread.join();
    if (server) server->set_live_source(nullptr);
    feeds.reset();
    server.reset();
    engine.stop();
  }

  RawClient connect() const { return RawClient(port); }
  static std::string get(const std::string& path, const std::string& more = {}) {
    return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n";
  }
  static std::string post(const std::string& path, const std::string& body,
                          const std::string& more = {}) {
    return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
           "Content-Length: " + std::to_string(body.size()) + "\r\n" + more + "\r\n" + body;
  }
  /// On a connection of its own.
  RawAnswer ask(const std::string& request) const { return connect().ask(request); }

  /// What a logged-in browser sends.
  struct Login {
    std::string cookie;  ///< a header line
    std::string csrf;    ///< a header line
  };
  /// Of somebody who has not logged in yet.
  Login visit() const {
    const RawAnswer answer = ask(get("/api/session"));
    return {cookie_line(answer), csrf_line(answer)};
  }
  RawAnswer try_login(const std::string& password) const {
    const Login visitor = visit();
    const nlohmann::json body = {{"password", password}};
    return ask(post("/api/login", body.dump(), visitor.cookie + visitor.csrf));
  }
  Login log_in() const {
    const RawAnswer answer = try_login(kPassword);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return {cookie_line(answer), csrf_line(answer)};
  }

  static std::string cookie_line(const RawAnswer& answer) {
    const std::string field = answer.field("Set-Cookie");
    return "Cookie: " + field.substr(0, field.find(';')) + "\r\n";
  }
  static std::string csrf_line(const RawAnswer& answer) {
    const auto body = nlohmann::json::parse(answer.body, nullptr, false);
    return "X-CSRF-Token: " + (body.is_object() ? body.value("csrf", "") : "") + "\r\n";
  }

  TemporaryDirectory directory;
  FakeControl control;
  Served engine;
  std::unique_ptr<control::ControlServer> daemon;
  io::SystemPlatform platform;
  web::ApiOptions options;
  std::unique_ptr<web::Api> api;
  web::Loop loop;
  std::unique_ptr<web::Server> server;
  std::unique_ptr<web::LiveFeeds> feeds;
  std::thread thread;
  uint16_t port = 0;
};

}  // namespace wirebraid::testing
