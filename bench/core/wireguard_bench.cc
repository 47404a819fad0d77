// A Device's work per packet and per handshake, both ends together, without any I/O.
#include <benchmark/benchmark.h>

#include "core/wireguard/replay_window.h"
#include "tests/support/fake_platform.h"
#include "wirebraid/wireguard/device.h"

namespace wirebraid::wireguard {
namespace {

using namespace std::chrono_literals;

struct Pair {
  Pair() {
    a.set_private_key(generate_private_key(platform), now, out_a);
    b.set_private_key(generate_private_key(platform), now, out_b);
    peer_a = a.add_peer(b.public_key());
    peer_b = b.add_peer(a.public_key());
    a.set_endpoint(*peer_a, *Endpoint::parse("192.0.2.2:2"));
    b.set_endpoint(*peer_b, *Endpoint::parse("192.0.2.1:1"));
  }
  void exchange() {
    while (!out_a.datagrams.empty() || !out_b.datagrams.empty()) {
      b.receive(out_a.datagrams, now, out_b);
      out_a.datagrams.clear();
      a.receive(out_b.datagrams, now, out_a);
      out_b.datagrams.clear();
    }
    out_a.clear();
    out_b.clear();
  }

  Time now{1000s};
  BufferPool pool{1500, 1024};
  testing::FakePlatform platform;
  Outbox out_a;
  Outbox out_b;
  Device a{platform, pool, {}};
  Device b{platform, pool, {}};
  Peer* peer_a = nullptr;
  Peer* peer_b = nullptr;
};

void handshake_both_ends(benchmark::State& state) {
  Pair pair;
  for (auto _ : state) {
    pair.now += 5s;
    pair.platform.wall += 5s;
    pair.a.initiate(*pair.peer_a, pair.now, pair.out_a);
    pair.exchange();
  }
  if (!pair.peer_b->has_session(pair.now)) state.SkipWithError("no session");
}
BENCHMARK(handshake_both_ends);

/// From payload to payload: sealed, framed, looked up, opened, checked for replay.
void payload_through_both_ends(benchmark::State& state) {
  Pair pair;
  pair.a.initiate(*pair.peer_a, pair.now, pair.out_a);
  pair.exchange();
  constexpr size_t kBatch = 32;
  std::vector<Outgoing> batch(kBatch);
  for (auto& outgoing : batch) {
    outgoing.payload = pair.pool.allocate();
    outgoing.payload.resize(static_cast<size_t>(state.range(0)));
  }
  for (auto _ : state) {
    pair.a.send(*pair.peer_a, batch, pair.now, pair.out_a);
    pair.b.receive(pair.out_a.datagrams, pair.now, pair.out_b);
    if (pair.out_b.payloads.size() != kBatch) state.SkipWithError("payloads lost");
    pair.out_a.clear();
    pair.out_b.clear();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kBatch));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(kBatch) * state.range(0));
}
BENCHMARK(payload_through_both_ends)->Arg(64)->Arg(1420);

void replay_window(benchmark::State& state) {
  ReplayWindow window;
  uint64_t counter = 0;
  for (auto _ : state) benchmark::DoNotOptimize(window.accept(counter++));
}
BENCHMARK(replay_window);

}  // namespace
}  // namespace wirebraid::wireguard
