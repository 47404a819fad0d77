#include "twin/app/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "tests/twin/topology/samples.h"
#include "twin/lab/scratch_directory.h"
#include "twin/topology/writer.h"

namespace wirebraid::twin {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

struct Answer {
  int code = 0;
  std::string out;
  std::string err;
};

Answer ask(const Arguments& arguments) {
  std::ostringstream out;
  std::ostringstream err;
  const int code = run_twin(arguments, {out, err});
  return {code, out.str(), err.str()};
}

std::string fixture(const std::string& name) { return topology::fixtures() + name; }

TEST(TwinCommands, HelpNamesEveryCommand) {
  const Answer help = ask({"help"});
  EXPECT_EQ(help.code, kExitDone);
  for (const Command& command : commands()) {
    EXPECT_THAT(help.out, HasSubstr("\n  " + std::string(command.name) + " "));
    const Answer more = ask({std::string(command.name), "--help"});
    EXPECT_EQ(more.code, kExitDone);
    EXPECT_THAT(more.out, StartsWith("Usage: wirebraid-twin " + std::string(command.name)));
  }
}

TEST(TwinCommands, AnswersWrongUsage) {
  const std::vector<std::pair<Arguments, std::string>> cases = {
      {{}, "a command is missing"},
      {{"frob"}, "unknown command \"frob\""},
      {{"import"}, "import needs FILE"},
      {{"import", "a", "b"}, "import takes no more words"},
      {{"import", "a", "--frob"}, "import: unrecognised option '--frob'"},
      {{"import", "a", "--max-nodes", "0"}, "--max-nodes: \"0\" is not a number from 1 to "},
      {{"import", "a", "--component", "big"}, "--component: \"big\" is not a number from 1 to "},
      {{"import", "a", "--format", "x"}, "--format: \"x\" is none of wirebraid, netjson"},
      {{"new"}, "new needs a name: evernet"},
      {{"new", "atlantis"}, "new: \"atlantis\" is not known; evernet expected"},
      {{"new", "evernet", "--seed", "-1"}, "--seed: \"-1\" is not a number from 0 to "},
      {{"new", "evernet", "--villages", "21"}, "--villages: \"21\" is not a number from 1 to 20"},
      {{"new", "evernet", "--households", "4"},
       "--households: \"4\" is not a number from 5 to 5000"},
      {{"check"}, "check needs FILE"},
  };
  for (const auto& [arguments, said] : cases) {
    const Answer answer = ask(arguments);
    EXPECT_EQ(answer.code, kExitUsage) << said;
    EXPECT_THAT(answer.err, StartsWith("wirebraid-twin: " + said));
    EXPECT_THAT(answer.err, EndsWith("; `wirebraid-twin help` tells how to use it\n"));
    EXPECT_THAT(answer.out, IsEmpty());
  }
}

TEST(TwinCommands, ChecksAGoodTopology) {
  const std::string path = fixture("village.json");
  const Answer answer = ask({"check", path});
  EXPECT_EQ(answer.code, kExitDone) << answer.err;
  EXPECT_EQ(answer.out, path +
                            ": good\n"
                            "5 nodes: 1 backbone 1 household 1 gateway 2 server; 2 uplinks\n"
                            "4 links: 1 ethernet 1 radio 2 wan; 1 at 5 GHz\n"
                            "1 village: \"Oberdorf\" 2\n"
                            "2 components: 4, 1\n");
}

TEST(TwinCommands, ChecksABadTopology) {
  const lab::ScratchDirectory directory("wirebraid-twin");
  const std::string path = directory.path().string() + "/net.json";
  const std::string text = topology::replaced(topology::village_text(), "\"wan\"", "\"van\"");
  ASSERT_EQ(topology::save_text(text, path), std::nullopt);
  const Answer answer = ask({"check", path});
  EXPECT_EQ(answer.code, kExitFailed);
  EXPECT_EQ(answer.err, path +
                            ":59: /links/2/kind: \"van\" is not a kind: ethernet, radio or wan "
                            "expected\n");
  EXPECT_EQ(ask({"check", path + ".none"}).err,
            path + ".none: cannot be opened: No such file or directory\n");
}

TEST(TwinCommands, ImportsAndTellsWhatItDid) {
  const std::string path = fixture("meshviewer.json");
  const Answer answer = ask({"import", path});
  EXPECT_EQ(answer.code, kExitDone);
  EXPECT_THAT(answer.err, StartsWith(path + ": meshviewer.json: 4 nodes, 4 links\n"));
  EXPECT_THAT(answer.err, HasSubstr("\nskipped 5 entries:\n  " + path +
                                    ":5: address \"fd00::zz\" of \"02aa00000001\": it is neither "
                                    "IPv4 nor IPv6\n"));
  EXPECT_THAT(answer.err, HasSubstr("\n  1 link: of unknown quality, so without loss\n"));
  EXPECT_TRUE(topology::read_topology(answer.out, "out").topology);
}

TEST(TwinCommands, ImportsAPartAndTellsWhatIsLeftOut) {
  const lab::ScratchDirectory directory("wirebraid-twin");
  const std::string path = directory.path().string() + "/part.json";
  const Answer answer = ask({"import", fixture("meshviewer.json"), "--component", "largest",
                             "--max-nodes", "2", "--output", path});
  EXPECT_EQ(answer.code, kExitDone);
  EXPECT_THAT(answer.out, IsEmpty());
  EXPECT_THAT(answer.err, HasSubstr("\nleft out: 2 nodes and 2 links that are not selected: "
                                    "02aa00000003 02_aa_4\n"));
  EXPECT_THAT(answer.err, EndsWith(path + ": written, 2 nodes, 2 links\n"));
  EXPECT_EQ(ask({"check", path}).code, kExitDone);
}

TEST(TwinCommands, ImportFailsWithTheReason) {
  const std::string path = fixture("meshviewer.json");
  EXPECT_EQ(ask({"import", fixture("none")}).code, kExitFailed);
  const Answer village = ask({"import", path, "--village", "middle"});
  EXPECT_EQ(village.code, kExitFailed);
  EXPECT_THAT(village.err, EndsWith(path + ": there is no village \"middle\"; \"lower\" or "
                                           "\"upper\" expected\n"));
  EXPECT_THAT(village.out, IsEmpty());
  const Answer forced = ask({"import", path, "--format", "netjson"});
  EXPECT_EQ(forced.code, kExitFailed);
  EXPECT_EQ(forced.err, path +
                            ": read as NetJSON NetworkGraph, it has no node; 12 entries skipped, "
                            "the first one in line 4: node: it has no id\n");
  const Answer full = ask({"import", path, "--output", "/dev/full"});
  EXPECT_EQ(full.code, kExitFailed);
  EXPECT_THAT(full.err, EndsWith("/dev/full: cannot be written: No space left on device\n"));
}

TEST(TwinCommands, MakesEvernet) {
  const Answer evernet = ask({"new", "evernet", "--seed", "3"});
  EXPECT_EQ(evernet.code, kExitDone);
  EXPECT_EQ(evernet.out, ask({"new", "evernet", "--seed", "3"}).out);
  EXPECT_NE(evernet.out, ask({"new", "evernet"}).out);
  const auto read = topology::read_topology(evernet.out, "evernet");
  ASSERT_TRUE(read.topology);
  EXPECT_EQ(read.topology->nodes.size(), 134U);
  const Answer small = ask({"new", "evernet", "--villages", "2", "--households", "2"});
  EXPECT_EQ(small.code, kExitDone);
  EXPECT_EQ(topology::read_topology(small.out, "small").topology->nodes.size(), 12U);
}

}  // namespace
}  // namespace wirebraid::twin
