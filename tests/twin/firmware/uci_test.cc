// The guest's uci and the library that reads /etc/config, under busybox as in the guest.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/twin/firmware/guest_shell.h"

namespace wirebraid::firmware {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kNetwork =
    "# a comment\n"
    "config interface 'lan'\n"
    "\toption proto static   # and another\n"
    "\tlist ipaddr '10.0.0.1/24'\n"
    "\tlist ipaddr \"10.0.1.1/24\"\n"
    "\n"
    "config rule\n"
    "\toption src 10.1.0.0/24\n"
    "config rule\n"
    "\toption name 'it'\\''s #2'\n"
    "\toption note \"a \\\"b\\\" \\\\ c\"\n";

class UciTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(config());
    write_text(config() / "network", kNetwork);
    write_text(config() / "empty", "");
  }
  std::filesystem::path config() const { return directory_.path() / "config"; }

  ShellResult uci(std::vector<std::string> arguments, const std::string& input = "") const {
    arguments.insert(arguments.begin(),
                     {(guest_source() / "rootfs/sbin/uci").string(), "-c", config().string(), "-p",
                      (directory_.path() / "changes").string()});
    return run_shell(arguments, {"UCI_AWK=" + (guest_source() / "rootfs/lib/uci.awk").string()},
                     input);
  }
  std::string get(const std::string& place) const { return uci({"get", place}).output; }
  void expect_done(const std::vector<std::string>& arguments) const {
    const ShellResult result = uci(arguments);
    EXPECT_EQ(result.status, 0) << arguments[0] << " " << arguments.back() << result.errors;
  }
  /// What a script prints that has loaded "network".
  std::string script(const std::string& text) const {
    const std::string rootfs = (guest_source() / "rootfs").string();
    return run_shell({"-c", ". " + rootfs + "/lib/functions.sh; config_load network; " + text},
                     {"UCI_AWK=" + rootfs + "/lib/uci.awk", "UCI_DIRECTORY=" + config().string()})
        .output;
  }

  lab::ScratchDirectory directory_{"uci"};
};

TEST_F(UciTest, ShowsWhatIsThere) {
  EXPECT_EQ(uci({"show"}).output, uci({"show", "network"}).output);
  EXPECT_EQ(uci({"show", "network"}).output,
            "network.lan=interface\n"
            "network.lan.proto='static'\n"
            "network.lan.ipaddr='10.0.0.1/24' '10.0.1.1/24'\n"
            "network.@rule[0]=rule\n"
            "network.@rule[0].src='10.1.0.0/24'\n"
            "network.@rule[1]=rule\n"
            "network.@rule[1].name='it'\\''s #2'\n"
            "network.@rule[1].note='a \"b\" \\ c'\n");
  EXPECT_EQ(uci({"show", "network.lan.proto"}).output, "network.lan.proto='static'\n");
}

TEST_F(UciTest, GetsValues) {
  EXPECT_EQ(get("network.lan"), "interface\n");
  EXPECT_EQ(get("network.lan.ipaddr"), "10.0.0.1/24 10.0.1.1/24\n");
  EXPECT_EQ(get("network.@rule[-1].name"), "it's #2\n");
  EXPECT_EQ(get("network.@rule[0].src"), "10.1.0.0/24\n");
  for (const char* none : {"network.wan", "network.lan.mtu", "network.@rule[2]", "none.a.b"}) {
    const ShellResult result = uci({"get", none});
    EXPECT_EQ(result.status, 1) << none;
    EXPECT_THAT(result.output, IsEmpty());
    EXPECT_THAT(uci({"-q", "get", none}).errors, IsEmpty());
  }
}

TEST_F(UciTest, ChangesWaitForTheCommit) {
  expect_done({"set", "network.lan.proto=it's \\n \"new\" $HOME `x`"});
  expect_done({"set", "network.wan=interface"});
  expect_done({"set", "network.wan.mtu=1400"});
  expect_done({"add_list", "network.lan.ipaddr=10.0.2.1/24"});
  expect_done({"del_list", "network.lan.ipaddr=10.0.0.1/24"});
  expect_done({"delete", "network.@rule[0]"});
  expect_done({"delete", "network.@rule[0].note"});
  EXPECT_EQ(uci({"add", "network", "rule"}).output, "@rule[1]\n");
  expect_done({"rename", "network.@rule[1]=mine"});
  EXPECT_EQ(read_text(config() / "network"), kNetwork);
  EXPECT_THAT(uci({"changes"}).output, HasSubstr("+network: config interface 'wan'"));
  expect_done({"commit"});
  EXPECT_THAT(uci({"changes"}).output, IsEmpty());
  EXPECT_EQ(read_text(config() / "network"),
            "config interface 'lan'\n"
            "\toption proto 'it'\\''s \\n \"new\" $HOME `x`'\n"
            "\tlist ipaddr '10.0.1.1/24'\n"
            "\tlist ipaddr '10.0.2.1/24'\n\n"
            "config rule\n"
            "\toption name 'it'\\''s #2'\n\n"
            "config interface 'wan'\n"
            "\toption mtu '1400'\n\n"
            "config rule 'mine'\n\n");
  EXPECT_EQ(get("network.lan.proto"), "it's \\n \"new\" $HOME `x`\n");
}

TEST_F(UciTest, ChangesCanBeTakenBack) {
  expect_done({"set", "network.lan.proto=none"});
  expect_done({"revert", "network"});
  EXPECT_EQ(get("network.lan.proto"), "static\n");
}

TEST_F(UciTest, WhatIsNotUnderstoodChangesNothing) {
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{"set", "network.none.a=b"},
                                             {"set", "network.lan.a-b=c"},
                                             {"set", "network.a-b=c"},
                                             {"set", "network.lan.a=b\nc"},
                                             {"set", "network.lan"},
                                             {"set", "../network.lan.a=b"},
                                             {"delete", "network.lan.none"},
                                             {"shuffle"},
                                             {}}) {
    EXPECT_NE(uci(wrong).status, 0);
  }
  EXPECT_THAT(uci({"changes"}).output, IsEmpty());
  EXPECT_THAT(uci({"show", "network"}).output, HasSubstr("proto='static'"));
}

TEST_F(UciTest, ABrokenFileIsNamedWithTheLine) {
  write_text(config() / "network", "config interface 'lan'\n\toption proto 'sta\n");
  EXPECT_THAT(uci({"show", "network"}).errors, HasSubstr("network:2: a quote is not closed"));
  write_text(config() / "network", "option a b\n");
  EXPECT_THAT(uci({"get", "network.a"}).errors, HasSubstr("network:1: option outside"));
  write_text(config() / "network", "hello\n");
  EXPECT_EQ(uci({"export", "network"}).status, 2);
}

TEST_F(UciTest, ExportsAndImports) {
  const std::string exported = uci({"export", "network"}).output;
  EXPECT_THAT(exported, testing::StartsWith("package network\n\nconfig interface 'lan'\n"));
  EXPECT_EQ(uci({"import", "empty"}, exported).status, 0);
  expect_done({"commit", "empty"});
  EXPECT_EQ("package network\n\n" + read_text(config() / "empty"), exported);
  EXPECT_EQ(uci({"import", "empty"}, "config 'a b'\n").status, 2);
  EXPECT_THAT(uci({"changes"}).output, IsEmpty());
}

TEST_F(UciTest, RunsManyCommands) {
  EXPECT_EQ(uci({"batch"},
                "# several\nset network.lan.proto='a b'\n\nadd network rule\nset "
                "network.@rule[-1].lookup=7\ncommit network\n")
                .status,
            0);
  EXPECT_EQ(get("network.lan.proto"), "a b\n");
  EXPECT_EQ(get("network.@rule[2].lookup"), "7\n");
}

TEST_F(UciTest, ScriptsReadTheSame) {
  EXPECT_EQ(script("config_get p lan proto; config_get m lan mtu 1500; echo $p $m"),
            "static 1500\n");
  EXPECT_EQ(script("show() { config_get s $1 src none; echo \"$s\"; }; config_foreach show rule"),
            "10.1.0.0/24\nnone\n");
  EXPECT_EQ(script("show() { echo \"$2 $1\"; }; config_list_foreach lan ipaddr show at"),
            "at 10.0.0.1/24\nat 10.0.1.1/24\n");
  EXPECT_EQ(script("name() { config_get n $1 name; echo \"$n\"; }; config_foreach name rule"),
            "\nit's #2\n");
  EXPECT_EQ(script("config_get_bool b lan proto 1; config_get_bool c lan none 1; echo $b $c"),
            "0 1\n");
}

}  // namespace
}  // namespace wirebraid::firmware
