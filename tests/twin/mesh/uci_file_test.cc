#include "twin/mesh/uci_file.h"

#include <gtest/gtest.h>

#include "twin/lab/process.h"

namespace wirebraid::mesh {
namespace {

TEST(UciFile, WritesSectionsOptionsAndLists) {
  UciFile file;
  file.section("interface", "lan").option("device", "eth0").list("ipaddr", "10.0.0.1/24");
  file.section("rule").option("in", "wg0");
  EXPECT_EQ(file.text(),
            "config interface 'lan'\n"
            "\toption device 'eth0'\n"
            "\tlist ipaddr '10.0.0.1/24'\n"
            "\n"
            "config rule\n"
            "\toption in 'wg0'\n");
  EXPECT_EQ(UciFile().text(), "");
}

TEST(UciFile, QuotesSoThatAShellReadsTheValueBack) {
  for (const std::string value : {"", "two  words", "it's", "'", "''", "$(reboot) `x` \\ \" #"}) {
    UciFile file;
    file.option("key", value);
    const std::string line = file.text();
    ASSERT_EQ(line.substr(0, 12), "\toption key ");
    EXPECT_EQ(lab::run_command({"sh", "-c", "printf %s " + line.substr(12)}), value);
  }
}

}  // namespace
}  // namespace wirebraid::mesh
