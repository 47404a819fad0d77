// The emulator between datagram sockets, which the test reads and writes as QEMU does. Delays have
// lower bounds only: a busy machine may add to them.
#include "twin/fabric/socket_wires.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <string>

#include "twin/lab/process.h"
#include "twin/lab/scratch_directory.h"

namespace wirebraid::fabric {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

void send(int fd, const std::string& frame) {
  ASSERT_EQ(::send(fd, frame.data(), frame.size(), 0), static_cast<ssize_t>(frame.size()));
}

/// Waits five seconds at most; "nothing" if nothing comes.
std::string receive(int fd) {
  pollfd polled{fd, POLLIN, 0};
  if (::poll(&polled, 1, 5000) != 1) return "nothing";
  std::string frame(2000, '\0');
  const ssize_t size = ::recv(fd, frame.data(), frame.size(), 0);
  frame.resize(size < 0 ? 0 : static_cast<size_t>(size));
  return frame;
}

TEST(SocketWires, CarryFramesBothWaysInOrderWithTheirDelay) {
  SocketWires wires;
  const size_t wire = wires.add({{.delay = milliseconds(20)}, {.delay = milliseconds(40)}}, 1);
  const int a = wires.machine_end(wire, End::a);
  const int b = wires.machine_end(wire, End::b);
  const auto start = SteadyClock::now();
  for (int i = 0; i < 50; ++i) send(a, "a" + std::to_string(i));
  for (int i = 0; i < 50; ++i) ASSERT_EQ(receive(b), "a" + std::to_string(i));
  EXPECT_GE(SteadyClock::now() - start, milliseconds(20));
  const auto back = SteadyClock::now();
  send(b, "back");
  EXPECT_EQ(receive(a), "back");
  EXPECT_GE(SteadyClock::now() - back, milliseconds(40));
  EXPECT_EQ(wires.statistics(wire, End::a).delivered_frames, 50u);
  EXPECT_EQ(wires.statistics(wire, End::b).delivered_bytes, 4u);
}

TEST(SocketWires, AreApartFromEachOther) {
  constexpr size_t kWires = 300;
  SocketWires wires;
  for (size_t i = 0; i < kWires; ++i) ASSERT_EQ(wires.add({}, i), i);
  EXPECT_EQ(wires.size(), kWires);
  for (size_t i = 0; i < kWires; ++i) send(wires.machine_end(i, End::a), std::to_string(i));
  for (size_t i = 0; i < kWires; ++i) {
    EXPECT_EQ(receive(wires.machine_end(i, End::b)), std::to_string(i));
  }
}

TEST(SocketWires, ACutSwallowsAndEndsAgain) {
  SocketWires wires;
  const size_t wire = wires.add({}, 1);
  const int a = wires.machine_end(wire, End::a);
  wires.set_state(wire, LinkState::blackhole);
  send(a, "lost");
  ASSERT_TRUE(lab::wait_until(
      [&] { return wires.statistics(wire, End::a).dropped(DropReason::blackhole) == 1; },
      milliseconds(5000)));
  wires.set_state(wire, LinkState::up);
  send(a, "found");
  EXPECT_EQ(receive(wires.machine_end(wire, End::b)), "found");
}

// A machine that is off, or slow: what it does not take for long is lost, and nothing else is.
TEST(SocketWires, WhoDoesNotReadHoldsUpNobodyAndCanBeginAgain) {
  SocketWires wires;
  const size_t wire = wires.add({}, 1);
  const size_t other = wires.add({}, 2);
  const int a = wires.machine_end(wire, End::a);
  const int b = wires.machine_end(wire, End::b);
  uint64_t sent = 0;
  const auto send_next = [&] {
    const std::string frame = std::to_string(sent);
    if (::send(a, frame.data(), frame.size(), 0) > 0) ++sent;
  };
  ASSERT_TRUE(lab::wait_until(
      [&] {
        for (int i = 0; i < 1000; ++i) send_next();
        return wires.refused(wire, End::b) > 0;
      },
      milliseconds(10'000)));
  send(wires.machine_end(other, End::a), "other");
  EXPECT_EQ(receive(wires.machine_end(other, End::b)), "other");
  EXPECT_EQ(wires.refused(other, End::b), 0u);

  int last = -1;
  uint64_t taken = 0;
  // What is under way arrives or is refused, and which of the two is not for the test to say.
  const auto settles = [&] {
    return lab::wait_until(
        [&] {
          for (std::string frame(20, '\0'); ::recv(b, frame.data(), frame.size(), 0) > 0; ++taken) {
            EXPECT_GT(std::stoi(frame), last);
            last = std::stoi(frame);
          }
          const LinkStatistics counted = wires.statistics(wire, End::a);
          return taken + wires.refused(wire, End::b) + counted.dropped(DropReason::overflow) ==
                 sent;
        },
        milliseconds(10'000));
  };
  EXPECT_TRUE(settles()) << "what it takes, and what was refused, is all";
  const uint64_t before = taken;
  send_next();
  EXPECT_TRUE(settles());
  EXPECT_EQ(taken, before + 1) << "now that it reads";
}

TEST(SocketWires, CaptureWhatArrives) {
  const lab::ScratchDirectory scratch("wirebraid-capture");
  const std::string file = scratch.path() / "wire.pcap";
  SocketWires wires;
  const size_t wire = wires.add({}, 1);
  wires.start_capture(wire, file);
  send(wires.machine_end(wire, End::a), "one");
  EXPECT_EQ(receive(wires.machine_end(wire, End::b)), "one");
  send(wires.machine_end(wire, End::b), "three");
  EXPECT_EQ(receive(wires.machine_end(wire, End::a)), "three");
  wires.stop_capture(wire);
  std::ifstream input(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(input), {}};
  ASSERT_EQ(bytes.size(), 24u + 16 + 3 + 16 + 5);
  EXPECT_EQ(bytes.substr(0, 4), "\xd4\xc3\xb2\xa1");
  EXPECT_EQ(bytes.substr(40, 3), "one");
  EXPECT_EQ(bytes.substr(59), "three");
  EXPECT_THROW(wires.start_capture(wire, scratch.path() / "no" / "such"), std::system_error);
}

}  // namespace
}  // namespace wirebraid::fabric
