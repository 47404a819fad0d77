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
  for (const char* wrong : {"fly", "check", "check a b", "reload", "genkey x", "--nonsense",
                            "genkey --json", "help fly", "--socket-directory"}) {
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

}  // namespace
}  // namespace wirebraid::control
