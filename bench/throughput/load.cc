#include "bench/throughput/load.h"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "bench/support/spread.h"
#include "twin/lab/echo_probe.h"
#include "twin/lab/interrupt.h"
#include "twin/lab/iperf.h"

namespace wirebraid::throughput {
namespace {

using std::chrono::steady_clock;

/// UDP payload of an IPv4 packet of 1400 bytes: less than every tunnel's MTU, so that none of them
/// gets fragments.
constexpr size_t kLargeDatagram = 1400 - 20 - 8;
constexpr size_t kSmallDatagram = 64;

Measurement run_iperf(const System& system, const Load& load, std::chrono::seconds duration) {
  // The meter runs as long as iperf3's client does. What that does beside the transfer (start, the
  // exchange of results) is milliseconds.
  lab::Iperf iperf(system.server(), system.gateway(),
                   {.address = system.server_address(),
                    .duration = duration,
                    .download = load.download,
                    .streams = load.streams,
                    .udp_bits_per_second = load.udp_bits_per_second,
                    .udp_size = load.udp_size});
  const CpuMeter meter(system.daemons());
  const lab::IperfReport report = iperf.report();
  return {.seconds = report.seconds,
          .bytes = report.bytes,
          .cpu = meter.used(),
          .retransmits = report.retransmits,
          .sent = report.datagrams,
          .lost = report.lost};
}

/// While it exists, idle processors do not sleep (cpu_dma_latency, the kernel's PM QoS interface):
/// waking them up takes as long as a tunnel does, and the less there is to do, the more often it is
/// needed. Does nothing where the kernel has no such file.
class AwakeProcessors {
 public:
  AwakeProcessors() : fd_(::open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC)) {
    const int32_t microseconds = 0;
    if (fd_ >= 0 && ::write(fd_, &microseconds, sizeof microseconds) != sizeof microseconds) {
      ::close(std::exchange(fd_, -1));
    }
  }
  ~AwakeProcessors() {
    if (fd_ >= 0) ::close(fd_);
  }
  AwakeProcessors(const AwakeProcessors&) = delete;
  AwakeProcessors& operator=(const AwakeProcessors&) = delete;

 private:
  int fd_;
};

Measurement run_echoes(const System& system, const Load& load, std::chrono::seconds duration) {
  const AwakeProcessors awake;
  const CpuMeter meter(system.daemons());
  const auto start = steady_clock::now();
  lab::EchoProbe probe(
      system.gateway(), system.server(),
      {.address = system.server_address(), .packets_per_second = load.echoes_per_second});
  lab::sleep_until(start + duration);
  const lab::EchoProbeReport report = probe.finish();
  const std::chrono::duration<double> seconds = steady_clock::now() - start;
  const CpuUse cpu = meter.used();
  std::vector<double> times;
  for (const lab::EchoSample& each : report.samples) {
    times.push_back(static_cast<double>(each.round_trip.count()));
  }
  return {.seconds = seconds.count(),
          .bytes = report.samples.size() * lab::kEchoSize * 2,
          .cpu = cpu,
          .sent = report.sent,
          .lost = report.lost(),
          .echo = Echo{bench::median(times), bench::percentile(times, 0.99)}};
}

}  // namespace

std::vector<Load> loads() {
  return {
      {.name = "tcp-1-up", .summary = "one TCP stream, gateway to server"},
      {.name = "tcp-1-down", .summary = "one TCP stream, server to gateway", .download = true},
      {.name = "tcp-4-up", .summary = "four TCP streams, gateway to server", .streams = 4},
      {.name = "tcp-4-down",
       .summary = "four TCP streams, server to gateway",
       .streams = 4,
       .download = true},
      {.name = "udp-1400",
       .summary = "UDP at 300 Mbit/s in IP packets of 1400 bytes, one system call each",
       .kind = Load::Kind::udp,
       .udp_bits_per_second = 300'000'000,
       .udp_size = kLargeDatagram},
      {.name = "udp-64",
       .summary = "UDP at 100 Mbit/s in payloads of 64 bytes, one system call each",
       .kind = Load::Kind::udp,
       .udp_bits_per_second = 100'000'000,
       .udp_size = kSmallDatagram},
      {.name = "echo",
       .summary = "UDP echo, 2000 per second",
       .kind = Load::Kind::echo,
       .echoes_per_second = 2000},
  };
}

Measurement measure(const System& system, const Load& load, std::chrono::seconds duration) {
  try {
    if (load.kind == Load::Kind::echo) return run_echoes(system, load, duration);
    return run_iperf(system, load, duration);
  } catch (const lab::CommandFailed&) {
    // What waits for a program is only woken by a signal.
    if (lab::interrupted()) throw lab::Interrupted();
    throw;
  }
}

}  // namespace wirebraid::throughput
