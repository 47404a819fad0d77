#include "control/worker.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <system_error>
#include <utility>

#include "io/capabilities.h"

namespace wirebraid::control {

namespace {

// A batch of the engine, and another while the other worker is in its turn.
constexpr uint32_t kRingSlots = 512;
// As many as a turn takes in from a socket.
constexpr size_t kTakenPerTurn = 256;

size_t index_of(WorkerId id) { return static_cast<size_t>(id); }

}  // namespace

Worker::Worker(const WorkerOptions& options, std::unique_ptr<crypto::AeadBackend> aead,
               std::unique_ptr<io::TunDevice> tun)
    : options_(options),
      aead_(std::move(aead)),
      tun_(std::move(tun)),
      pool_(options.slot_size, options.slots),
      core_(std::make_unique<Interface>(platform_, pool_, options.mtu, aead_.get(), options.seat)) {
}

Worker::~Worker() {
  run([this] {
    ending_ = true;
    taken_datagrams_.clear();
    taken_packets_.clear();
    core_.reset();
    engine_.reset();  // cancels reads that use the TUN device and the pool
  });
  if (!thread_.joinable()) return;
  release();
  thread_.join();
}

void Worker::join(std::span<const std::unique_ptr<Worker>> all) {
  event_ = io::Descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event_) throw std::system_error(errno, std::generic_category(), "eventfd");
  for (const auto& each : all) {
    workers_.push_back(each.get());
    Inlet& inlet = inlets_.emplace_back();
    if (each.get() == this) continue;
    inlet.ring = std::make_unique<io::HandoverRing>(kRingSlots, options_.slot_size);
  }
  reached_.resize(all.size());
}

// --- Its thread --------------------------------------------------------------------------------

bool Worker::start_here(std::string& reason) {
  const bool made = make_engine();
  reason = engine_reason_;
  return made;
}

bool Worker::start_thread(std::string& reason) {
  gate_ = Gate::asked;
  thread_ = std::thread([this] { serve(); });
  gate_.wait(Gate::asked);
  held_ = true;
  reason = call_.failure.empty() ? engine_reason_ : call_.failure;
  return engine_ && call_.failure.empty();
}

bool Worker::make_engine() {
  io::EngineChoice choice = io::make_engine(options_.engine, *this, pool_);
  engine_reason_ = std::move(choice.reason);
  if (!choice.engine) return false;
  engine_ = std::move(choice.engine);
  engine_->set_tun(*tun_);
  if (!event_) return true;
  engine_->watch(event_.get(), EPOLLIN, [this](uint32_t) {
    uint64_t count = 0;
    [[maybe_unused]] const ssize_t size = read(event_.get(), &count, sizeof count);
  });
  return true;
}

void Worker::serve() {
  try {
    work();
  } catch (const std::exception& error) {  // the system refused what it never should
    call_.failure = error.what();
    call_main();
    while (!ending_) {
      gate_.wait(Gate::free);
      park();
    }
  }
}

void Worker::work() {
  ending_ = !make_engine();
  // All that needs a right is done by the main thread.
  io::keep_capabilities(0);
  park();
  while (!ending_) {
    turn(kNever);
    if (gate_.load() == Gate::asked) park();
  }
}

void Worker::park() {
  if (engine_) engine_->flush();  // nobody knows for how long
  gate_ = Gate::parked;
  gate_.notify_all();
  for (;;) {
    gate_.wait(Gate::parked);
    if (gate_.load() != Gate::called) break;
    try {
      (*what_)();
    } catch (...) {
      thrown_ = std::current_exception();
    }
    gate_ = Gate::parked;
    gate_.notify_all();
  }
  if (!ending_) flush_here();
}

void Worker::call_main() {
  calling_ = true;
  if (!workers_.empty()) workers_.front()->wake();
}

// --- From the main thread ----------------------------------------------------------------------

void Worker::hold() {
  if (held_ || !thread_.joinable()) return;
  gate_ = Gate::asked;
  wake();
  gate_.notify_all();
  gate_.wait(Gate::asked);
  held_ = true;
}

void Worker::release() {
  if (!held_) return;
  held_ = false;
  gate_ = Gate::free;
  gate_.notify_all();
}

void Worker::run(const std::function<void()>& what) {
  if (!thread_.joinable()) {
    what();
    return;
  }
  hold();
  what_ = &what;
  gate_ = Gate::called;
  gate_.notify_all();
  gate_.wait(Gate::called);
  if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
}

void Worker::flush() {
  run([this] {
    flush_here();
    engine_->flush();
  });
}

HandoverStatistics Worker::handovers() {
  hold();
  HandoverStatistics result = handovers_;
  for (size_t i = 0; i < inlets_.size(); ++i) {
    workers_[i]->hold();
    result.dropped += inlets_[i].overflows;
  }
  return result;
}

Worker::Call Worker::take_call() {
  hold();
  calling_.store(false, std::memory_order_relaxed);
  return std::exchange(call_, {});
}

// --- A turn ------------------------------------------------------------------------------------

// Whoever changes what a worker waits for looks at `asleep_` afterwards, and the worker sets that
// before it looks whether anything has changed: one of the two sees the other, since all of these
// are sequentially consistent.
void Worker::wake() {
  if (!asleep_.load() || !asleep_.exchange(false)) return;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(event_.get(), &one, sizeof one);
}

bool Worker::anything_waits() const {
  if (gate_.load() == Gate::asked) return true;
  for (const Inlet& inlet : inlets_) {
    if (inlet.ring && !inlet.ring->empty()) return true;
  }
  return std::any_of(workers_.begin(), workers_.end(),
                     [this](const Worker* each) { return index_of(id()) == 0 && each->calls(); });
}

void Worker::turn(Time latest) {
  take_handovers();
  Time deadline = std::min(core_->next_deadline(), latest);
  if (!workers_.empty()) {
    asleep_ = true;
    if (anything_waits()) deadline = Time{};
  }
  engine_->run_once(deadline);
  asleep_.store(false, std::memory_order_relaxed);
  core_->handle_deadline(io::monotonic_now());
  flush_here();
}

void Worker::flush_here() {
  Output& output = core_->output();
  if (!output.datagrams.empty()) engine_->send(output.datagrams);
  if (!output.packets.empty()) engine_->write(output.packets);
  if (!output.elsewhere.empty()) hand_over(output.elsewhere);
  output.clear();
}

void Worker::on_datagrams(std::span<Datagram> batch) {
  asleep_.store(false, std::memory_order_relaxed);
  core_->handle_datagrams(batch, io::monotonic_now());
  flush_here();
}

void Worker::on_packets(std::span<Packet> batch) {
  asleep_.store(false, std::memory_order_relaxed);
  core_->handle_packets(batch, io::monotonic_now());
  flush_here();
}

void Worker::on_tun_gone() {
  call_.tun_gone = true;
  call_main();
}

void Worker::on_transport_error(TransportId transport, int error) {
  call_.errors.push_back({transport, error});
  call_main();
}

// --- Handing over ------------------------------------------------------------------------------

void Worker::hand_over(std::span<Elsewhere> items) {
  for (Elsewhere& item : items) {
    const size_t to = index_of(item.worker);
    assert(to < workers_.size() && item.worker != id());
    Inlet& inlet = workers_[to]->inlets_[index_of(id())];
    if (!inlet.ring->push(item.content)) ++inlet.overflows;
    reached_[to] = true;
  }
  for (size_t to = 0; to < reached_.size(); ++to) {
    if (!reached_[to]) continue;
    reached_[to] = false;
    workers_[to]->inlets_[index_of(id())].ring->publish();
    workers_[to]->wake();
  }
}

void Worker::take_handovers() {
  for (Inlet& inlet : inlets_) {
    if (inlet.ring) take_from(*inlet.ring);
  }
  if (!taken_datagrams_.empty()) on_datagrams(taken_datagrams_);
  if (!taken_packets_.empty()) on_packets(taken_packets_);
  taken_datagrams_.clear();
  taken_packets_.clear();
}

void Worker::take_from(io::HandoverRing& ring) {
  for (size_t i = 0; i < kTakenPerTurn && !ring.empty(); ++i) {
    Datagram content = ring.take(pool_);
    if (!content.bytes) {
      ++handovers_.dropped;
      continue;
    }
    ++handovers_.taken;
    if (content.remote) {
      taken_datagrams_.push_back(std::move(content));
    } else {
      taken_packets_.push_back(std::move(content.bytes));
    }
  }
}

}  // namespace wirebraid::control
