#include "io/engine_base.h"

#include <algorithm>
#include <cassert>

#include "io/udp.h"

namespace wirebraid::io {

EngineBase::EngineBase(Handler& handler, BufferPool& pool) : handler_(handler), pool_(pool) {
  datagrams_.reserve(kBatch);
  packets_.reserve(kBatch);
}

EngineBase::Turn::Turn(EngineBase& engine) : engine_(engine) {
  assert(!engine.in_turn_ && "run_once() called from a callback");
  engine.in_turn_ = true;
  ++engine.statistics_.turns;
}

EngineBase::Turn::~Turn() {
  engine_.flush();
  engine_.in_turn_ = false;
}

void EngineBase::send(std::span<Datagram> batch) {
  for (auto& datagram : batch) {
    datagrams_.push_back(std::move(datagram));
    if (datagrams_.size() == kBatch) flush();
  }
  if (!in_turn_) flush();
}

void EngineBase::write(std::span<Packet> batch) {
  for (auto& packet : batch) {
    packets_.push_back(std::move(packet));
    if (packets_.size() == kBatch) flush();
  }
  if (!in_turn_) flush();
}

void EngineBase::flush() {
  if (!datagrams_.empty()) flush_datagrams(datagrams_);
  datagrams_.clear();
  if (!packets_.empty()) flush_packets(packets_);
  packets_.clear();
}

void EngineBase::register_transport(UdpTransport& transport) {
  assert(std::none_of(transports_.begin(), transports_.end(),
                      [&](const auto* known) { return known->id() == transport.id(); }));
  transports_.push_back(&transport);
}

void EngineBase::unregister_transport(UdpTransport& transport) {
  std::erase(transports_, &transport);
  std::erase_if(errors_, [&](const auto& error) { return error.transport == transport.id(); });
}

int EngineBase::socket_for(const Datagram& datagram) const {
  if (!datagram.bytes || !datagram.remote) return -1;
  for (const auto* transport : transports_) {
    if (transport->id() != datagram.transport) continue;
    return datagram.remote.address.is_v4() ? transport->fd_v4() : transport->fd_v6();
  }
  return -1;
}

void EngineBase::report_error(TransportId transport, int error) {
  const bool known = std::any_of(errors_.begin(), errors_.end(), [&](const auto& pending) {
    return pending.transport == transport;
  });
  if (!known) errors_.push_back({transport, error});
}

void EngineBase::deliver_errors() {
  // One at a time: the callback may remove transports, and with them their errors.
  for (size_t left = errors_.size(); left > 0 && !errors_.empty(); --left) {
    const TransportError next = errors_.front();
    errors_.erase(errors_.begin());
    handler_.on_transport_error(next.transport, next.error);
  }
}

size_t EngineBase::slots_for_reading(size_t wanted) const {
  return std::max<size_t>(1, std::min(wanted, pool_.max_slots() / 4));
}

}  // namespace wirebraid::io
