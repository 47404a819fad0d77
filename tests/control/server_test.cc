// The two servers over real sockets and the real epoll engine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>

#include "control/control_client.h"
#include "control/control_server.h"
#include "control/uapi_server.h"
#include "tests/control/client_socket.h"
#include "tests/control/fake_control.h"
#include "tests/control/sample_status.h"
#include "tests/control/served.h"
#include "tests/control/temporary_directory.h"

namespace wirebraid::control {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using wirebraid::testing::ClientSocket;
using wirebraid::testing::FakeControl;
using wirebraid::testing::sample_status;
using wirebraid::testing::Served;
using wirebraid::testing::TemporaryDirectory;

const std::string kKey(64, 'a');

class FakeUapi : public UapiHandler {
 public:
  DeviceState get() override { return state; }
  int set(const SetRequest& request) override {
    if (request.listen_port) state.listen_port = *request.listen_port;
    for (const auto& change : request.peers) {
      PeerState& peer = state.peers.emplace_back();
      peer.public_key = change.public_key;
      for (const auto& allowed : change.allowed_ips) peer.allowed_ips.push_back(allowed.prefix);
    }
    return result;
  }
  DeviceState state;
  int result = 0;
};

class UapiSocket : public ::testing::Test {
 protected:
  UapiSocket() {
    std::error_code error;
    std::string what;
    server = UapiServer::open(served.engine(), handler, "wb0", error, what, run);
    EXPECT_TRUE(server) << what;
  }
  ~UapiSocket() override { served.stop(); }

  TemporaryDirectory directory;
  std::string run = directory.path() + "/wireguard";
  std::string path = run + "/wb0.sock";
  FakeUapi handler;
  Served served;
  std::unique_ptr<UapiServer> server;
};

mode_t mode_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_mode & 07777;
}

TEST_F(UapiSocket, IsForItsOwnerOnly) {
  EXPECT_EQ(mode_of(run), 0700u);
  EXPECT_EQ(mode_of(path), 0600u);
}

TEST_F(UapiSocket, AnswersSeveralRequestsOfSeveralClients) {
  served.start();
  ClientSocket first(path);
  ClientSocket second(path);
  second.send("set=1\nlisten_port=51");
  first.send("get=1\n\nget=1\n\n");
  EXPECT_EQ(first.receive_until("\n\n"), "errno=0\n\n");
  EXPECT_EQ(first.receive_until("\n\n"), "errno=0\n\n");
  second.send("820\n\nget=1\n\nset=1\nnope=1\n\n");
  EXPECT_EQ(second.receive_until("\n\n"), "errno=0\n\n");
  EXPECT_EQ(second.receive_until("\n\n"), "listen_port=51820\nerrno=0\n\n");
  EXPECT_EQ(second.receive_until("\n\n"), "errno=-22\n\n");
  first.send("get=1\n\n");
  EXPECT_EQ(first.receive_until("\n\n"), "listen_port=51820\nerrno=0\n\n");
  first.send("nonsense\n");
  EXPECT_TRUE(first.at_end());
}

TEST_F(UapiSocket, PassesTheHandlersErrno) {
  handler.result = EADDRINUSE;
  served.start();
  ClientSocket client(path);
  client.send("set=1\nlisten_port=1\n\n");
  EXPECT_EQ(client.receive_until("\n\n"), "errno=-98\n\n");
}

TEST_F(UapiSocket, CarriesHundredsOfThousandsOfAllowedIps) {
  served.start();
  std::string text = "set=1\npublic_key=" + kKey + "\n";
  constexpr int kCount = 300'000;
  for (int i = 0; i < kCount; ++i) {
    text += "allowed_ip=" + std::to_string(1 + i / 65536) + "." + std::to_string(i / 256 % 256) +
            "." + std::to_string(i % 256) + ".0/24\n";
  }
  ClientSocket client(path);
  client.send(text + "\n");
  EXPECT_EQ(client.receive_until("\n\n"), "errno=0\n\n");
  // Three answers of several megabytes each, asked for at once and read late.
  client.send("get=1\n\nget=1\n\nget=1\n\n");
  for (int i = 0; i < 3; ++i) {
    const std::string answer = client.receive_until("\n\n");
    EXPECT_EQ(std::count(answer.begin(), answer.end(), '/'), kCount);
  }
}

TEST_F(UapiSocket, OneProcessPerInterface) {
  FakeUapi other;
  std::error_code error;
  std::string what;
  EXPECT_FALSE(UapiServer::open(served.engine(), other, "wb0", error, what, run));
  EXPECT_EQ(error, std::errc::address_in_use);
  EXPECT_THAT(what, HasSubstr("another process serves " + path));
  served.start();
  EXPECT_TRUE(ClientSocket(path).connected());
}

TEST_F(UapiSocket, ReplacesTheSocketOfADeadProcess) {
  server.reset();
  EXPECT_FALSE(std::filesystem::exists(path));
  {
    // Bound and closed, as a killed process leaves it.
    const int dead = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(dead, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::close(dead);
  }
  ASSERT_TRUE(std::filesystem::exists(path));
  std::error_code error;
  std::string what;
  server = UapiServer::open(served.engine(), handler, "wb0", error, what, run);
  EXPECT_TRUE(server) << what;
}

TEST_F(UapiSocket, LeavesOtherFilesAlone) {
  directory.write("file.sock", "precious");
  std::error_code error;
  std::string what;
  EXPECT_FALSE(UapiServer::open(served.engine(), handler, "file", error, what, directory.path()));
  EXPECT_THAT(what, HasSubstr("no socket"));
  EXPECT_FALSE(UapiServer::open(served.engine(), handler, std::string(200, 'x'), error, what, run));
  EXPECT_EQ(error, std::errc::filename_too_long);
  EXPECT_FALSE(
      UapiServer::open(served.engine(), handler, "a", error, what, directory.path() + "/no/such"));
  EXPECT_EQ(error, std::errc::no_such_file_or_directory);
}

TEST_F(UapiSocket, TellsOfTheSocketsRemoval) {
  std::mutex mutex;
  std::condition_variable changed;
  int removals = 0;
  ASSERT_FALSE(server->on_socket_removed([&] {
    const std::lock_guard lock(mutex);
    ++removals;
    changed.notify_all();
  }));
  served.start();
  // Another file in the same directory is none of our business: an answer given after that event
  // shows that it was passed over.
  directory.write("wireguard/other", "");
  std::filesystem::remove(run + "/other");
  ClientSocket client(path);
  client.send("get=1\n\n");
  EXPECT_EQ(client.receive_until("\n\n"), "errno=0\n\n");
  std::unique_lock lock(mutex);
  EXPECT_EQ(removals, 0);
  std::filesystem::remove(path);
  EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(20), [&] { return removals == 1; }));
}

TEST_F(UapiSocket, ClientsAreBounded) {
  served.start();
  std::vector<std::unique_ptr<ClientSocket>> clients;
  for (int i = 0; i < 64; ++i) {
    clients.push_back(std::make_unique<ClientSocket>(path));
    clients.back()->send("get=1\n\n");
    ASSERT_EQ(clients.back()->receive_until("\n\n"), "errno=0\n\n");
  }
  EXPECT_TRUE(ClientSocket(path).at_end());
}

TEST_F(UapiSocket, ServesWgItself) {
  if (std::system("command -v wg >/dev/null 2>&1") != 0) GTEST_SKIP() << "wg(8) is not installed";
  // wg looks in one directory only, so this is on the real one, under a name of the test's own.
  std::error_code error;
  std::string what;
  const std::string name = "wbt" + std::to_string(::getpid());
  FakeUapi wg_handler;
  auto wg_server = UapiServer::open(served.engine(), wg_handler, name, error, what);
  if (error == std::errc::permission_denied) GTEST_SKIP() << what;
  ASSERT_TRUE(wg_server) << what;
  served.start();
  EXPECT_EQ(std::system(("wg set " + name + " listen-port 5555").c_str()), 0);
  EXPECT_EQ(std::system(("test \"$(wg show " + name + " listen-port)\" = 5555").c_str()), 0);
  served.stop();
  EXPECT_EQ(wg_handler.state.listen_port, 5555);
}

class ControlSocket : public ::testing::Test {
 protected:
  ControlSocket() {
    std::error_code error;
    std::string what;
    server = ControlServer::open(served.engine(), handler, "wb0", error, what, run);
    EXPECT_TRUE(server) << what;
  }
  ~ControlSocket() override { served.stop(); }

  TemporaryDirectory directory;
  std::string run = directory.path() + "/wirebraid";
  std::string path = run + "/wb0.sock";
  FakeControl handler;
  Served served;
  std::unique_ptr<ControlServer> server;
};

TEST_F(ControlSocket, ShowsAndReloads) {
  EXPECT_EQ(mode_of(path), 0660u);
  handler.result.ok = true;
  handler.result.warnings = {"odd"};
  served.start();
  EXPECT_THAT(control_interfaces(run), ElementsAre("wb0"));
  const ControlReply shown = control_request("wb0", "show", std::chrono::seconds(20), run);
  EXPECT_THAT(shown.error, ElementsAre());
  const auto status = status_from_json(nlohmann::json::parse(shown.answer)["status"]);
  ASSERT_TRUE(status.status) << status.error;
  EXPECT_EQ(*status.status, sample_status());
  const ControlReply reloaded = control_request("wb0", "reload", std::chrono::seconds(20), run);
  EXPECT_EQ(reloaded.answer, R"({"ok":true,"warnings":["odd"]})");
  EXPECT_THAT(control_request("wb0", "fly", std::chrono::seconds(20), run).error,
              ElementsAre(HasSubstr("unknown command 'fly'; hello, show, ")));
}

TEST_F(ControlSocket, TellsWhyReloadChangedNothing) {
  handler.result.errors = {"f:1: one", "f:2: two"};
  served.start();
  EXPECT_THAT(control_request("wb0", "reload", std::chrono::seconds(20), run).error,
              ElementsAre("f:1: one", "f:2: two"));
}

TEST_F(ControlSocket, SaysWhereAConfigurationIsWrong) {
  handler.result.add_problem({"f", 3, "Uplink lte", "Cost", "a number expected"});
  served.start();
  ClientSocket client(path);
  for (const char* command : {"reload", "confirm", "revert"}) {
    client.send(nlohmann::json{{"command", command}}.dump() + "\n");
    EXPECT_EQ(nlohmann::json::parse(client.receive_until("\n")),
              nlohmann::json::parse(R"({"ok":false,
                "error":["f:3: [Uplink lte] Cost: a number expected"],
                "problems":[{"section":"Uplink lte","key":"Cost","line":3,
                             "message":"a number expected"}]})"));
  }
}

TEST_F(ControlSocket, PassesChangesOn) {
  handler.result.ok = true;
  handler.result.revision = "1f";
  handler.result.public_keys = {{"Uplink b", "KEY="}};
  served.start();
  ClientSocket client(path);
  client.send(R"({"command":"change","revision":"0e","confirm_s":90,"changes":[)"
              R"({"do":"set","section":"Uplink a","keys":{"Cost":"1","RateUp":null}},)"
              R"({"do":"add","section":"Uplink b","keys":{"PrivateKey":{"generate":true},)"
              R"("Endpoint":["x:1","y:2"]}},{"do":"remove","section":"Class c"}]})"
              "\n");
  EXPECT_EQ(client.receive_until("\n"),
            R"({"ok":true,"public_keys":{"Uplink b":"KEY="},"revision":"1f","warnings":[]})"
            "\n");
  ASSERT_EQ(handler.changes.size(), 1u);
  const ChangeRequest& change = handler.changes.front();
  EXPECT_EQ(change.revision, "0e");
  EXPECT_EQ(change.confirm, std::chrono::seconds(90));
  EXPECT_FALSE(change.check_only);
  ASSERT_EQ(change.sections.size(), 3u);
  EXPECT_EQ(change.sections[0].keys.size(), 2u);
  EXPECT_THAT(change.sections[0].keys[0].values, ElementsAre("1"));
  EXPECT_THAT(change.sections[0].keys[1].values, ElementsAre());
  EXPECT_EQ(change.sections[1].kind, SectionChange::Kind::add);
  EXPECT_THAT(change.sections[1].keys[0].values, ElementsAre("x:1", "y:2"));
  EXPECT_TRUE(change.sections[1].keys[1].generate);
  EXPECT_EQ(change.sections[2].kind, SectionChange::Kind::remove);
}

TEST_F(ControlSocket, RefusesChangesOfStrangeForm) {
  served.start();
  ClientSocket client(path);
  for (const auto& [request, says] :
       {std::pair(R"({"command":"change"})", "changes: a list"),
        {R"({"command":"change","changes":[1]})", "changes: a list of objects"},
        {R"({"command":"change","changes":[{"do":"eat","section":"x"}]})", "do: "},
        {R"({"command":"change","changes":[{"do":"set"}]})", "section: "},
        {R"({"command":"change","changes":[{"do":"set","section":"x","keys":1}]})", "keys: "},
        {R"({"command":"change","changes":[{"do":"set","section":"x","keys":{"a":1}}]})", "'a'"},
        {R"({"command":"change","changes":[{"do":"set","section":"x","keys":{"a":[1]}}]})", "'a'"},
        {R"({"command":"change","changes":[{"do":"set","section":"x",)"
         R"("keys":{"Cost":{"generate":true}}}]})",
         "only PrivateKey"},
        {R"({"command":"change","changes":[],"confirm_s":1})", "confirm_s: 5 to 3600"},
        {R"({"command":"change","changes":[],"confirm_s":"x"})", "confirm_s: 5 to 3600"},
        {R"({"command":"change","changes":[],"check_only":1})", "check_only"},
        {R"({"command":"events","since":-1})", "since is a number"},
        {R"({"command":"events","follow":1})", "follow is true or false"}}) {
    client.send(std::string(request) + "\n");
    EXPECT_THAT(client.receive_until("\n"),
                ::testing::AllOf(HasSubstr(R"("ok":false)"), HasSubstr(says)))
        << request;
  }
  EXPECT_TRUE(handler.changes.empty());
}

TEST_F(ControlSocket, StartsSpeedTests) {
  handler.result.ok = true;
  served.start();
  ClientSocket client(path);
  client.send(R"({"command":"speedtest","uplink":"lte","direction":"send","seconds":3})"
              "\n");
  EXPECT_THAT(client.receive_until("\n"), HasSubstr(R"("ok":true)"));
  client.send(R"({"command":"speedtest"})"
              "\n");
  EXPECT_THAT(client.receive_until("\n"), HasSubstr(R"("ok":true)"));
  ASSERT_EQ(handler.tests.size(), 2u);
  EXPECT_EQ(handler.tests[0].uplink, "lte");
  EXPECT_EQ(handler.tests[0].direction, Direction::send);
  EXPECT_EQ(handler.tests[0].duration, std::chrono::seconds(3));
  EXPECT_EQ(handler.tests[1].direction, Direction::receive);
  for (const char* wrong : {R"("uplink":1)", R"("direction":"up")", R"("seconds":1)",
                            R"("seconds":31)", R"("seconds":"x")"}) {
    client.send(R"({"command":"speedtest",)" + std::string(wrong) + "}\n");
    EXPECT_THAT(client.receive_until("\n"), HasSubstr(R"("ok":false)")) << wrong;
  }
  EXPECT_EQ(handler.tests.size(), 2u);
}

TEST_F(ControlSocket, FollowersHearOfEachEventOnce) {
  const WallTime now{std::chrono::seconds(1'700'000'000)};
  Event event;
  event.text = "before";
  handler.log.add(event, now);
  // Adds what is said to it, in the engine's thread.
  const int add = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  served.engine().watch(add, EPOLLIN, [&](uint32_t) {
    uint64_t times = 0;
    (void)!::read(add, &times, sizeof times);
    for (uint64_t i = 0; i < times; ++i) {
      event.text = "event " + std::to_string(handler.log.last_number() + 1);
      handler.log.add(event, now);
    }
    server->tell_events();
  });
  served.start();
  const auto connect = [&] {
    std::string error;
    auto connection = ControlConnection::open("wb0", error, std::chrono::seconds(20), run);
    EXPECT_TRUE(connection) << error;
    return std::move(*connection);
  };
  ControlConnection quiet = connect();
  ControlConnection follower = connect();
  EXPECT_THAT(quiet.request({{"command", "events"}}, std::chrono::seconds(20)).answer,
              HasSubstr("before"));
  const ControlReply first = follower.request(
      {{"command", "events"}, {"since", 1}, {"follow", true}}, std::chrono::seconds(20));
  EXPECT_EQ(first.answer, R"({"events":[],"next":1,"ok":true})");

  const uint64_t times = 3;
  ASSERT_EQ(::write(add, &times, sizeof times), static_cast<ssize_t>(sizeof times));
  for (const char* text : {"event 2", "event 3", "event 4"}) {
    const auto line = follower.line(std::chrono::seconds(20));
    ASSERT_TRUE(line);
    EXPECT_EQ(event_from_json(nlohmann::json::parse(*line)["event"]).text, text);
  }
  // It may ask as well, and nothing comes twice.
  EXPECT_THAT(follower.request({{"command", "hello"}}, std::chrono::seconds(20)).answer,
              HasSubstr(R"("protocol":1)"));
  EXPECT_THAT(quiet.request({{"command", "hello"}}, std::chrono::seconds(20)).answer,
              HasSubstr(R"("interface":"wb0")"));
  EXPECT_EQ(quiet.line(std::chrono::milliseconds(0)), std::nullopt);
  EXPECT_FALSE(quiet.ended());
  served.stop();
  served.engine().unwatch(add);
  ::close(add);
}

TEST(EventLog, ForgetsTheOldest) {
  EventLog log;
  EXPECT_EQ(log.after(0), nullptr);
  for (size_t i = 0; i < EventLog::kKept + 10; ++i) log.add({}, WallTime{});
  EXPECT_EQ(log.events().size(), EventLog::kKept);
  EXPECT_EQ(log.after(0)->number, 11u);
  EXPECT_EQ(log.after(11)->number, 12u);
  EXPECT_EQ(log.after(log.last_number()), nullptr);
}

TEST_F(ControlSocket, RefusesWhatIsNoRequest) {
  served.start();
  ClientSocket client(path);
  for (const char* text : {"", "{", "[]", "1", "{\"command\":1}", "\xff\xff"}) {
    client.send(std::string(text) + "\n");
    EXPECT_THAT(client.receive_until("\n"), HasSubstr("\"ok\":false")) << text;
  }
  client.send("{\"command\":\"show\"}\n{\"command\":\"fly\"}\n");
  EXPECT_THAT(client.receive_until("\n"), HasSubstr("\"ok\":true"));
  EXPECT_THAT(client.receive_until("\n"), HasSubstr("\"ok\":false"));
  client.send(std::string(kMaxRequestBytes + 1, ' '));
  EXPECT_THAT(client.receive_until("\n"), HasSubstr("longer than 65536"));
  EXPECT_TRUE(client.at_end());
}

TEST_F(ControlSocket, ClientSaysWhyThereIsNoAnswer) {
  EXPECT_THAT(control_request("none", "show", std::chrono::seconds(20), run).error,
              ElementsAre(HasSubstr("none: no wirebraidd serves it")));
  EXPECT_THAT(control_request("../x", "show", std::chrono::seconds(20), run).error,
              ElementsAre(HasSubstr("not an interface name")));
  // Nobody turns the engine: the daemon hangs.
  EXPECT_THAT(control_request("wb0", "show", std::chrono::milliseconds(20), run).error,
              ElementsAre(HasSubstr("timed out")));
  EXPECT_THAT(control_interfaces(directory.path() + "/none"), ElementsAre());
}

}  // namespace
}  // namespace wirebraid::control
