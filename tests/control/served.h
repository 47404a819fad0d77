// An epoll engine that a thread of its own turns, for tests that talk to servers from outside.
#pragma once

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <memory>
#include <thread>

#include "io/engine.h"
#include "wirebraid/packet.h"

namespace wirebraid::testing {

class Served : private io::Handler {
 public:
  Served() : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), pool_(2048, 16) {
    engine_ = io::make_engine(io::EngineKind::epoll, *this, pool_).engine;
    engine_->watch(wake_, EPOLLIN, [this](uint32_t) { stop_ = true; });
  }
  ~Served() override {
    stop();
    ::close(wake_);
  }

  /// Servers are made before start() and destroyed after stop(): the engine is single-threaded.
  io::Engine& engine() { return *engine_; }
  void start() {
    thread_ = std::thread([this] {
      while (!stop_) engine_->run_once(kNever);
    });
  }
  void stop() {
    if (!thread_.joinable()) return;
    const uint64_t one = 1;
    (void)!::write(wake_, &one, sizeof one);
    thread_.join();
  }

 private:
  void on_datagrams(std::span<Datagram>) override {}
  void on_packets(std::span<Packet>) override {}
  void on_tun_gone() override {}
  void on_transport_error(TransportId, int) override {}

  int wake_;
  BufferPool pool_;
  std::unique_ptr<io::Engine> engine_;
  bool stop_ = false;  // of the thread
  std::thread thread_;
};

}  // namespace wirebraid::testing
