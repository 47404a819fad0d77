#include "tests/io/engine_fixture.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "io/epoll_engine.h"
#include "io/message.h"
#ifdef WIREBRAID_HAVE_URING
#include "io/uring_engine.h"
#endif

namespace wirebraid::io {

using testing::NetNamespace;

namespace {

constexpr timeval kPatience = {5, 0};

std::string text_of(const Packet& packet) {
  return {reinterpret_cast<const char*>(packet.data()), packet.size()};
}

}  // namespace

void Recorder::on_datagrams(std::span<Datagram> batch) {
  if (on_datagram_batch) {
    on_datagram_batch(batch);
    return;
  }
  batch_sizes.push_back(batch.size());
  for (auto& datagram : batch) {
    datagrams.push_back({text_of(datagram.bytes), datagram.remote, datagram.source,
                         datagram.transport, datagram.traffic_class});
    if (hold) held.push_back(std::move(datagram.bytes));
  }
  if (on_batch) on_batch(batch);
}

void Recorder::on_packets(std::span<Packet> batch) {
  if (on_packet_batch) {
    on_packet_batch(batch);
    return;
  }
  for (auto& packet : batch) {
    if ((packet.data()[0] >> 4) != 4) continue;
    packets.push_back(text_of(packet));
    if (hold) held.push_back(std::move(packet));
  }
}

std::vector<std::string> engine_kinds() {
#ifdef WIREBRAID_HAVE_URING
  return {"epoll", "io_uring", "io_uring_single_reads"};
#else
  return {"epoll"};
#endif
}

void EngineTest::SetUp() {
  if (!NetNamespace::supported()) GTEST_SKIP() << NetNamespace::kSkipReason;
  name_space = std::make_unique<NetNamespace>();
  scope = std::make_unique<NetNamespace::Scope>(name_space->fd());
  make_engine_with_pool(2048, 4096);
}

void EngineTest::TearDown() {
  engine.reset();
  handler.reset();
  if (pool) {
    EXPECT_EQ(pool->in_use(), 0u) << "the engine kept a slot";
  }
}

void EngineTest::make_engine_with_pool(size_t payload_size, size_t slots) {
  engine.reset();
  handler = std::make_unique<Recorder>();
  pool = std::make_unique<BufferPool>(payload_size, slots);
  if (GetParam() == "epoll") {
    engine = std::make_unique<EpollEngine>(*handler, *pool);
    return;
  }
#ifdef WIREBRAID_HAVE_URING
  UringFeatures features = probe_uring();
  if (!features.usable) GTEST_SKIP() << features.text;
  if (GetParam() == "io_uring_single_reads") features.multishot_read = false;
  auto uring = std::make_unique<UringEngine>(*handler, *pool);
  ASSERT_EQ(uring->open(features), 0);
  engine = std::move(uring);
#endif
}

bool EngineTest::turn_until(const std::function<bool()>& done) {
  const Time end = monotonic_now() + std::chrono::seconds(5);
  while (!done()) {
    if (monotonic_now() > end) return false;
    engine->run_once(monotonic_now() + std::chrono::milliseconds(100));
  }
  return true;
}

void EngineTest::turn_a_few_times() {
  for (int i = 0; i < 5; ++i) engine->run_once(monotonic_now() + std::chrono::milliseconds(2));
}

Datagram EngineTest::datagram(const UdpTransport& from, const Endpoint& to, std::string_view text) {
  Datagram result;
  result.bytes = pool->allocate();
  result.bytes.resize(text.size());
  std::memcpy(result.bytes.data(), text.data(), text.size());
  result.remote = to;
  result.transport = from.id();
  return result;
}

Endpoint endpoint(const std::string& address, uint16_t port) {
  Endpoint result;
  const auto parsed = IpAddress::parse(address);
  EXPECT_TRUE(parsed) << address;
  if (parsed) result.address = *parsed;
  result.port = port;
  return result;
}

PlainSocket::PlainSocket(const std::string& address, uint16_t port) {
  const auto local = to_socket_address(endpoint(address, port));
  fd_ = Descriptor(socket(local.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(bind(fd_.get(), &local.any, local.size), 0) << std::strerror(errno);
  setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  // Room for everything that a test sends before it reads.
  const int room = 4 << 20;
  setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  const int on = 1;
  if (local.any.sa_family == AF_INET) {
    setsockopt(fd_.get(), IPPROTO_IP, IP_RECVTOS, &on, sizeof on);
  } else {
    setsockopt(fd_.get(), IPPROTO_IPV6, IPV6_RECVTCLASS, &on, sizeof on);
  }
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&bound), &size);
  port_ = to_endpoint(&bound, size).port;
}

void PlainSocket::send(const Endpoint& to, std::string_view text) {
  const auto remote = to_socket_address(to);
  EXPECT_EQ(sendto(fd_.get(), text.data(), text.size(), 0, &remote.any, remote.size),
            static_cast<ssize_t>(text.size()))
      << std::strerror(errno);
}

Seen PlainSocket::receive() {
  std::array<char, 65536> bytes{};
  sockaddr_storage remote{};
  alignas(cmsghdr) std::array<uint8_t, kControlSize> control{};
  iovec payload{bytes.data(), bytes.size()};
  msghdr header{};
  header.msg_name = &remote;
  header.msg_namelen = sizeof remote;
  header.msg_iov = &payload;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  ssize_t size = 0;
  // The kernel interrupts a thread for the work of its rings, even for one closed a while ago (the
  // probe's), and a receive with a time limit is not restarted (signal(7)).
  do {
    size = recvmsg(fd_.get(), &header, 0);
  } while (size < 0 && errno == EINTR);
  EXPECT_GE(size, 0) << std::strerror(errno);
  if (size < 0) return {};
  Datagram datagram;
  read_message(header, datagram);
  return {
      {bytes.data(), static_cast<size_t>(size)}, datagram.remote, {}, {}, datagram.traffic_class};
}

}  // namespace wirebraid::io
