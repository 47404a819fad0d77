// Changes of the running configuration through the control socket: as a whole or not at all, kept
// or undone.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "control/control_client.h"
#include "tests/e2e/two_lines.h"

namespace wirebraid::e2e {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class Change : public TwoLines {
 protected:
  void SetUp() override {
    TwoLines::SetUp();
    if (IsSkipped()) return;
    start_both();
    ASSERT_TRUE(uplink_becomes("zero", "up") && uplink_becomes("one", "up")) << log(gateway_name());
  }
  json ask(const json& request) const {
    const control::ControlReply reply = control::control_exchange(gateway_name(), request);
    return json::parse(reply.answer);
  }
  json change(const std::vector<json>& changes, const json& more = json::object()) const {
    json request = {{"command", "change"}, {"changes", changes}};
    request.update(more);
    return ask(request);
  }
  std::string file() const {
    std::ostringstream text;
    text << std::ifstream(config_file(gateway_name())).rdbuf();
    return text.str();
  }
  static json set(const std::string& section, const std::string& key, const json& value) {
    return {{"do", "set"}, {"section", section}, {"keys", {{key, value}}}};
  }
};

TEST_F(Change, IsAppliedAndKept) {
  const std::string before = file();
  const auto mode = std::filesystem::status(config_file(gateway_name())).permissions();
  const json session = uplink("zero")["last_handshake_s"];
  const json answer = change({set("Uplink one", "Cost", "7")});
  EXPECT_EQ(answer["ok"], true) << answer;
  EXPECT_EQ(uplink("one")["cost"], 7);
  EXPECT_EQ(uplink("zero")["last_handshake_s"], session) << "an uplink that has not changed";
  EXPECT_EQ(uplink("one")["state"], "up");
  EXPECT_EQ(file(), before + "Cost = 7\n");
  EXPECT_EQ(std::filesystem::status(config_file(gateway_name())).permissions(), mode);

  const json shown = ask({{"command", "configuration"}})["configuration"];
  EXPECT_EQ(shown["revision"], answer["revision"]);
  EXPECT_EQ(shown["reload_needed"], false);
  EXPECT_EQ(shown["confirm_within_s"], 0);
  EXPECT_THAT(shown.dump(), AllOf(HasSubstr(R"("key":"Cost")"), HasSubstr(R"("secret":true)"),
                                  Not(HasSubstr(keys0.secret.to_base64()))));
  EXPECT_EQ(reload(gateway_name()).status, 0);
  EXPECT_EQ(uplink("one")["cost"], 7);
}

TEST_F(Change, OneMistakeUndoesAll) {
  const std::string before = file();
  const json answer = change({set("Uplink zero", "Cost", "3"), set("Uplink one", "Cost", "much")});
  EXPECT_EQ(answer["ok"], false);
  ASSERT_EQ(answer["problems"].size(), 1u) << answer;
  EXPECT_EQ(answer["problems"][0]["section"], "Uplink one");
  EXPECT_EQ(answer["problems"][0]["key"], "Cost");
  EXPECT_EQ(uplink("zero")["cost"], 0);
  EXPECT_EQ(file(), before);
  EXPECT_THAT(change({set("Uplink two", "Cost", "3")})["error"],
              ElementsAre(HasSubstr("no section [Uplink two]")));
  EXPECT_EQ(change({set("Uplink one", "Cost", "3")}, {{"check_only", true}})["ok"], true);
  EXPECT_EQ(uplink("one")["cost"], 0);
  EXPECT_EQ(file(), before);
}

TEST_F(Change, GoesBackUnlessConfirmed) {
  const std::string before = file();
  // Such as would lock out whoever is connected by this uplink.
  EXPECT_EQ(change({set("Uplink one", "Enabled", "no")}, {{"confirm_s", 5}})["ok"], true);
  EXPECT_EQ(uplink("one")["state"], "disabled");
  EXPECT_EQ(file(), before) << "a restart would start with this";
  const json pending = ask({{"command", "configuration"}})["configuration"];
  EXPECT_GT(pending["confirm_within_s"], 0);
  EXPECT_THAT(pending.dump(), HasSubstr(R"("key":"Enabled")"));
  EXPECT_THAT(change({set("Uplink one", "Cost", "3")})["error"],
              ElementsAre(HasSubstr("another change waits")));
  EXPECT_TRUE(uplink_becomes("one", "up")) << log(gateway_name());
  EXPECT_EQ(file(), before);
  EXPECT_THAT(log(gateway_name()), HasSubstr("since nobody confirmed it"));
  EXPECT_THAT(ask({{"command", "confirm"}})["error"], ElementsAre(HasSubstr("no change waits")));
  EXPECT_EQ(change({set("Uplink one", "Cost", "3")})["ok"], true) << "the next one is possible";
}

TEST_F(Change, IsKeptWhenConfirmedAndUndoneWhenReverted) {
  const std::string before = file();
  EXPECT_EQ(change({set("Uplink one", "Cost", "4")}, {{"confirm_s", 60}})["ok"], true);
  EXPECT_EQ(ask({{"command", "confirm"}})["ok"], true);
  EXPECT_EQ(file(), before + "Cost = 4\n");
  EXPECT_EQ(change({set("Uplink one", "Cost", "5")}, {{"confirm_s", 60}})["ok"], true);
  EXPECT_EQ(uplink("one")["cost"], 5);
  EXPECT_EQ(ask({{"command", "revert"}})["ok"], true);
  EXPECT_EQ(uplink("one")["cost"], 4);
  EXPECT_EQ(file(), before + "Cost = 4\n");
}

TEST_F(Change, MeansTheConfigurationThatItWasMadeFor) {
  const json seen = ask({{"command", "configuration"}})["configuration"]["revision"];
  EXPECT_EQ(change({set("Uplink one", "Cost", "1")}, {{"revision", seen}})["ok"], true);
  EXPECT_THAT(change({set("Uplink one", "Cost", "2")}, {{"revision", seen}})["error"],
              ElementsAre(HasSubstr("another one by now")));
  std::ofstream(config_file(gateway_name()), std::ios::app) << "# by hand\n";
  EXPECT_THAT(change({set("Uplink one", "Cost", "2")})["error"],
              ElementsAre(HasSubstr("has been edited since it was read")));
  EXPECT_EQ(ask({{"command", "configuration"}})["configuration"]["reload_needed"], true);
  EXPECT_EQ(reload(gateway_name()).status, 0);
  EXPECT_EQ(change({set("Uplink one", "Cost", "2")})["ok"], true);
  EXPECT_THAT(file(), HasSubstr("# by hand\n"));
}

TEST_F(Change, MakesAnUplinkWithAKeyOfItsOwn) {
  const json answer = change({{{"do", "add"},
                               {"section", "Uplink two"},
                               {"keys",
                                {{"PrivateKey", {{"generate", true}}},
                                 {"PublicKey", server_keys.open.to_base64()},
                                 {"Endpoint", "192.0.0.2:51820"}}}}});
  ASSERT_EQ(answer["ok"], true) << answer;
  const auto key = PublicKey::from_base64(answer["public_keys"]["Uplink two"].get<std::string>());
  ASSERT_TRUE(key);
  EXPECT_FALSE(uplink("two").is_null());
  // The other side is told of it, and it comes up.
  lab::run_command({"wg", "set", server_name(), "peer", key->to_base64(), "allowed-ips", ""});
  EXPECT_TRUE(lab::wait_until([&] { return !uplink("two")["last_handshake_s"].is_null(); },
                              lab::milliseconds(10'000)))
      << log(gateway_name());
  EXPECT_EQ(change({{{"do", "remove"}, {"section", "Uplink two"}}})["ok"], true);
  EXPECT_TRUE(uplink("two").is_null());
}

TEST_F(Change, AFileThatCannotBeWrittenUndoesIt) {
  const std::string path = config_file(gateway_name());
  const std::string before = file();
  // In the way of what is written beside it.
  std::filesystem::create_directory(path + ".new");
  EXPECT_THAT(change({set("Uplink one", "Cost", "2")})["error"],
              ElementsAre(HasSubstr("cannot be written")));
  EXPECT_EQ(uplink("one")["cost"], 0);
  EXPECT_EQ(file(), before);
  std::filesystem::remove(path + ".new");
  EXPECT_EQ(change({set("Uplink one", "Cost", "2")})["ok"], true);
}

TEST_F(Change, ASpeedTestFillsTheUplinks) {
  // With a line that is full at some rate: unshaped, the figure would be the processor's.
  for (const auto& [host, device] : {std::pair(&*gateway, "up0"), {&*server, "up0"}}) {
    const std::string shape = "tc qdisc replace dev " + std::string(device) +
                              " root tbf rate 40mbit burst 16kb latency 50ms";
    ASSERT_EQ(run_to_end(words(shape), {.inside = host}).status, 0);
  }
  const Outcome test =
      run_to_end({programs().control, "speedtest", gateway_name(), "zero", "--seconds", "4"}, {},
                 lab::milliseconds(30'000));
  EXPECT_EQ(test.status, 0) << test.errors;
  const json found = status(gateway_name())["speed_test"];
  EXPECT_EQ(found["running"], false);
  ASSERT_EQ(found["uplinks"].size(), 1u) << found;
  EXPECT_GT(found["uplinks"][0]["rate_bps"], 30'000'000) << test.output;
  EXPECT_LT(found["uplinks"][0]["rate_bps"], 41'000'000) << test.output;
  EXPECT_THAT(test.output, HasSubstr("zero"));
  const Outcome none = run_to_end({programs().control, "speedtest", gateway_name(), "two"}, {});
  EXPECT_EQ(none.status, 1);
  EXPECT_THAT(none.errors, HasSubstr("there is no uplink two"));
}

/// The next event of which `text` is the beginning of its text.
json next_event(control::ControlConnection& follower, const std::string& text) {
  for (int i = 0; i < 20; ++i) {
    const auto line = follower.line(lab::milliseconds(10'000));
    if (!line) break;
    json event = json::parse(*line)["event"];
    if (event["text"].get<std::string>().starts_with(text)) return event;
  }
  ADD_FAILURE() << "no event " << text;
  return json::object();
}

TEST_F(Change, EventsTellOfUplinksAndConfigurations) {
  std::string error;
  auto follower = control::ControlConnection::open(gateway_name(), error, lab::milliseconds(5000));
  ASSERT_TRUE(follower) << error;
  EXPECT_EQ(change({set("Uplink zero", "Cost", "2")})["ok"], true);
  const json past = json::parse(
      follower->request({{"command", "events"}, {"follow", true}}, lab::milliseconds(5000)).answer);
  EXPECT_THAT(past["events"].dump(), HasSubstr("configuration changed"));
  gateway->ip("link set up1 down");
  const json down = next_event(*follower, "uplink one: down");
  EXPECT_EQ(down["uplink"], "one");
  EXPECT_EQ(down["bond"], "home");
  EXPECT_EQ(down["kind"], "uplink");
  EXPECT_EQ(down["state"], "down");
  EXPECT_EQ(change({set("Uplink zero", "Cost", "3")})["ok"], true);
  EXPECT_EQ(next_event(*follower, "configuration changed")["kind"], "configuration");
}

}  // namespace
}  // namespace wirebraid::e2e
