// What it takes to find what a datagram is for, with few and with many to choose from.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "core/deadline_heap.h"
#include "core/wireguard/index_table.h"
#include "core/wireguard/peer.h"
#include "tests/support/fake_platform.h"
#include "wirebraid/wireguard/device.h"

namespace wirebraid {
namespace {

using namespace std::chrono_literals;

/// The table alone, asked for one after another at random.
void session_index_find(benchmark::State& state) {
  testing::FakePlatform platform;
  wireguard::IndexTable table{WorkerSeat{}};
  wireguard::PeerState peer{PublicKey()};
  std::vector<uint32_t> indices;
  for (int64_t i = 0; i < state.range(0); ++i) indices.push_back(table.insert(peer, platform));
  std::shuffle(indices.begin(), indices.end(), std::mt19937(1));
  size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(table.find(indices[next]));
    if (++next == indices.size()) next = 0;
  }
}
BENCHMARK(session_index_find)->Arg(3)->Arg(1000)->Arg(30'000);

/// A deadline that moves a little with every packet, among others that are far away.
void deadline_moves(benchmark::State& state) {
  std::mt19937 random(1);
  std::vector<Scheduled> all(static_cast<size_t>(state.range(0)));
  DeadlineHeap<Scheduled> heap;
  for (Scheduled& each : all) heap.schedule(each, Time{1000s} + random() % 25'000'000 * 1us);
  Time now{1000s};
  size_t next = 0;
  for (auto _ : state) {
    heap.schedule(all[next], now += 1us);
    next = (next + 7) % std::min<size_t>(100, all.size());
  }
}
BENCHMARK(deadline_moves)->Arg(3)->Arg(1000)->Arg(10'000);

}  // namespace

namespace wireguard {
namespace {

/// A server and so many gateways with a session each, of which payloads of 64 bytes come in turn.
void payload_of_one_of_many(benchmark::State& state) {
  constexpr size_t kBatch = 64;
  const auto count = static_cast<size_t>(state.range(0));
  const Time now{1000s};
  BufferPool pool{200, 4 * kBatch};
  testing::FakePlatform platform;
  Outbox at_server;
  Outbox at_gateway;
  DeviceOptions options;
  options.under_load_per_second = UINT32_MAX;
  Device server{platform, pool, options};
  server.set_private_key(generate_private_key(platform), now, at_server);
  std::vector<std::unique_ptr<Device>> gateways;
  std::vector<Peer*> peers;
  for (size_t i = 0; i < count; ++i) {
    Device& gateway =
        *gateways.emplace_back(std::make_unique<Device>(platform, pool, DeviceOptions{}));
    gateway.set_private_key(generate_private_key(platform), now, at_gateway);
    peers.push_back(gateway.add_peer(server.public_key()));
    gateway.set_endpoint(*peers.back(), *Endpoint::parse("192.0.2.2:2"));
    server.set_endpoint(*server.add_peer(gateway.public_key()), *Endpoint::parse("192.0.2.1:1"));
    gateway.initiate(*peers.back(), now, at_gateway);
    server.receive(at_gateway.datagrams, now, at_server);
    server.handle_deadline(now, at_server);
    at_gateway.clear();
    gateway.receive(at_server.datagrams, now, at_gateway);
    at_server.clear();
    server.receive(at_gateway.datagrams, now, at_server);
    at_gateway.clear();
    at_server.clear();
  }
  size_t next = 0;
  for (auto _ : state) {
    state.PauseTiming();
    for (size_t i = 0; i < kBatch; ++i) {
      Outgoing outgoing;
      outgoing.payload = pool.allocate();
      outgoing.payload.resize(64);
      next = (next + 7919) % count;
      gateways[next]->send(*peers[next], {&outgoing, 1}, now, at_gateway);
    }
    state.ResumeTiming();
    server.receive(at_gateway.datagrams, now, at_server);
    state.PauseTiming();
    if (at_server.payloads.size() != kBatch) state.SkipWithError("payloads lost");
    at_gateway.clear();
    at_server.clear();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kBatch));
}
BENCHMARK(payload_of_one_of_many)
    ->Arg(3)
    ->Arg(1000)
    ->Arg(30'000)
    ->Iterations(2000)  // to make the sessions once
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace wireguard
}  // namespace wirebraid
