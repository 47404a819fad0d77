// The emulator in real time. Delays have lower bounds only: a busy machine may add to them.
#include "twin/fabric/wire.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <string>

#include "twin/lab/namespace.h"
#include "twin/lab/process.h"
#include "twin/lab/tcp_flow.h"
#include "twin/lab/udp_probe.h"

namespace wirebraid::fabric {
namespace {

using std::chrono::milliseconds;

Tap make_tap(const lab::Namespace& inside, const std::string& own_address) {
  auto tap = inside.make<Tap>([] { return Tap("wan0"); });
  inside.ip("link set wan0 up");
  inside.ip("addr add " + own_address + "/24 dev wan0");
  return tap;
}

class WireTest : public ::testing::Test {
 protected:
  bool carrier(const lab::Namespace& inside) {
    return lab::run_command({"ip", "-n", inside.name(), "link", "show", "wan0"})
               .find("NO-CARRIER") == std::string::npos;
  }

  lab::Namespace left_{"left"};
  lab::Namespace right_{"right"};
  Wire wire_{make_tap(left_, "10.9.0.1"), make_tap(right_, "10.9.0.2"), {}, 1};
};

TEST_F(WireTest, CarriesPingWithItsDelay) {
  wire_.set_options({{.delay = milliseconds(20)}, {.delay = milliseconds(30)}});
  const std::string said =
      lab::run_command({"ping", "-c", "3", "-i", "0.1", "-W", "2", "10.9.0.2"}, {.inside = &left_});
  EXPECT_NE(said.find(" 3 received"), std::string::npos) << said;
  const auto position = said.find("mdev = ");
  ASSERT_NE(position, std::string::npos) << said;
  EXPECT_GE(std::stod(said.substr(position + 7)), 50.0) << said;
}

TEST_F(WireTest, CarriesBytesUnchangedAndCountsThem) {
  wire_.set_options({{.rate = 100'000'000}, {.rate = 100'000'000}});
  lab::TcpFlow flow(right_, left_, {.address = "10.9.0.2", .bytes = 2'000'000});
  const auto report = flow.finish();
  EXPECT_TRUE(report.intact);
  EXPECT_EQ(report.received, 2'000'000u);
  EXPECT_LE(report.bits_per_second(), 100e6);
  const LinkStatistics counted = wire_.statistics(End::b);
  EXPECT_GT(counted.delivered_bytes, 2'000'000u);
  EXPECT_EQ(wire_.refused(End::a), 0u);
}

TEST_F(WireTest, BlackholeSwallowsSilentlyUntilItEnds) {
  lab::UdpProbe before(left_, right_, {.address = "10.9.0.2"});
  ASSERT_TRUE(lab::wait_until([&] { return wire_.statistics(End::a).delivered_frames > 20; },
                              milliseconds(5000)));
  wire_.set_state(LinkState::blackhole);
  ASSERT_TRUE(
      lab::wait_until([&] { return wire_.statistics(End::a).dropped(DropReason::blackhole) > 20; },
                      milliseconds(5000)));
  EXPECT_TRUE(carrier(left_));
  wire_.set_state(LinkState::up);
  const uint64_t delivered = wire_.statistics(End::a).delivered_frames;
  ASSERT_TRUE(
      lab::wait_until([&] { return wire_.statistics(End::a).delivered_frames > delivered + 20; },
                      milliseconds(5000)));
  const auto report = before.finish();
  // The kernel's own frames (neighbour discovery) are swallowed as well, now and then one.
  EXPECT_GT(report.lost(), 0u);
  EXPECT_LE(report.lost(), wire_.statistics(End::a).dropped(DropReason::blackhole));
  EXPECT_EQ(report.duplicates, 0u);
  EXPECT_EQ(report.reordered, 0u);
}

TEST_F(WireTest, DownTakesTheCarrierAtBothEnds) {
  ASSERT_TRUE(
      lab::wait_until([&] { return carrier(left_) && carrier(right_); }, milliseconds(5000)));
  wire_.set_state(LinkState::down);
  EXPECT_TRUE(
      lab::wait_until([&] { return !carrier(left_) && !carrier(right_); }, milliseconds(5000)));
  wire_.set_state(LinkState::up);
  EXPECT_TRUE(
      lab::wait_until([&] { return carrier(left_) && carrier(right_); }, milliseconds(5000)));
}

TEST_F(WireTest, ACablePulledAtOneEndIsNoNewsAtTheOther) {
  ASSERT_TRUE(
      lab::wait_until([&] { return carrier(left_) && carrier(right_); }, milliseconds(5000)));
  wire_.set_plugged(End::a, false);
  EXPECT_TRUE(lab::wait_until([&] { return !carrier(left_); }, milliseconds(5000)));
  EXPECT_TRUE(carrier(right_));
  wire_.set_plugged(End::a, true);
  EXPECT_TRUE(lab::wait_until([&] { return carrier(left_); }, milliseconds(5000)));
}

TEST_F(WireTest, OneDirectionAloneCanBeABlackhole) {
  wire_.set_state(End::b, LinkState::blackhole);
  EXPECT_EQ(wire_.options().from_a.state, LinkState::up);
  EXPECT_EQ(wire_.options().from_b.state, LinkState::blackhole);
}

TEST(Tap, SaysWhatIsWrong) {
  const lab::Namespace inside("tap");
  const auto first = inside.make<Tap>([] { return Tap("wan0"); });
  try {
    inside.run([] { Tap("wan0"); });
    FAIL() << "two owners";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), EBUSY);
    EXPECT_NE(std::string(error.what()).find("wan0"), std::string::npos);
  }
}

}  // namespace
}  // namespace wirebraid::fabric
