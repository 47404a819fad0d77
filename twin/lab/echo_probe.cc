#include "twin/lab/echo_probe.h"

#include <poll.h>

#include <algorithm>
#include <array>

#include "twin/fabric/hardware_thread.h"
#include "twin/lab/process.h"
#include "wirebraid/bytes.h"

namespace wirebraid::lab {
namespace {

using std::chrono::steady_clock;

/// Bound on the numbers remembered: a day at 20 packets per second.
constexpr size_t kMaxPackets = 1'728'000;

}  // namespace

EchoProbe::EchoProbe(const Namespace& from, const Namespace& to, const EchoProbeOptions& options)
    : options_(options),
      destination_(options.address, options.port),
      asker_(from, destination_.family(), SOCK_DGRAM),
      answerer_(to, destination_.family(), SOCK_DGRAM) {
  answerer_.bind(destination_);
  answerer_.limit_waits();
  answer_thread_ = std::thread([this] { answer(); });
  ask_thread_ = std::thread([this] { ask(); });
}

EchoProbe::~EchoProbe() { join(); }

void EchoProbe::join() {
  running_ = false;
  if (ask_thread_.joinable()) ask_thread_.join();
  if (answer_thread_.joinable()) answer_thread_.join();
}

EchoProbeReport EchoProbe::finish(std::chrono::milliseconds patience) {
  asking_ = false;
  wait_until([&] { return answered_ == asked_; }, patience);
  join();
  return {.sent = asked_, .samples = samples_};
}

void EchoProbe::ask() {
  fabric::become_hardware();
  const auto interval = std::chrono::nanoseconds(1'000'000'000 / options_.packets_per_second);
  auto due = steady_clock::now();
  while (running_) {
    if (asking_) ask_once();
    due += interval;
    for (auto left = due - steady_clock::now(); left > left.zero();
         left = due - steady_clock::now()) {
      pollfd polled{asker_.fd(), POLLIN, 0};
      const timespec wait{.tv_sec = 0, .tv_nsec = std::min<int64_t>(left.count(), 100'000'000)};
      if (::ppoll(&polled, 1, &wait, nullptr) > 0) receive();
    }
  }
}

void EchoProbe::ask_once() {
  if (sent_.size() >= kMaxPackets) return;
  std::array<uint8_t, kEchoSize> packet{};
  store_le<uint64_t>(packet.data(), sent_.size());
  const auto now = steady_clock::now();
  if (::sendto(asker_.fd(), packet.data(), packet.size(), 0, destination_.data(),
               destination_.size) != static_cast<ssize_t>(packet.size())) {
    return;
  }
  sent_.push_back(now);
  ++asked_;
}

void EchoProbe::receive() {
  const auto now = steady_clock::now();
  std::array<uint8_t, kEchoSize> packet{};
  if (::recv(asker_.fd(), packet.data(), packet.size(), MSG_DONTWAIT) != kEchoSize) return;
  const auto number = load_le<uint64_t>(packet.data());
  if (number >= sent_.size()) return;
  seen_.resize(sent_.size());
  if (seen_[number]) return;
  seen_[number] = true;
  samples_.push_back(
      {sent_[number], std::chrono::duration_cast<std::chrono::microseconds>(now - sent_[number])});
  ++answered_;
}

void EchoProbe::answer() const {
  fabric::become_hardware();
  std::array<uint8_t, kEchoSize> packet{};
  sockaddr_storage from{};
  while (running_) {
    socklen_t size = sizeof from;
    if (::recvfrom(answerer_.fd(), packet.data(), packet.size(), 0,
                   reinterpret_cast<sockaddr*>(&from), &size) != kEchoSize) {
      continue;
    }
    ::sendto(answerer_.fd(), packet.data(), packet.size(), 0,
             reinterpret_cast<const sockaddr*>(&from), size);
  }
}

}  // namespace wirebraid::lab
