#include "control/server_choice.h"

#include <gtest/gtest.h>

namespace wirebraid::control {
namespace {

using namespace std::chrono_literals;

class ServerChoiceTest : public ::testing::Test {
 protected:
  /// Time from now until the choice moves, looking four times a second; 0: not within a minute.
  Duration moves_after(const ServerChoice::View& view) {
    const Time start = now;
    while (now - start < 60s) {
      if (choice.update(view, now)) return now - start;
      now += 250ms;
    }
    return Duration{};
  }
  void see(const ServerChoice::View& view) {
    EXPECT_FALSE(choice.update(view, now));
    now += 250ms;
  }

  static constexpr ServerChoice::View kUp{3, true, true};
  static constexpr ServerChoice::View kDown{3, false, true};
  static constexpr ServerChoice::View kUnplugged{3, false, false};
  ServerChoice choice;
  Time now{100s};
};

TEST_F(ServerChoiceTest, StaysWhileAnUplinkIsUp) {
  EXPECT_EQ(moves_after(kUp), 0s);
  EXPECT_EQ(choice.index(), 0u);
}

TEST_F(ServerChoiceTest, MovesOnAfterThreeSecondsAndStaysThere) {
  see(kUp);
  EXPECT_EQ(moves_after(kDown), ServerChoice::kPatience);
  EXPECT_EQ(choice.index(), 1u);
  EXPECT_EQ(moves_after(kUp), 0s) << "no way back by itself";
  EXPECT_EQ(choice.index(), 1u);
}

TEST_F(ServerChoiceTest, IsMorePatientAtTheStart) {
  EXPECT_EQ(moves_after(kDown), ServerChoice::kFirstPatience);
  EXPECT_EQ(choice.index(), 1u);
}

TEST_F(ServerChoiceTest, GoesRound) {
  see(kUp);
  for (const size_t next : {1u, 2u, 0u, 1u}) {
    EXPECT_EQ(moves_after(kDown), ServerChoice::kPatience);
    EXPECT_EQ(choice.index(), next);
  }
}

TEST_F(ServerChoiceTest, AShortAbsenceDoesNotCount) {
  see(kUp);
  for (int i = 0; i < 20; ++i) {
    for (int j = 0; j < 11; ++j) see(kDown);
    for (int j = 0; j < 5; ++j) see(kUp);
  }
  EXPECT_EQ(choice.index(), 0u);
}

// Dead in one direction only: the server's frames make an uplink seem to be up.
TEST_F(ServerChoiceTest, AShortPresenceDoesNotCount) {
  see(kUp);
  for (int i = 0; i < 4; ++i) {
    see(kDown);
    see(kDown);
    see(kUp);
  }
  EXPECT_TRUE(choice.update(kDown, now));
  EXPECT_EQ(choice.index(), 1u);
}

// Without a network no server can answer; when it is back, the server gets its time.
TEST_F(ServerChoiceTest, TimeWithoutANetworkDoesNotCount) {
  see(kUp);
  for (int i = 0; i < 11; ++i) see(kDown);
  EXPECT_EQ(moves_after(kUnplugged), 0s);
  EXPECT_EQ(moves_after(kDown), ServerChoice::kPatience);
}

TEST_F(ServerChoiceTest, OneServerIsNoChoice) {
  EXPECT_EQ(moves_after({1, false, true}), 0s);
  EXPECT_EQ(moves_after({0, false, true}), 0s);
  EXPECT_EQ(choice.index(), 0u);
}

// A reload may leave fewer servers than the place that is in use.
TEST_F(ServerChoiceTest, TheListMayBecomeShorter) {
  see(kUp);
  moves_after(kDown);
  moves_after(kDown);
  EXPECT_EQ(choice.index(), 2u);
  EXPECT_EQ(moves_after({2, false, true}), ServerChoice::kPatience);
  EXPECT_EQ(choice.index(), 1u);
}

}  // namespace
}  // namespace wirebraid::control
