// The web server as strangers and browsers see it: over real connections, with a real control
// socket.
#include "web/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <list>

#include "tests/web/running_web.h"

namespace wirebraid::web {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;
using wirebraid::testing::RawAnswer;
using wirebraid::testing::RawClient;
using wirebraid::testing::RunningWeb;

class WebServer : public RunningWeb {
 protected:
  /// The server is unharmed.
  void still_serves() { EXPECT_EQ(ask(get("/")).status, 200); }

  size_t connections() {
    std::promise<size_t> count;
    loop.post([&] { count.set_value(server->connection_count()); });
    return count.get_future().get();
  }

  static ServerLimits short_limits() {
    ServerLimits limits;
    limits.request = milliseconds(300);
    limits.idle = milliseconds(300);
    limits.linger = milliseconds(100);
    return limits;
  }
};

TEST_F(WebServer, ServesThePageWithItsPolicy) {
  start();
  const RawAnswer answer = ask(get("/"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "<!doctype html>the page");
  EXPECT_THAT(answer.field("Content-Security-Policy"), HasSubstr("default-src 'none'"));
  EXPECT_THAT(answer.field("Content-Security-Policy"), Not(HasSubstr("unsafe")));
  EXPECT_EQ(answer.field("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(answer.field("Referrer-Policy"), "no-referrer");
  EXPECT_EQ(answer.field("Content-Type"), "text/html; charset=utf-8");
}

TEST_F(WebServer, SeveralRequestsOnOneConnection) {
  start();
  RawClient client = connect();
  // Two at once, a third in pieces.
  client.send(get("/") + get("/nothing"));
  EXPECT_EQ(client.answer().status, 200);
  EXPECT_EQ(client.answer().status, 404);
  for (const char c : get("/")) client.send(std::string_view(&c, 1));
  EXPECT_EQ(client.answer().status, 200);
  client.send(get("/", "Connection: close\r\n"));
  EXPECT_EQ(client.answer().field("Connection"), "close");
  EXPECT_TRUE(client.ends());
}

TEST_F(WebServer, TellsTheStatusOfADaemonLive) {
  start();
  const Login login = log_in();
  RawClient client = connect();
  client.send(get("/api/live?interface=wb0", login.cookie));
  EXPECT_THAT(client.receive_until("\r\n\r\n"), HasSubstr("text/event-stream"));
  EXPECT_EQ(client.receive_until("\n"), "event: status\n");
  const std::string data = client.receive_until("\n\n");
  ASSERT_EQ(data.substr(0, 6), "data: ");
  EXPECT_EQ(json::parse(data.substr(6))["name"], "wb0");
  // And again, a second later.
  EXPECT_EQ(client.receive_until("\n"), "event: status\n");
}

TEST_F(WebServer, TellsEventsOfADaemon) {
  control::Event event;
  event.uplink = "lte";
  event.state = "suspect";
  event.text = "uplink lte: suspect";
  control.log.add(event, WallTime(std::chrono::seconds(1'700'000'000)));
  start();
  const Login login = log_in();
  RawClient client = connect();
  client.send(get("/api/live?interface=wb0", login.cookie));
  client.receive_until("event: event\n");
  EXPECT_THAT(client.receive_until("\n\n"), HasSubstr(R"("uplink":"lte")"));
  const RawAnswer all = ask(get("/api/events?interface=wb0&since=0", login.cookie));
  EXPECT_EQ(json::parse(all.body)["events"][0]["state"], "suspect");
  EXPECT_EQ(ask(get("/api/events?interface=wb0&since=x", login.cookie)).status, 400);
}

TEST_F(WebServer, ADaemonThatIsNotThereIsTold) {
  start();
  const Login login = log_in();
  RawClient client = connect();
  client.send(get("/api/live?interface=wb9", login.cookie));
  client.receive_until("event: lost\n");
  EXPECT_THAT(client.receive_until("\n\n"), HasSubstr("no wirebraidd serves it"));
  EXPECT_EQ(ask(get("/api/configuration?interface=wb9", login.cookie)).status, 502);
}

TEST_F(WebServer, ALiveConnectionEndsWithItsSession) {
  start();
  const Login login = log_in();
  RawClient client = connect();
  client.send(get("/api/live?interface=wb0", login.cookie));
  client.receive_until("event: status\n");
  EXPECT_EQ(ask(post("/api/logout", "{}", login.cookie + login.csrf)).status, 200);
  EXPECT_TRUE(client.ends());
  EXPECT_EQ(ask(get("/api/live?interface=wb0", login.cookie)).status, 401);
}

TEST_F(WebServer, LiveConnectionsAreBounded) {
  start();
  const Login login = log_in();
  std::list<RawClient> clients;
  for (size_t i = 0; i < ServerLimits().live_per_session; ++i) {
    clients.emplace_back(port).send(get("/api/live?interface=wb0", login.cookie));
    EXPECT_THAT(clients.back().receive_until("\r\n\r\n"), HasSubstr("200 OK"));
  }
  EXPECT_EQ(ask(get("/api/live?interface=wb0", login.cookie)).status, 503);
  // They cost no thread: the others go on.
  EXPECT_EQ(ask(get("/api/interfaces", login.cookie)).status, 200);
}

TEST_F(WebServer, PassesChangesOnAndRefusalsBack) {
  control.result.ok = true;
  control.result.revision = "5f1c";
  start();
  const Login login = log_in();
  const std::string body =
      R"({"changes":[{"do":"set","section":"Uplink lte","keys":{"Cost":"10"}}],"confirm_s":90,)"
      R"("command":"reload"})";
  const RawAnswer done = ask(post("/api/change?interface=wb0", body, login.cookie + login.csrf));
  EXPECT_EQ(json::parse(done.body)["revision"], "5f1c");
  ASSERT_EQ(control.changes.size(), 1u) << "no member of a request makes it another command";
  EXPECT_EQ(control.changes[0].confirm, std::chrono::seconds(90));
  control.result = {};
  control.result.errors = {"refused"};
  const RawAnswer refused =
      ask(post("/api/confirm?interface=wb0", "{}", login.cookie + login.csrf));
  EXPECT_EQ(refused.status, 200);
  EXPECT_EQ(json::parse(refused.body)["ok"], false);
  EXPECT_EQ(ask(post("/api/change?interface=wb0", "[]", login.cookie + login.csrf)).status, 400);
}

TEST_F(WebServer, ForeignHostsAndPathsAreRefused) {
  start();
  EXPECT_EQ(ask("GET / HTTP/1.1\r\nHost: rebound.example\r\n\r\n").status, 421);
  for (const char* path :
       {"/../../etc/passwd", "/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/%00",
        "/%u002e%u002e/", "/\\..\\", "/?/../../etc/passwd/.."}) {
    const RawAnswer answer = ask(get(path));
    EXPECT_TRUE(answer.status == 404 || answer.body == "<!doctype html>the page") << path;
    EXPECT_THAT(answer.body, Not(HasSubstr("root:"))) << path;
  }
  still_serves();
}

TEST_F(WebServer, OversizedRequestsAreRefused) {
  start();
  RawClient client = connect();
  client.send("GET / HTTP/1.1\r\nHost: localhost\r\nA: " + std::string(20'000, 'a'));
  EXPECT_EQ(client.answer().status, 431);
  EXPECT_TRUE(client.ends());
  EXPECT_EQ(ask(get("/" + std::string(20'000, 'a'))).status, 431);
  std::string many;
  for (int i = 0; i < 100; ++i) many += "A: b\r\n";
  EXPECT_EQ(ask(get("/", many)).status, 431);
  EXPECT_EQ(
      ask("POST /api/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n").status,
      413);
  EXPECT_EQ(ask(get("/", "Range: bytes=" + std::string(4'000, '1') + "-\r\n")).status, 416);
  still_serves();
}

TEST_F(WebServer, NonsenseIsRefused) {
  start();
  std::string nonsense;
  for (int i = 0; i < 10'000; ++i) nonsense += static_cast<char>(i * 7919 % 251);
  for (const std::string& text : {nonsense, std::string("\r\n\r\n"), std::string(20'000, '\0'),
                                  std::string("GET\r\n\r\n"), get("/", "\r\n") + nonsense}) {
    RawClient client = connect();
    client.send(text);
    client.answer();
  }
  // Deep JSON, for whoever parses it by recursion.
  const Login visitor = visit();
  const std::string deep(60'000, '[');
  EXPECT_EQ(ask(post("/api/login", deep, visitor.cookie + visitor.csrf)).status, 400);
  still_serves();
}

TEST_F(WebServer, SlowRequestsEnd) {
  start(short_limits());
  RawClient silent = connect();
  RawClient slow = connect();
  slow.send("GET / HTTP/1.1\r\nHost: local");
  RawClient slow_body = connect();
  slow_body.send("POST /api/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{");
  RawClient idle = connect();
  EXPECT_EQ(idle.ask(get("/")).status, 200);
  EXPECT_TRUE(silent.ends());
  EXPECT_TRUE(slow.ends());
  EXPECT_TRUE(slow_body.ends());
  EXPECT_TRUE(idle.ends());
  still_serves();
}

TEST_F(WebServer, ABytePerMomentDoesNotProlongARequest) {
  start(short_limits());
  RawClient drip = connect();
  const auto begin = std::chrono::steady_clock::now();
  while (drip.send("A") && std::chrono::steady_clock::now() - begin < std::chrono::seconds(10)) {
    std::this_thread::sleep_for(milliseconds(20));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  still_serves();
}

TEST_F(WebServer, ManyConnectionsDoNotKeepOthersOut) {
  ServerLimits limits;
  limits.connections = 32;
  start(limits);
  const Login login = log_in();
  RawClient live = connect();
  live.send(get("/api/live?interface=wb0", login.cookie));
  live.receive_until("event: status\n");
  std::list<RawClient> crowd;
  for (int i = 0; i < 200; ++i) {
    crowd.emplace_back(port).send("GET / HTTP/1.1\r\n");
    if (i % 20 == 0) still_serves();
  }
  still_serves();
  EXPECT_EQ(live.receive_until("event: status\n").empty(), false);
  EXPECT_TRUE(crowd.front().ends());
}

TEST_F(WebServer, WhoDoesNotReadIsLeftBehind) {
  ServerLimits limits;
  limits.write = milliseconds(300);
  start(limits);
  RawClient deaf = connect();
  const int small = 2048;
  ::setsockopt(deaf.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  // Far more than the kernel takes for somebody who does not read.
  for (int i = 0; i < 64; ++i) deaf.send(get("/big.js"));
  still_serves();
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (connections() > 0 && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(milliseconds(20));
  }
  EXPECT_EQ(connections(), 0u);
}

}  // namespace
}  // namespace wirebraid::web
