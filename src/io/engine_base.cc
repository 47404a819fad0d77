#include "io/engine_base.h"

#include <algorithm>
#include <cassert>
#include <cerrno>

#include "io/udp.h"

namespace wirebraid::io {

EngineBase::EngineBase(Handler& handler, BufferPool& pool, size_t intake_slots)
    : handler_(handler), pool_(pool), intake_pool_(kIntakeBytes, intake_slots) {
  datagrams_.reserve(kBatch);
  packets_.reserve(kBatch);
}

EngineBase::Turn::Turn(EngineBase& engine) : engine_(engine) {
  assert(!engine.in_turn_ && "run_once() called from a callback");
  engine.in_turn_ = true;
  engine.taken_ = 0;
  ++engine.statistics_.turns;
}

EngineBase::Turn::~Turn() { engine_.in_turn_ = false; }

// --- In ----------------------------------------------------------------------------------------

void EngineBase::take_run(const UdpTransport& from, Datagram run, size_t segment) {
  run.transport = from.id();
  if (from.has_left(run.source.address)) run.source = {};
  ReceivedRun received{std::move(run), segment};
  if (runs_blocked() || !cut_run(received)) blocked_runs_.push_back(std::move(received));
}

void EngineBase::take_packet(Packet read) {
  if (packets_blocked() || !cut_packet(read)) blocked_packets_.push_back(std::move(read));
}

// What is tried is taken out before: a callback may remove a transport, and with it what waits.
void EngineBase::take_blocked() {
  while (runs_blocked()) {
    ReceivedRun run = std::move(blocked_runs_.front());
    blocked_runs_.pop_front();
    if (cut_run(run)) continue;
    blocked_runs_.push_front(std::move(run));
    break;
  }
  while (packets_blocked()) {
    Packet read = std::move(blocked_packets_.front());
    blocked_packets_.pop_front();
    if (cut_packet(read)) continue;
    blocked_packets_.push_front(std::move(read));
    break;
  }
}

bool EngineBase::has_room_for(size_t packets, size_t reserve) {
  if (pool_.max_slots() - pool_.in_use() >= packets + reserve) return true;
  ++statistics_.pool_exhausted;
  return false;
}

bool EngineBase::cut_run(const ReceivedRun& run) {
  const Datagram& all = run.datagrams;
  const ConstByteSpan bytes = all.bytes.bytes();
  const size_t segment = run.segment > 0 ? run.segment : std::max<size_t>(bytes.size(), 1);
  const size_t count = std::max<size_t>((bytes.size() + segment - 1) / segment, 1);
  if (segment > pool_.payload_size() || count > pool_.max_slots()) {
    taken_ += count;
    statistics_.truncated += count;
    return true;
  }
  if (!has_room_for(count, 0)) return false;
  taken_ += count;
  for (size_t i = 0; i < count; ++i) {
    const ConstByteSpan part =
        bytes.subspan(i * segment).first(std::min(segment, bytes.size() - i * segment));
    Packet packet = pool_.allocate();
    packet.resize(part.size());
    std::copy(part.begin(), part.end(), packet.data());
    received_.push_back(
        {std::move(packet), all.remote, all.source, all.transport, all.traffic_class});
  }
  if (received_.size() >= kBatch) deliver_datagrams();
  return true;
}

bool EngineBase::cut_packet(const Packet& read) {
  ConstByteSpan bytes = read.bytes();
  Offload offload;
  if (tun_offloads_.tcp) {
    const auto header = bytes.size() < kVirtioHeader ? std::nullopt : read_virtio_header(bytes);
    if (!header) {
      ++statistics_.malformed;
      return true;
    }
    offload = *header;
    bytes = bytes.subspan(kVirtioHeader);
  }
  const bool one = offload.kind == Offload::Kind::none || offload.segment_size == 0;
  const size_t count = one ? 1 : bytes.size() / offload.segment_size + 1;
  const size_t reserve = pool_.max_slots() / 8;
  if ((one && bytes.size() > pool_.payload_size()) || count + reserve > pool_.max_slots()) {
    taken_ += count;
    ++statistics_.truncated;
    return true;
  }
  if (!has_room_for(count, reserve)) return false;
  taken_ += count;
  switch (split(bytes, offload, pool_, read_)) {
    case SplitResult::done:
      break;
    case SplitResult::malformed:
      ++statistics_.malformed;
      break;
    case SplitResult::exhausted:
      ++statistics_.truncated;  // there was room: its segments are too long
      break;
  }
  if (read_.size() >= kBatch) deliver_packets();
  return true;
}

void EngineBase::deliver_datagrams() {
  if (received_.empty()) return;
  statistics_.datagrams_received += received_.size();
  // Apart, because the callback may remove a transport and with it what waits in received_.
  std::vector<Datagram> batch;
  batch.swap(received_);
  handler_.on_datagrams(batch);
  batch.clear();
  batch.swap(received_);
}

void EngineBase::deliver_packets() {
  if (read_.empty()) return;
  statistics_.packets_read += read_.size();
  std::vector<Packet> batch;
  batch.swap(read_);
  handler_.on_packets(batch);
  batch.clear();
  batch.swap(read_);
}

// --- Out ---------------------------------------------------------------------------------------

void EngineBase::send(std::span<Datagram> batch) {
  for (auto& datagram : batch) {
    datagrams_.push_back(std::move(datagram));
    if (datagrams_.size() == kBatch) flush();
  }
}

void EngineBase::write(std::span<Packet> batch) {
  for (auto& packet : batch) {
    packets_.push_back(std::move(packet));
    if (packets_.size() == kBatch) flush();
  }
}

void EngineBase::flush() {
  prepare();
  submit();
}

void EngineBase::prepare() {
  if (!datagrams_.empty()) {
    flush_datagrams(runs_.arrange(datagrams_, [this](TransportId id) {
      const UdpTransport* transport = find_transport(id);
      return transport != nullptr && transport->may_segment();
    }));
  }
  datagrams_.clear();
  if (!packets_.empty()) write_out();
  packets_.clear();
}

void EngineBase::write_out() {
  const size_t queued = packets_.size();
  std::erase_if(packets_, [](const Packet& packet) { return !packet; });
  statistics_.write_dropped += queued - packets_.size();
  writes_.clear();
  writes_.reserve(packets_.size());
  if (tun_offloads_.tcp) {
    coalescer_.merge(packets_, tun_offloads_.udp, pieces_, merged_);
    for (const SuperPacket& merged : merged_) {
      const auto pieces = std::span(pieces_).subspan(merged.first, merged.count);
      const size_t headers = pieces.front().size() - merged.offload.segment_size;
      writes_.push_back({.header = make_virtio_header(merged.offload, headers),
                         .header_size = kVirtioHeader,
                         .pieces = pieces});
    }
  } else {
    for (Packet& packet : packets_) writes_.push_back({.pieces = {&packet, 1}});
  }
  flush_packets(writes_);
  pieces_.clear();
}

unsigned EngineBase::gather(std::span<uint8_t> header, std::span<Packet> pieces, Parts& parts) {
  unsigned count = 0;
  if (!header.empty()) parts[count++] = {header.data(), header.size()};
  for (Packet& piece : pieces) parts[count++] = {piece.data(), piece.size()};
  return count;
}

bool EngineBase::is_run_refused(SendRuns::Run run, int error) {
  // EIO: the device computes no checksums. EINVAL, EMSGSIZE: among others, a datagram is longer
  // than the MTU.
  if (error == EIO) find_transport(run.front().transport)->forgo_segments();
  return error == EIO || error == EINVAL || error == EMSGSIZE;
}

// --- Transports and errors ------------------------------------------------------------------

void EngineBase::register_transport(UdpTransport& transport) {
  assert(std::none_of(transports_.begin(), transports_.end(),
                      [&](const auto* known) { return known->id() == transport.id(); }));
  transports_.push_back(&transport);
}

void EngineBase::unregister_transport(UdpTransport& transport) {
  std::erase(transports_, &transport);
  std::erase_if(errors_, [&](const auto& error) { return error.transport == transport.id(); });
  std::erase_if(received_, [&](const Datagram& each) { return each.transport == transport.id(); });
  std::erase_if(blocked_runs_,
                [&](const ReceivedRun& run) { return run.datagrams.transport == transport.id(); });
}

UdpTransport* EngineBase::find_transport(TransportId id) const {
  const auto found = std::find_if(transports_.begin(), transports_.end(),
                                  [&](const auto* transport) { return transport->id() == id; });
  return found == transports_.end() ? nullptr : *found;
}

int EngineBase::socket_for(const Datagram& datagram) const {
  if (!datagram.bytes || !datagram.remote) return -1;
  const UdpTransport* transport = find_transport(datagram.transport);
  if (transport == nullptr) return -1;
  return datagram.remote.address.is_v4() ? transport->fd_v4() : transport->fd_v6();
}

void EngineBase::register_tun(const TunDevice& tun) {
  tun_offloads_ = tun.offloads();
  read_.clear();
  blocked_packets_.clear();
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

}  // namespace wirebraid::io
