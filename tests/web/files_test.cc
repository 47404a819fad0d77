// What is read at the start: the password file, the page, the command line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/control/temporary_directory.h"
#include "web/options.h"
#include "web/page_files.h"
#include "web/password.h"

namespace wirebraid::web {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using wirebraid::testing::TemporaryDirectory;

TEST(PasswordFile, IsWrittenAtOnceForItsOwnerAlone) {
  const TemporaryDirectory directory;
  const std::string file = directory.write("password", "what was there", 0644);
  const std::string hash = hash_password("correct horse");
  EXPECT_THAT(hash, StartsWith("$argon2id$"));
  EXPECT_EQ(write_password_file(file, hash), "");
  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  std::string error;
  const Password password = Password::read(file, error);
  EXPECT_EQ(error, "");
  EXPECT_TRUE(password.matches("correct horse"));
  EXPECT_FALSE(password.matches("correct horsf"));
  EXPECT_FALSE(password.matches(""));
  EXPECT_NE(hash_password("correct horse"), hash) << "salted";
  EXPECT_NE(write_password_file(directory.path() + "/not/there", hash), "");
}

TEST(PasswordFile, SaysHowToMakeOne) {
  const TemporaryDirectory directory;
  std::string error;
  Password::read(directory.path() + "/none", error);
  EXPECT_THAT(error, HasSubstr("--set-password"));
  EXPECT_FALSE(Password::read("", error).matches(""));
  EXPECT_THAT(error, HasSubstr("--set-password"));
  Password::read(directory.write("plain", "correct horse\n"), error);
  EXPECT_THAT(error, HasSubstr("no Argon2id string"));
  Password::read(directory.write("open", hash_password("correct horse") + "\n", 0644), error);
  EXPECT_THAT(error, HasSubstr("chmod 600"));
  EXPECT_FALSE(Password().matches(""));
}

TEST(PasswordFile, WantsSomeLength) {
  EXPECT_NE(password_fault(""), "");
  EXPECT_NE(password_fault("123456789"), "");
  EXPECT_EQ(password_fault("1234567890"), "");
  EXPECT_NE(password_fault(std::string(1025, 'a')), "");
}

TEST(Page, IsATableOfItsFiles) {
  const TemporaryDirectory directory;
  directory.write("index.html", "<!doctype html>");
  directory.write("a.js", "'use strict';");
  directory.write("secret.txt", "no page file");
  const PageResult page = read_page(directory.path());
  ASSERT_EQ(page.error, "");
  EXPECT_EQ(page.files.size(), 3u);
  EXPECT_EQ(page.files.at("/").text, "<!doctype html>");
  EXPECT_EQ(page.files.at("/a.js").type, "text/javascript; charset=utf-8");
  EXPECT_NE(page.files.at("/a.js").tag, page.files.at("/").tag);
}

TEST(Page, IsFoundInTheSourceTree) {
  const PageResult page = read_page("");
  ASSERT_EQ(page.error, "");
  for (const char* file : {"/", "/style.css", "/main.js", "/format.js", "/graph.js", "/icon.svg"}) {
    EXPECT_TRUE(page.files.contains(file)) << file;
  }
}

TEST(Page, HasToBeThere) {
  const TemporaryDirectory directory;
  EXPECT_THAT(read_page(directory.path()).error, HasSubstr("--page"));
  EXPECT_THAT(read_page(directory.path() + "/none").error, HasSubstr("No such file"));
}

OptionsResult parsed(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "wirebraid-web");
  return parse_options(static_cast<int>(arguments.size()), arguments.data());
}

TEST(Options, HaveDefaults) {
  const OptionsResult result = parsed({});
  EXPECT_EQ(result.error, "");
  EXPECT_EQ(result.options.action, Options::Action::serve);
  EXPECT_EQ(result.options.listen, "127.0.0.1:8378");
  EXPECT_EQ(result.options.socket_directory, "/run/wirebraid");
  EXPECT_FALSE(result.options.behind_proxy || result.options.metrics_open);
}

TEST(Options, AreUnderstoodOrRefused) {
  const OptionsResult result =
      parsed({"--host", "a", "--host", "b", "--behind-proxy", "--listen", "[::]:80"});
  EXPECT_EQ(result.options.hosts, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(result.options.behind_proxy);
  EXPECT_EQ(result.options.listen, "[::]:80");
  EXPECT_EQ(parsed({"--set-password"}).options.action, Options::Action::set_password);
  EXPECT_THAT(parsed({"--help"}).options.text, HasSubstr("--password-file"));
  EXPECT_EQ(parsed({"--version"}).options.text, "wirebraid " WIREBRAID_VERSION "\n");
  EXPECT_NE(parsed({"--certificate", "a.pem"}).error, "");
  EXPECT_NE(parsed({"--unknown"}).error, "");
  EXPECT_NE(parsed({"stray"}).error, "");
}

}  // namespace
}  // namespace wirebraid::web
