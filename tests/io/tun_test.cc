#include "io/tun.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "tests/support/child.h"
#include "tests/support/netns.h"

namespace wirebraid::io {
namespace {

using testing::in_child;
using testing::NetNamespace;
using testing::run;

class TunDeviceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!NetNamespace::supported()) GTEST_SKIP() << NetNamespace::kSkipReason;
    name_space = std::make_unique<NetNamespace>();
    scope.emplace(name_space->fd());
  }
  /// "ERRNO WHAT", or "open".
  std::string try_open(const std::string& name) {
    const auto tun = TunDevice::open(name, error, what);
    return tun ? "open" : std::to_string(error.value()) + " " + what;
  }
  std::unique_ptr<NetNamespace> name_space;
  std::optional<NetNamespace::Scope> scope;
  std::error_code error;
  std::string what;
};

TEST(InterfaceName, IsWhatTheKernelAccepts) {
  for (const auto* good : {"a", "wg0", "bond.12", "fifteen-letters", "ä"}) {
    EXPECT_TRUE(is_interface_name(good)) << good;
  }
  for (const auto* bad :
       {"", ".", "..", "sixteen--letters", "a/b", "a b", "a\tb", "a\n", "wb%d", "a:1"}) {
    EXPECT_FALSE(is_interface_name(bad)) << bad;
  }
}

TEST_F(TunDeviceTest, OpensAndFollowsItsName) {
  const auto tun = TunDevice::open("wbtest", error, what);
  ASSERT_TRUE(tun) << what;
  EXPECT_EQ(tun->name(), "wbtest");
  run("ip link set wbtest name renamed");
  EXPECT_EQ(tun->name(), "renamed");
  run("ip link del renamed");
  EXPECT_EQ(tun->name(), "renamed");
}

TEST_F(TunDeviceTest, AttachesToAPersistentDevice) {
  run("ip tuntap add dev wbtest mode tun");
  EXPECT_EQ(try_open("wbtest"), "open");
}

TEST_F(TunDeviceTest, BadNameIsRefused) {
  EXPECT_EQ(try_open("a/b").substr(0, 3), std::to_string(EINVAL) + " ");
}

TEST_F(TunDeviceTest, SecondUserIsToldThatItIsTaken) {
  const auto first = TunDevice::open("wbtest", error, what);
  ASSERT_TRUE(first);
  EXPECT_EQ(try_open("wbtest"),
            std::to_string(EBUSY) + " create interface wbtest: another process already uses it");
}

TEST_F(TunDeviceTest, HasSeveralQueuesIfItWasMadeForThem) {
  const auto tun = TunDevice::open("wbtest", error, what, TunDevice::Queues::several);
  ASSERT_TRUE(tun) << what;
  const auto queue = tun->open_queue(error, what);
  ASSERT_TRUE(queue) << what;
  EXPECT_NE(queue->fd(), tun->fd());
  EXPECT_EQ(queue->name(), "wbtest");
  EXPECT_EQ(queue->offloads().tcp, tun->offloads().tcp);
}

TEST_F(TunDeviceTest, OneQueueStaysOne) {
  const auto tun = TunDevice::open("wbtest", error, what);
  ASSERT_TRUE(tun) << what;
  EXPECT_FALSE(tun->open_queue(error, what));
  EXPECT_EQ(error.value(), EINVAL);
  EXPECT_NE(what.find("or has a single queue"), std::string::npos) << what;
}

TEST_F(TunDeviceTest, OtherKindOfInterfaceIsRefused) {
  run("ip link add wbtest type veth peer name peer");
  EXPECT_EQ(
      try_open("wbtest"),
      std::to_string(EINVAL) +
          " create interface wbtest: an interface of this name exists and is of another kind");
}

TEST_F(TunDeviceTest, MissingDeviceNodeIsNamed) {
  const std::string result = in_child([&]() -> std::string {
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) ||
        mount("none", "/dev", "tmpfs", 0, nullptr)) {
      return std::string("mount: ") + std::strerror(errno);
    }
    return try_open("wbtest");
  });
  EXPECT_EQ(result.rfind(std::to_string(ENOENT) + " open /dev/net/tun: ", 0), 0u) << result;
  EXPECT_NE(result.find("modprobe tun"), std::string::npos) << result;
}

TEST_F(TunDeviceTest, MissingRightNamesTheCapability) {
  EXPECT_EQ(in_child([&]() -> std::string {
              return testing::drop_capabilities() ? try_open("wbtest") : "capset";
            }),
            std::to_string(EPERM) + " create interface wbtest: needs root or CAP_NET_ADMIN");
}

class TunAdoptTest : public TunDeviceTest {
 protected:
  int attach(int flags) {
    const int fd = ::open("/dev/net/tun", O_RDWR);
    EXPECT_GE(fd, 0);
    if (flags == 0) return fd;
    ifreq request{};
    std::strcpy(request.ifr_name, "wbtest");  // NOLINT(clang-analyzer-security*): it fits
    request.ifr_flags = static_cast<short>(flags);
    EXPECT_EQ(ioctl(fd, TUNSETIFF, &request), 0);
    return fd;
  }
};

TEST_F(TunAdoptTest, TakesOverAnAttachedDescriptor) {
  const int fd = attach(IFF_TUN | IFF_NO_PI);
  auto tun = TunDevice::adopt(fd, error, what);
  ASSERT_TRUE(tun) << what;
  EXPECT_EQ(tun->fd(), fd);
  EXPECT_EQ(tun->name(), "wbtest");
  EXPECT_NE(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
  tun.reset();
  EXPECT_EQ(fcntl(fd, F_GETFD), -1) << "closed with its owner";
}

TEST_F(TunAdoptTest, HasOffloadsIfItWasMadeForThem) {
  auto plain = TunDevice::adopt(attach(IFF_TUN | IFF_NO_PI), error, what);
  ASSERT_TRUE(plain) << what;
  EXPECT_FALSE(plain->offloads().tcp);
  plain.reset();
  const auto tun = TunDevice::adopt(attach(IFF_TUN | IFF_NO_PI | IFF_VNET_HDR), error, what);
  ASSERT_TRUE(tun) << what;
  EXPECT_TRUE(tun->offloads().tcp);
  int header = 0;
  ASSERT_EQ(ioctl(tun->fd(), TUNGETVNETHDRSZ, &header), 0);
  EXPECT_EQ(header, 10);
}

TEST_F(TunAdoptTest, RefusesWhatIsNoTunDevice) {
  EXPECT_FALSE(TunDevice::adopt(-1, error, what));
  EXPECT_EQ(error.value(), EBADF);
  EXPECT_FALSE(TunDevice::adopt(::open("/dev/null", O_RDWR), error, what));
  EXPECT_EQ(error.value(), ENOTTY);
  EXPECT_FALSE(TunDevice::adopt(attach(0), error, what));
  EXPECT_EQ(error.value(), EBADFD);
  EXPECT_FALSE(TunDevice::adopt(attach(IFF_TAP | IFF_NO_PI), error, what));
  EXPECT_EQ(error.value(), EINVAL);
}

}  // namespace
}  // namespace wirebraid::io
