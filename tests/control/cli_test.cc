// The command line tool, run as a process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "control/control_server.h"
#include "control/status.h"
#include "tests/control/fake_control.h"
#include "tests/control/sample_status.h"
#include "tests/control/served.h"
#include "tests/control/temporary_directory.h"
#include "wirebraid/keys.h"

namespace wirebraid::control {
namespace {

using ::testing::HasSubstr;
using wirebraid::testing::FakeControl;
using wirebraid::testing::sample_status;
using wirebraid::testing::Served;
using wirebraid::testing::TemporaryDirectory;

std::string contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

struct Outcome {
  int code = -1;
  std::string out;
  std::string err;
};

class Cli : public ::testing::Test {
 protected:
  /// `arguments` as for a shell, which stands between us and the program for redirections.
  Outcome run(const std::string& arguments, const std::string& input = "") const {
    const std::string in = directory.write("in", input);
    const std::string out = directory.path() + "/out";
    const std::string err = directory.path() + "/err";
    directory.write("out", "");
    const int status = std::system((std::string(WIREBRAID_BINARY_DIR) + "/src/app/wirebraid " +
                                    arguments + " <" + in + " >" + out + " 2>" + err)
                                       .c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, contents(out), contents(err)};
  }

  TemporaryDirectory directory;
};

TEST_F(Cli, MakesKeys) {
  const Outcome first = run("genkey");
  EXPECT_EQ(first.code, 0);
  EXPECT_EQ(first.err, "");
  ASSERT_EQ(first.out.size(), 45u);
  const auto key = PrivateKey::from_base64(first.out.substr(0, 44));
  ASSERT_TRUE(key);
  EXPECT_NE(run("genkey").out, first.out);
  const Outcome half = run("pubkey", first.out);
  EXPECT_EQ(half.code, 0);
  EXPECT_EQ(half.out, public_key_of(*key).to_base64() + "\n");
  EXPECT_TRUE(PresharedKey::from_base64(run("genpsk").out.substr(0, 44)));
  // RFC 7748 section 6.1: Alice's keys.
  EXPECT_EQ(run("pubkey", "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=\n").out,
            "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=\n");
}

TEST_F(Cli, WarnsOfAKeyInAWorldReadableFile) {
  ASSERT_EQ(::chmod(directory.write("out", "").c_str(), 0600), 0);
  EXPECT_EQ(run("genkey").err, "");
  const std::string open = directory.write("open", "", 0644);
  const int status =
      std::system((std::string(WIREBRAID_BINARY_DIR) + "/src/app/wirebraid genkey >" + open +
                   " 2>" + directory.path() + "/err")
                      .c_str());
  EXPECT_EQ(status, 0);
  EXPECT_THAT(contents(directory.path() + "/err"), HasSubstr("world accessible"));
}

TEST_F(Cli, PubkeyRefusesWhatIsNoKey) {
  for (const char* text : {"", "abc\n", "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=x\n"}) {
    const Outcome bad = run("pubkey", text);
    EXPECT_EQ(bad.code, 1);
    EXPECT_EQ(bad.out, "");
    EXPECT_THAT(bad.err, HasSubstr("holds no key"));
  }
}

TEST_F(Cli, ChecksFiles) {
  const std::string good =
      directory.write("good",
                      "[Interface]\nPrivateKey = yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=\n"
                      "[Peer]\nPublicKey = xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=\n");
  EXPECT_EQ(run("check " + good).code, 0);
  EXPECT_EQ(run("check " + good).out, good + ": good: 0 bonds, 1 uplink\n");
  const std::string bad = directory.write("bad", "[Interface]\nMTU = 1\n[Peer]\nPublicKey = x\n");
  const Outcome result = run("check " + bad);
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr(bad + ":2: [Interface] MTU: '1' is not a number"));
  EXPECT_THAT(result.err, HasSubstr(bad + ":4: [Peer] PublicKey: not a key"));
}

TEST_F(Cli, TellsHowToUseIt) {
  EXPECT_EQ(run("--version").out, "wirebraid " WIREBRAID_VERSION "\n");
  EXPECT_THAT(run("help").out, HasSubstr("Usage: wirebraid"));
  EXPECT_EQ(run("--help").out, run("help").out);
  EXPECT_THAT(run("help keys").out, HasSubstr("  Priority = 1..255 (=1)\n"));
  for (const char* wrong : {"fly",
                            "check",
                            "check a b",
                            "reload",
                            "genkey x",
                            "--nonsense",
                            "genkey --json",
                            "help fly",
                            "--socket-directory",
                            "show --follow",
                            "show --js",
                            "set",
                            "set wb0",
                            "set wb0 Cost=1",
                            "set wb0 a.=1",
                            "set wb0 uplink.lte.PrivateKey=secret",
                            "confirm",
                            "invite wb0",
                            "invite wb0 x",
                            "reload wb0 --confirm 5"}) {
    const Outcome result = run(wrong);
    EXPECT_EQ(result.code, 2) << wrong;
    EXPECT_EQ(result.out, "") << wrong;
    EXPECT_THAT(result.err, HasSubstr("wirebraid: ")) << wrong;
  }
}

TEST_F(Cli, ReportsAFullDisk) {
  const int status = std::system(
      (std::string(WIREBRAID_BINARY_DIR) + "/src/app/wirebraid genkey >/dev/full 2>/dev/null")
          .c_str());
  EXPECT_EQ(WEXITSTATUS(status), 1);
}

/// The lines that another second changes are left out.
std::string without_ages(const std::string& shown) {
  std::istringstream lines(shown);
  std::string rest;
  for (std::string line; std::getline(lines, line);) {
    const auto has = [&](const char* text) { return line.find(text) != std::string::npos; };
    if (!has(" state: ") && !has(" handshake: ") && !has(" running for ")) rest += line + "\n";
  }
  return rest;
}

TEST_F(Cli, AsksTheDaemon) {
  Served served;
  FakeControl control;
  control.result.errors = {"wb0.conf:1: no"};
  std::error_code error;
  std::string what;
  const std::string sockets = directory.path() + "/sockets";
  const auto server = ControlServer::open(served.engine(), control, "wb0", error, what, sockets);
  ASSERT_TRUE(server) << what;
  served.start();
  const std::string where = " --socket-directory " + sockets;
  EXPECT_THAT(run("show wb0" + where).out, HasSubstr("interface: wb0\n"));
  EXPECT_EQ(without_ages(run("" + where).out), without_ages(run("show wb0" + where).out));
  const auto one = nlohmann::json::parse(run("show wb0 --json" + where).out);
  EXPECT_EQ(*status_from_json(one).status, sample_status());
  EXPECT_EQ(nlohmann::json::parse(run("--json" + where).out), nlohmann::json::array({one}));
  const Outcome reload = run("reload wb0" + where);
  EXPECT_EQ(reload.code, 1);
  EXPECT_EQ(reload.err, "wirebraid: wb0.conf:1: no\n");
  const Outcome none = run("show wb1" + where);
  EXPECT_EQ(none.code, 1);
  EXPECT_THAT(none.err, HasSubstr("wb1: no wirebraidd serves it"));
  served.stop();
}

/// A daemon that says what it is told to say.
class CliWithDaemon : public Cli {
 protected:
  CliWithDaemon() {
    std::error_code error;
    std::string what;
    server = ControlServer::open(served.engine(), control, "wb0", error, what,
                                 directory.path() + "/sockets");
    EXPECT_TRUE(server) << what;
  }
  ~CliWithDaemon() override { served.stop(); }
  /// What shall be said is set before the first one.
  Outcome ask(const std::string& arguments, const std::string& input = "") {
    if (!started) served.start();
    started = true;
    return run(arguments + " --socket-directory " + directory.path() + "/sockets", input);
  }
  void happened(const std::string& uplink, const std::string& text) {
    Event event;
    event.uplink = uplink;
    event.text = text;
    control.log.add(event, WallTime(std::chrono::seconds(1'700'000'000)));
  }

  FakeControl control;
  Served served;
  std::unique_ptr<ControlServer> server;
  bool started = false;
};

TEST_F(CliWithDaemon, TellsEvents) {
  happened("dsl", "uplink dsl: suspect");
  happened("", "configuration changed");
  const Outcome shown = ask("events");
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("  uplink dsl: suspect\n"));
  EXPECT_THAT(shown.out, HasSubstr("  configuration changed\n"));
  const std::string lines = ask("events wb0 --json").out;
  const auto first = nlohmann::json::parse(lines.substr(0, lines.find('\n')));
  EXPECT_EQ(first["time_ms"], 1'700'000'000'000);
  EXPECT_EQ(first["uplink"], "dsl");
}

TEST_F(CliWithDaemon, SaysWhyAnUplinkIsNotUsedAndWhatWouldHelp) {
  happened("dsl", "uplink dsl: suspect");
  happened("lte", "uplink lte: up");
  const Outcome why = ask("why dsl");
  EXPECT_EQ(why.code, 0) << why.err;
  EXPECT_THAT(why.out, HasSubstr("uplink dsl of wb0: suspect since "));
  EXPECT_THAT(why.out,
              HasSubstr("  Not used: " + sample_status().bonds[0].uplinks[0].unused_reason));
  EXPECT_THAT(why.out, HasSubstr("Is the line itself up?"));
  EXPECT_THAT(why.out, HasSubstr("uplink dsl: suspect\n"));
  EXPECT_EQ(why.out.find("lte"), std::string::npos);
  const Outcome none = ask("why wb0 dls");
  EXPECT_EQ(none.code, 1);
  EXPECT_EQ(none.err, "wirebraid: wb0 has no uplink dls; there are: dsl, lte\n");
}

TEST_F(CliWithDaemon, SetsSeveralKeysAtOnce) {
  control.result.ok = true;
  control.result.public_keys = {{"Uplink mesh", "KEY="}};
  const Outcome done = ask(
      "set wb0 --confirm 90 --remove class.calls --add uplink.mesh uplink.mesh.PrivateKey=generate "
      "interface.Address=10.0.0.1/24 interface.Address=fd00::1/64 uplink.lte.RateUp= "
      "uplink.a.b.Cost=3");
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("[Uplink mesh] public key: KEY=\n"));
  EXPECT_THAT(done.out, HasSubstr("goes back in 90 s unless you say: wirebraid confirm wb0"));
  ASSERT_EQ(control.changes.size(), 1u);
  const ChangeRequest& change = control.changes[0];
  EXPECT_EQ(change.confirm, std::chrono::seconds(90));
  std::string text;
  for (const SectionChange& section : change.sections) {
    text += section.kind == SectionChange::Kind::add      ? "+"
            : section.kind == SectionChange::Kind::remove ? "-"
                                                          : "";
    text += section.section;
    for (const KeyChange& key : section.keys) {
      text += " " + key.key + (key.generate ? "!" : "");
      for (const std::string& value : key.values) text += "=" + value;
    }
    text += "; ";
  }
  EXPECT_EQ(text,
            "-Class calls; +Uplink mesh; Uplink mesh PrivateKey!; Interface "
            "Address=10.0.0.1/24=fd00::1/64; Uplink lte RateUp; Uplink a.b Cost=3; ");
}

TEST_F(CliWithDaemon, TakesKeysFromStandardInputOnly) {
  control.result.ok = true;
  EXPECT_EQ(ask("set wb0 uplink.lte.PresharedKey=-", "SECRET\n").code, 0);
  ASSERT_EQ(control.changes.size(), 1u);
  EXPECT_EQ(control.changes[0].sections[0].keys[0].values.front(), "SECRET");
  const Outcome bad = ask("set wb0 uplink.lte.PresharedKey=SECRET");
  EXPECT_EQ(bad.code, 2);
  EXPECT_EQ(bad.err.find("SECRET"), std::string::npos);
}

TEST_F(CliWithDaemon, SaysWhatIsWrongWithAChange) {
  control.result.add_problem({"f", 3, "Uplink lte", "Cost", "no"});
  const Outcome refused = ask("set wb0 uplink.lte.Cost=x");
  EXPECT_EQ(refused.code, 1);
  EXPECT_EQ(refused.err, "wirebraid: f:3: [Uplink lte] Cost: no\n");
  EXPECT_EQ(ask("confirm wb0").code, 1);
  EXPECT_EQ(ask("revert wb0").code, 1);
}

TEST_F(CliWithDaemon, InvitesWithAKeyThatOnlyTheOtherSideKeeps) {
  control.result.ok = true;
  const Outcome invited = ask("invite wb0 alice --endpoint server.example --bond main --qr");
  EXPECT_EQ(invited.code, 0) << invited.err;
  ASSERT_EQ(control.changes.size(), 1u);
  const SectionChange& added = control.changes[0].sections[0];
  EXPECT_EQ(added.section, "Uplink alice");
  EXPECT_EQ(added.keys[0].key, "Bond");
  EXPECT_EQ(added.keys[1].key, "PublicKey");
  const size_t at = invited.out.find("PrivateKey = ");
  ASSERT_NE(at, std::string::npos);
  const auto secret = PrivateKey::from_base64(invited.out.substr(at + 13, 44));
  ASSERT_TRUE(secret);
  EXPECT_EQ(added.keys[1].values.front(), public_key_of(*secret).to_base64());
  EXPECT_THAT(invited.out, HasSubstr("PublicKey = " + sample_status().public_key + "\n"));
  EXPECT_THAT(
      invited.out,
      HasSubstr("Endpoint = server.example:" + std::to_string(sample_status().listen_port) + "\n"));
  EXPECT_THAT(invited.out, HasSubstr("\u2580"));
}

TEST_F(CliWithDaemon, TellsWhatASpeedTestFound) {
  control.result.ok = true;
  control.now.speed_test->running = false;
  const Outcome found = ask("speedtest wb0 --seconds 2");
  EXPECT_EQ(found.code, 0) << found.err;
  EXPECT_THAT(found.out, HasSubstr("dsl               48.00 Mbit/s      48.00 Mbit/s\n"));
  EXPECT_THAT(found.out, HasSubstr("lte               nothing arrived   nothing arrived\n"));
  EXPECT_THAT(found.out, HasSubstr("all together      48.00 Mbit/s"));
  ASSERT_EQ(control.tests.size(), 2u);
  EXPECT_EQ(control.tests[0].direction, Direction::receive);
  EXPECT_EQ(control.tests[1].direction, Direction::send);
  EXPECT_EQ(control.tests[1].duration, std::chrono::seconds(2));
}

TEST_F(CliWithDaemon, GivesMetricsAndWantsATerminalForTop) {
  EXPECT_THAT(ask("metrics").out, HasSubstr("wirebraid_uplink_state{"));
  const Outcome top = ask("top");
  EXPECT_EQ(top.code, 1);
  EXPECT_THAT(top.err, HasSubstr("top needs a terminal"));
}

}  // namespace
}  // namespace wirebraid::control
