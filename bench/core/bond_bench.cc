// What the bond adds to a packet, part by part: its class, its path, its frame, the queue before
// the scheduler, and the order at the far side.
#include <benchmark/benchmark.h>

#include <array>
#include <vector>

#include "core/bond/classifier.h"
#include "core/bond/fair_queue.h"
#include "core/bond/frame.h"
#include "core/bond/path_receiver.h"
#include "core/bond/path_sender.h"
#include "core/bond/resequencer.h"
#include "core/bond/selector.h"

namespace wirebraid {
namespace {

using namespace std::chrono_literals;

constexpr size_t kPacketSize = 1400;

Packet packet_of(BufferPool& pool) {
  Packet packet = pool.allocate();
  packet.resize(kPacketSize);
  return packet;
}

void data_header(benchmark::State& state) {
  std::vector<uint8_t> bytes(DataHeader::kSize + kPacketSize);
  DataHeader header;
  for (auto _ : state) {
    ++header.sequence;
    write_data_header(bytes.data(), header);
    benchmark::DoNotOptimize(read_data_header(bytes));
  }
}
BENCHMARK(data_header);

void report_frame(benchmark::State& state) {
  Report report;
  report.bitmap_size = Report::kMaxBitmap;
  std::vector<uint8_t> bytes(report.size());
  for (auto _ : state) {
    ++report.highest_counter;
    write_report(bytes.data(), report);
    benchmark::DoNotOptimize(read_report(bytes));
  }
}
BENCHMARK(report_frame);

/// A packet that the last of some rules takes.
void classify(benchmark::State& state) {
  const auto rules = static_cast<size_t>(state.range(0));
  std::vector<ClassOptions> classes(rules);
  for (size_t i = 0; i + 1 < rules; ++i) {
    ClassRule& rule = classes[i].rule;
    rule.prefixes = {*Prefix::parse("10.0.0.0/8"), *Prefix::parse("2001:db8::/32")};
    rule.protocols = {17};
    rule.ports = {{53, 53}, {static_cast<uint16_t>(3478 + i), static_cast<uint16_t>(3500 + i)}};
  }
  Classifier classifier;
  classifier.set_classes(classes);
  const IpAddress source = *IpAddress::parse("10.1.2.3");
  const IpAddress destination = *IpAddress::parse("192.0.2.9");
  IpInfo info;
  info.version = 4;
  info.protocol = 17;
  info.source_port = 40'000;
  info.destination_port = 443;
  info.length = kPacketSize;
  info.source = source.bytes().data();
  info.destination = destination.bytes().data();
  for (auto _ : state) {
    benchmark::DoNotOptimize(info);
    if (classifier.classify(info) != rules) state.SkipWithError("another class");
  }
}
BENCHMARK(classify)->Arg(1)->Arg(4)->Arg(31);

/// The path of a flow among some, as in flow and host mode.
void selector_pick(benchmark::State& state) {
  std::array<Selector::Path, kMaxPaths> paths{};
  for (int64_t i = 0; i < state.range(0); ++i) {
    paths[static_cast<size_t>(i)] = {
        .usable = true, .settled = true, .capacity = 1e6 * static_cast<double>(1 + i)};
  }
  Selector selector;
  selector.set_modes({Mode::flow});
  selector.update(paths, false);
  uint64_t flow = 0;
  for (auto _ : state) benchmark::DoNotOptimize(selector.pick(selector.candidates(0), ++flow));
}
BENCHMARK(selector_pick)->Arg(2)->Arg(4)->Arg(16);

/// What Bond does every half second, and whenever a path comes or goes.
void selector_update(benchmark::State& state) {
  std::array<Selector::Path, kMaxPaths> paths{};
  for (size_t i = 0; i < 4; ++i) paths[i] = {.usable = true, .settled = true, .capacity = 1e6};
  Selector selector;
  selector.set_modes(std::vector<Mode>(static_cast<size_t>(state.range(0)), Mode::flow));
  for (auto _ : state) benchmark::DoNotOptimize(selector.update(paths, false));
}
BENCHMARK(selector_update)->Arg(1)->Arg(kMaxClasses);

/// One packet in and one out of a queue with a standing backlog, spread over some flows.
void fair_queue(benchmark::State& state) {
  const auto flows = static_cast<uint64_t>(state.range(0));
  constexpr size_t kBacklog = 256;
  BufferPool pool{kPacketSize, 2 * kBacklog};
  FairQueue queue;
  Time now{1000s};
  uint64_t next = 0;
  for (size_t i = 0; i < kBacklog; ++i)
    queue.push({.packet = packet_of(pool), .flow = next++ % flows, .enqueued = now});
  for (auto _ : state) {
    // No time passes, so that CoDel drops nothing and the backlog stays what it is.
    queue.push({.packet = packet_of(pool), .flow = next++ % flows, .enqueued = now});
    if (!queue.peek(now)) state.SkipWithError("empty");
    benchmark::DoNotOptimize(queue.pop());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(fair_queue)->Arg(1)->Arg(16)->Arg(256);

/// A queue that is full, with so many flows: each packet that comes drives out another.
void fair_queue_overflow(benchmark::State& state) {
  const auto flows = static_cast<uint64_t>(state.range(0));
  const size_t most = FairQueue::Options().max_packets;
  BufferPool pool{kPacketSize, most + 1};
  FairQueue queue;
  const Time now{1000s};
  uint64_t next = 0;
  for (size_t i = 0; i < most; ++i)
    queue.push({.packet = packet_of(pool), .flow = next++ % flows, .enqueued = now});
  for (auto _ : state)
    queue.push({.packet = packet_of(pool), .flow = next++ % flows, .enqueued = now});
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(fair_queue_overflow)->Arg(1)->Arg(256);

/// What is noted of a sent frame and its share of the report that settles it and 31 others, with so
/// many frames under way.
void path_sender(benchmark::State& state) {
  constexpr uint64_t kFrames = PathReceiver::kReportFrames;
  PathSender sender;
  Time now{1000s};
  std::vector<uint32_t> received;
  std::vector<uint32_t> lost;
  uint64_t counter = 0;
  const auto send = [&](uint64_t frames) {
    for (uint64_t i = 0; i < frames; ++i, ++counter)
      sender.on_sent(1, counter, static_cast<uint32_t>(counter), true, kPacketSize, now += 10us);
  };
  const auto under_way = static_cast<uint64_t>(state.range(0));
  send(under_way);
  Report report;
  report.session = 1;
  report.bitmap_size = Report::kMaxBitmap;
  report.bitmap.fill(0xff);
  for (auto _ : state) {
    send(kFrames);
    report.highest_counter = counter - under_way - 1;
    report.packets = static_cast<uint32_t>(counter - under_way);
    report.bytes = report.packets * uint64_t{kPacketSize};
    report.cumulative = report.packets;
    report.received_at = static_cast<uint32_t>(now.time_since_epoch().count());
    sender.on_report(report, true, now, received, lost);
    if (received.size() != kFrames || !lost.empty()) state.SkipWithError("not settled");
    received.clear();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kFrames));
}
BENCHMARK(path_sender)->Arg(64)->Arg(1024)->Arg(8192);

/// Packets of one flow by two paths, the second of which is late by some packets; 0: in order.
void resequencer(benchmark::State& state) {
  const auto late = static_cast<uint32_t>(state.range(0));
  BufferPool pool{kPacketSize, 4096};
  Resequencer resequencer;
  resequencer.reset(0);
  Time now{1000s};
  std::vector<Packet> out;
  uint64_t delivered = 0;
  const auto arrive = [&](uint32_t sequence) {
    Resequencer::Arrival arrival;
    arrival.sequence = sequence;
    arrival.predecessor_delta = sequence == 0 ? 0 : 1;
    arrival.path = sequence % 2;
    arrival.packet = packet_of(pool);
    resequencer.insert(std::move(arrival), now, out);
    delivered += out.size();
    out.clear();
  };
  // Even sequences come at once by path 0; odd ones by path 1, `late` packets behind.
  uint32_t step = 0;
  for (auto _ : state) {
    now += 10us;
    arrive(2 * step);
    if (step >= late / 2) arrive(2 * (step - late / 2) + 1);
    ++step;
  }
  if (delivered + 2 * late + 2 < 2 * uint64_t{step}) state.SkipWithError("packets lost");
  state.SetItemsProcessed(2 * state.iterations());
}
BENCHMARK(resequencer)->Arg(0)->Arg(32)->Arg(512);

}  // namespace
}  // namespace wirebraid
