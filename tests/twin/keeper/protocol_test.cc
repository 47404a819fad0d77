#include "twin/keeper/protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <functional>
#include <thread>

#include "twin/lab/scratch_directory.h"

namespace wirebraid::keeper {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const KeeperError& error) {
    return error.what();
  }
  return "no error";
}

class LinesTest : public ::testing::Test {
 protected:
  LinesTest() {
    std::array<int, 2> fds{-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()), 0);
    here_ = io::Descriptor(fds[0]);
    there_ = io::Descriptor(fds[1]);
  }
  void send(const std::string& text) const {
    ASSERT_EQ(::send(there_.get(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }

  io::Descriptor here_;
  io::Descriptor there_;
};

TEST_F(LinesTest, GoBothWays) {
  const Json question{{"command", "exec"}, {"line", "echo \"a\nb\""}};
  send_line(here_.get(), question);
  EXPECT_EQ(receive_line(there_.get()), question);
  const Json answer{{"ok", true}, {"output", "\xc3\xa4\n"}};
  send_line(there_.get(), answer);
  EXPECT_EQ(receive_line(here_.get()), answer);
}

TEST_F(LinesTest, KeepTheirOrderAndWhatFollowsThem) {
  send("{\"n\": 1}\n{\"n\": 2}\nconsole");
  EXPECT_EQ((*receive_line(here_.get()))["n"], 1);
  EXPECT_EQ((*receive_line(here_.get()))["n"], 2);
  std::array<char, 16> rest{};
  EXPECT_EQ(::recv(here_.get(), rest.data(), rest.size(), 0), 7);
  EXPECT_STREQ(rest.data(), "console");
}

TEST_F(LinesTest, ANodesOutputNeedNotBeText) {
  send_line(there_.get(), {{"output", "\xff\xfe ok"}});
  const auto answer = receive_line(here_.get());
  ASSERT_TRUE(answer);
  EXPECT_THAT((*answer)["output"].get<std::string>(), HasSubstr(" ok"));
}

TEST_F(LinesTest, ALongLineArrivesWhole) {
  const std::string output(1 << 20, 'x');
  std::jthread sender([&] { send_line(there_.get(), {{"output", output}}); });
  EXPECT_EQ((*receive_line(here_.get()))["output"], output);
}

TEST_F(LinesTest, OnlyObjectsAreUnderstood) {
  for (const std::string text : {"hello", "[1]", "7", "", "{\"a\": ", "null"}) {
    send(text + "\n");
    EXPECT_EQ(error_of([&] { receive_line(here_.get()); }), "not a JSON object: " + text);
  }
  send(std::string(1000, 'y') + "\n");
  EXPECT_EQ(error_of([&] { receive_line(here_.get()); }),
            "not a JSON object: " + std::string(60, 'y'));
}

TEST_F(LinesTest, EndWithTheStream) {
  send("{\"half\":");
  there_ = io::Descriptor();
  EXPECT_EQ(receive_line(here_.get()), std::nullopt);
  EXPECT_EQ(error_of([&] { send_line(here_.get(), {{"a", 1}}); }), "the other side has gone");
}

class SocketTest : public ::testing::Test {
 protected:
  const fs::path& directory() const { return scratch_.path(); }
  lab::ScratchDirectory scratch_{"keeper"};
};

TEST_F(SocketTest, JoinsTwoSides) {
  const io::Descriptor listener = listen_in(directory());
  const io::Descriptor client = connect_to(directory());
  const io::Descriptor server(::accept(listener.get(), nullptr, nullptr));
  send_line(client.get(), {{"command", "status"}});
  EXPECT_EQ((*receive_line(server.get()))["command"], "status");
}

TEST_F(SocketTest, IsForItsOwnerAlone) {
  const io::Descriptor listener = listen_in(directory());
  struct stat status {};
  ASSERT_EQ(::stat(socket_path(directory()).c_str(), &status), 0);
  EXPECT_TRUE(S_ISSOCK(status.st_mode));
  EXPECT_EQ(status.st_mode & 07777, 0600U);
}

TEST_F(SocketTest, ASecondTwinIsRefused) {
  const io::Descriptor listener = listen_in(directory());
  EXPECT_EQ(error_of([&] { listen_in(directory()); }),
            "a twin runs in " + directory().string() + " already; `wirebraid-twin down` ends it");
  EXPECT_NO_THROW(connect_to(directory())) << "the first one goes on";
}

TEST_F(SocketTest, OneThatIsLeftOverIsReplaced) {
  { const io::Descriptor gone = listen_in(directory()); }
  ASSERT_TRUE(fs::exists(socket_path(directory())));
  EXPECT_THAT(error_of([&] { connect_to(directory()); }), HasSubstr("Connection refused"));
  const io::Descriptor listener = listen_in(directory());
  EXPECT_NO_THROW(connect_to(directory()));
}

TEST_F(SocketTest, WithoutATwinItSaysHowToGetOne) {
  EXPECT_EQ(error_of([&] { connect_to(directory()); }),
            "no twin runs in " + directory().string() +
                " (No such file or directory); `wirebraid-twin up` starts one");
}

TEST_F(SocketTest, WhereNoSocketCanBeItSaysWhy) {
  EXPECT_THAT(error_of([&] { listen_in(directory() / "none"); }),
              HasSubstr("/none/twin.sock: No such file or directory"));
  const fs::path deep = directory() / std::string(120, 'd');
  EXPECT_THAT(error_of([&] { listen_in(deep); }), HasSubstr("too long for a socket"));
  EXPECT_THAT(error_of([&] { connect_to(deep); }), HasSubstr("too long for a socket"));
}

TEST_F(SocketTest, AskingGetsTheAnswerOrTheReason) {
  const io::Descriptor listener = listen_in(directory());
  std::jthread twin([&] {
    for (const Json& answer :
         {Json{{"ok", true}, {"n", 7}}, Json{{"ok", false}, {"error", "no such node"}},
          Json{{"n", 7}}, Json()}) {
      const io::Descriptor fd(::accept(listener.get(), nullptr, nullptr));
      receive_line(fd.get());
      if (answer.is_object()) send_line(fd.get(), answer);
    }
  });
  const auto said = [&] { return error_of([&] { ask(directory(), {{"command", "status"}}); }); };
  EXPECT_EQ(ask(directory(), {{"command", "status"}})["n"], 7);
  EXPECT_EQ(said(), "no such node");
  EXPECT_EQ(said(), "it failed");
  EXPECT_EQ(said(), "the twin ended before it answered");
}

}  // namespace
}  // namespace wirebraid::keeper
