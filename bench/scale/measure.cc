#include "bench/scale/measure.h"

#include <stdexcept>

namespace wirebraid::scale {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Rekeys of an idle session come with the keepalive after 120 s, so this spreads them evenly.
constexpr Duration kRekeyPeriod = seconds(125);
// REKEY_TIMEOUT's jitter (white paper section 6.1): gateways that notice at the same time.
constexpr Duration kJitter = milliseconds(333);
constexpr Duration kDown = seconds(1);
constexpr Duration kStep = milliseconds(50);
constexpr Duration kLongestRecovery = seconds(120);

/// The share of one processor that the server takes over that time.
double share_over(World& world, Duration time) {
  const double before = world.work().processor_seconds;
  world.run_for(time);
  return (world.work().processor_seconds - before) / std::chrono::duration<double>(time).count();
}

void require_all(const World& world) {
  if (world.paths_up() == world.sessions()) return;
  throw std::runtime_error("only " + std::to_string(world.paths_up()) + " of " +
                           std::to_string(world.sessions()) + " paths are up");
}

Recovery recover(World& world) {
  const uint64_t lost = world.work().datagrams_lost;
  const Time start = world.now();
  Recovery recovery;
  while (recovery.all == Duration{} && world.now() - start < kLongestRecovery) {
    world.run_for(kStep);
    const size_t up = world.sessions_up();
    if (recovery.most == Duration{} && up * 100 >= world.sessions() * 99) {
      recovery.most = world.now() - start;
    }
    if (up == world.sessions()) recovery.all = world.now() - start;
  }
  recovery.datagrams_lost = world.work().datagrams_lost - lost;
  return recovery;
}

}  // namespace

Figures measure(const MeasureOptions& options,
                const std::function<void(const std::string&)>& tell) {
  Figures figures;
  tell("making the gateways");
  World world(options.world);
  figures.sessions = world.sessions();
  tell("connecting");
  world.connect(kRekeyPeriod);
  world.run_for(2 * kRekeyPeriod);
  require_all(world);
  tell("some active");
  const auto active =
      static_cast<size_t>(options.active_share * static_cast<double>(options.world.gateways));
  const uint64_t packets = world.work().packets_sent;
  world.set_downloads(active, options.active_rate);
  figures.active_share = share_over(world, options.active_time);
  figures.active_bits_per_second = static_cast<double>(world.work().packets_sent - packets) * 8 *
                                   1250 /
                                   std::chrono::duration<double>(options.active_time).count();
  world.set_downloads(0, 0);
  world.run_for(kRekeyPeriod);
  tell("idle");
  figures.idle_share = share_over(world, options.idle_time);
  require_all(world);
  tell("the server restarts");
  figures.bytes_per_session =
      static_cast<double>(world.stop_server()) / static_cast<double>(world.sessions());
  world.run_for(kDown);
  world.start_server();
  const double before = world.work().processor_seconds;
  world.renew(kJitter);
  figures.recovery = recover(world);
  figures.microseconds_per_handshake =
      1e6 * (world.work().processor_seconds - before) / static_cast<double>(world.sessions_up());
  return figures;
}

}  // namespace wirebraid::scale
