#include "core/exit/exit_pool.h"

#include <algorithm>
#include <cassert>

#include "core/packet/ip_layout.h"
#include "core/packet/rewrite.h"
#include "core/packet/tcp_reset.h"

namespace wirebraid {

namespace {

constexpr uint8_t version_of(Family family) { return static_cast<uint8_t>(family); }
uint8_t version_of(ConstByteSpan packet) { return packet[0] >> 4; }

const IpAddress& tunnel_address(const ExitOptions& options, uint8_t version) {
  return version == 4 ? options.v4 : options.v6;
}

bool is_at(const IpAddress& address, const uint8_t* bytes) {
  return address && std::equal(address.bytes().begin(), address.bytes().end(), bytes);
}

/// Gives the packet bytes of its own. False: packet memory has run out.
bool make_writable(BufferPool& pool, Packet& packet) {
  if (!packet.shared()) return true;
  Packet copy = pool.allocate();
  if (!copy || copy.tailroom() < packet.size()) return false;
  copy.resize(packet.size());
  std::ranges::copy(packet.bytes(), copy.data());
  packet = std::move(copy);
  return true;
}

bool is_icmp_error(const IpLayout& layout, ConstByteSpan icmp) {
  if (icmp.size() < 8) return false;
  if (layout.is(Protocol::icmp_v6)) return icmp[0] < 128;
  return layout.is(Protocol::icmp) && (icmp[0] == 3 || icmp[0] == 11 || icmp[0] == 12);
}

bool has_ports(uint8_t protocol) {
  switch (static_cast<Protocol>(protocol)) {
    case Protocol::tcp:
    case Protocol::udp:
    case Protocol::udp_lite:
    case Protocol::sctp:
    case Protocol::dccp:
      return true;
    default:
      return false;
  }
}

/// The flow that an ICMP error of ours is about, as our end's own packets would tell it: the packet
/// within came from the far end.
std::optional<IpInfo> reason_of_error(ConstByteSpan packet) {
  const auto layout = lay_out(packet);
  if (!layout || !layout->has_transport()) return std::nullopt;
  const ConstByteSpan icmp = packet.subspan(layout->transport, layout->end - layout->transport);
  if (!is_icmp_error(*layout, icmp)) return std::nullopt;
  const ConstByteSpan within = icmp.subspan(8);
  const auto inner = lay_out(within);
  if (!inner) return std::nullopt;
  IpInfo info;
  info.version = inner->version;
  info.protocol = inner->protocol;
  info.source = &within[inner->address(AddressPlace::destination)];
  info.destination = &within[inner->address(AddressPlace::source)];
  const bool fragment = inner->version == 4 && (load_be<uint16_t>(&within[6]) & 0x3fff) != 0;
  if (inner->has_transport() && !fragment && has_ports(inner->protocol) &&
      inner->end - inner->transport >= 4) {
    info.destination_port = load_be<uint16_t>(&within[inner->transport]);
    info.source_port = load_be<uint16_t>(&within[inner->transport + 2]);
  }
  return info;
}

/// The connection has got beyond its SYN, so that it cannot go on under another address.
bool is_bound_to_address(const Flow& flow) {
  return flow.masqueraded && flow.resettable() && flow.ack_known;
}

}  // namespace

ExitPool::ExitPool(Platform& platform, BufferPool& pool, const FlowHasher& hasher)
    : platform_(platform), pool_(pool), hasher_(hasher) {}

// --- Configuration ----------------------------------------------------------------------------

void ExitPool::set_addresses(const IpAddress& v4, const IpAddress& v6) {
  own_v4_ = v4;
  own_v6_ = v6;
  watch_old_ = true;
}

ExitPool::Path& ExitPool::make(PathIndex index) {
  if (!paths_[index]) paths_[index] = std::make_unique<Path>();
  return *paths_[index];
}

void ExitPool::set_options(PathIndex index, const ExitOptions& options) {
  if (paths_.size() <= index) paths_.resize(index + size_t{1});
  if (paths_[index] || options != ExitOptions()) make(index).options = options;
  present_ |= mask_of(index);
  note_addresses();
  if (any_address_) flows().prepare();
  watch_old_ = true;
}

void ExitPool::remove(PathIndex index) {
  if (paths_[index]) *paths_[index] = Path{};  // its flows are still there
  present_ &= static_cast<PathMask>(~mask_of(index));
  exits_ &= present_;
  watch_old_ = true;
  note_addresses();
  note_suspects();
  clear_again();
}

void ExitPool::note_addresses() {
  carries_v4_ = carries_v6_ = present_;
  any_address_ = false;
  for (PathIndex i = 0; i < count_of(paths_); ++i) {
    if (!paths_[i] || !contains(present_, i)) continue;
    const ExitOptions& options = paths_[i]->options;
    if (options.v6 && !options.v4) carries_v4_ &= static_cast<PathMask>(~mask_of(i));
    if (options.v4 && !options.v6) carries_v6_ &= static_cast<PathMask>(~mask_of(i));
    if (options.v4 || options.v6) any_address_ = true;
  }
}

void ExitPool::set_exits(PathMask exits) {
  if (exits == exits_) return;
  exits_ = exits;
  for (PathMask rest = exits; rest != 0; rest &= static_cast<PathMask>(rest - 1)) {
    make(first_of(rest));
  }
  watch_old_ = true;
  clear_again();
}

IpAddress ExitPool::source_of_probes(const Path& path, Family family) const {
  const IpAddress& tunnel = tunnel_address(path.options, version_of(family));
  return tunnel ? tunnel : own(version_of(family));
}

// Only where it is of use: where there is a target to ask, or another path to turn to.
void ExitPool::watch(PathIndex index, Time now) {
  if (!paths_[index] || !contains(present_, index)) return;
  Path& path = *paths_[index];
  path.targets.clear();
  for (const IpAddress& target : path.options.targets) {
    if (path.targets.size() == UINT8_MAX) break;
    if (source_of_probes(path, target.family())) path.targets.push_back(target);
  }
  if (!path.targets.empty() && path.token == 0) {
    path.identifier = static_cast<uint16_t>(platform_.random_u32());
    path.token = platform_.random_u64();
  }
  const auto targets = static_cast<uint8_t>(path.targets.size());
  if (targets == 0 && !several_paths()) {
    path.health.reset();
  } else if (contains(exits_, index) && (!path.health || path.health->targets() != targets)) {
    ExitHealthOptions options;
    options.targets = targets;
    path.health = std::make_unique<ExitHealth>(options, now);
  }
}

// --- What is known of exits -------------------------------------------------------------------

void ExitPool::note_suspects() {
  PathMask suspects = 0;
  for (PathIndex i = 0; i < count_of(paths_); ++i) {
    const ExitHealth* const known = health(i);
    if (known != nullptr && known->state() == ExitState::suspect) suspects |= mask_of(i);
  }
  if (suspects == suspects_) return;
  suspects_ = suspects;
  clear_again();
}

void ExitPool::on_keepalive(PathIndex index, Time now) {
  if (health(index) == nullptr) return;
  paths_[index]->health->on_received(now);
  note_suspects();
}

void ExitPool::on_handshake(PathIndex index, Time now) {
  if (health(index) == nullptr) return;
  paths_[index]->health->on_handshake(now);
  note_suspects();
}

void ExitPool::poll(Time now, std::vector<Question>& questions) {
  if (resets_missed_) {
    resets_missed_ = false;
    clear_again();
  }
  if (watch_old_) {
    watch_old_ = false;
    for (PathIndex i = 0; i < count_of(paths_); ++i) watch(i, now);
  }
  for (PathIndex i = 0; i < count_of(paths_); ++i) {
    if (!contains(exits_, i)) continue;
    Path& path = *paths_[i];
    if (!path.health || path.health->next_deadline() > now) continue;
    const ExitAction action = path.health->poll(now);
    Question question;
    question.path = i;
    question.handshake = action.ask_handshake;
    if (action.probe) {
      const IpAddress& target = path.targets[action.probe->target];
      const EchoSession session{source_of_probes(path, target.family()), path.identifier,
                                path.token};
      question.probe = make_echo_request(pool_, session, target, action.probe->sequence);
    }
    if (question.probe || question.handshake) questions.push_back(std::move(question));
  }
  note_suspects();
}

Time ExitPool::next_deadline() const {
  Time deadline = kNever;
  for (PathIndex i = 0; i < count_of(paths_); ++i) {
    if (!contains(exits_, i) || !paths_[i]->health) continue;
    deadline = std::min(deadline, paths_[i]->health->next_deadline());
  }
  return deadline;
}

// --- Packets ----------------------------------------------------------------------------------

PathMask ExitPool::fit(ClassIndex traffic_class, uint8_t version, const Selector& selector) const {
  const ClassIndex known = traffic_class < selector.classes() ? traffic_class : ClassIndex{0};
  return selector.permitted(known) & exits_ & (version == 4 ? carries_v4_ : carries_v6_);
}

bool ExitPool::masqueraded(const IpInfo& info, PathIndex path) const {
  return tunnel_address(paths_[path]->options, info.version) &&
         is_at(own(info.version), info.source);
}

std::optional<PathIndex> ExitPool::route(const Outgoing& outgoing, const Selector& selector,
                                         Time now) {
  const uint8_t version = version_of(outgoing.packet);
  const PathMask fitting = fit(outgoing.traffic_class, version, selector);
  const PathMask healthy = fitting & static_cast<PathMask>(~suspects_);
  const PathMask usable = healthy != 0 ? healthy : fitting;
  if (const auto reason = reason_of_error(outgoing.packet)) {
    const Flow* about = flows().find(hasher_.flow(*reason), now);
    if (about != nullptr && contains(usable, about->path)) return about->path;
  }
  Flow* flow = flows().find(outgoing.flow, now);
  bool ends = false;
  if (flow != nullptr) {
    const bool was_reset = flow->reset_sent;
    FlowTable::touch(*flow, outgoing.packet, now);
    if (flow->reset_sent) {
      ++statistics_.after_reset;
      if (flow->resettable()) reset(*flow);
      return std::nullopt;
    }
    if (!was_reset) {
      if (contains(usable, flow->path)) return flow->path;
      ends = is_bound_to_address(*flow);
    }  // else a new connection on the same ports, free to go anywhere
  }
  if (usable == 0 || (ends && healthy == 0)) return std::nullopt;
  const auto info = read_ip(outgoing.packet);
  const auto path = selector.pick(selector.best(outgoing.traffic_class, usable), outgoing.pin);
  if (!info || !path) return std::nullopt;
  if (ends && reset(*flow)) {
    flows().pin(outgoing.flow, *info, *path, now);
    return std::nullopt;
  }
  Flow& placed = flows().pin(outgoing.flow, *info, *path, now);
  placed.masqueraded = masqueraded(*info, *path);
  placed.traffic_class = outgoing.traffic_class;
  if (flow == nullptr) FlowTable::touch(placed, outgoing.packet, now);
  return path;
}

bool ExitPool::leave(PathIndex index, Packet& packet, Time now) {
  if (used_at_ != now) {
    used_at_ = now;
    for (const auto& each : paths_) {
      if (each && each->health) each->health->on_bond_use(now);
    }
  }
  if (!paths_[index]) return true;
  Path& path = *paths_[index];
  if (path.health) path.health->on_sent(now);
  const uint8_t version = version_of(packet.bytes());
  const IpAddress& tunnel = tunnel_address(path.options, version);
  if (!tunnel || tunnel == own(version)) return true;
  if (!is_at(own(version), packet.data() + (version == 4 ? 12 : 8))) return true;
  return make_writable(pool_, packet) &&
         rewrite_address(packet.bytes(), AddressPlace::source, tunnel) == RewriteResult::done;
}

bool ExitPool::arrive(PathIndex index, Packet& packet, Time now) {
  if (!paths_[index]) return true;
  Path& path = *paths_[index];
  const uint8_t version = version_of(packet.bytes());
  if (path.health) {
    path.health->on_received(now);
    const EchoSession session{source_of_probes(path, static_cast<Family>(version)), path.identifier,
                              path.token};
    const auto sequence = path.targets.empty()
                              ? std::nullopt
                              : read_echo_reply(packet.bytes(), session, path.targets);
    if (sequence) path.health->on_echo_reply(*sequence, now);
    note_suspects();
    if (sequence) return false;
  }
  const IpAddress& tunnel = tunnel_address(path.options, version);
  if (!tunnel || !own(version) || tunnel == own(version)) return true;
  if (!is_at(tunnel, packet.data() + (version == 4 ? 16 : 24))) return true;
  return make_writable(pool_, packet) && rewrite_address(packet.bytes(), AddressPlace::destination,
                                                         own(version)) == RewriteResult::done;
}

// --- Dead exits -------------------------------------------------------------------------------

// What is known of the exits has changed: those that are dead may have flows that another one could
// carry.
void ExitPool::clear_again() {
  const PathMask alive = exits_ & static_cast<PathMask>(~suspects_);
  for (PathIndex i = 0; i < count_of(paths_); ++i) {
    if (!paths_[i]) continue;  // no flow was ever pinned to it
    paths_[i]->clear_from.reset();
    if (alive != 0 && !contains(alive, i) && flows_ && flows_->pinned_to(i) > 0)
      paths_[i]->clear_from = 0;
  }
}

void ExitPool::clear_dead(const Selector& selector, Time now) {
  for (PathIndex i = 0; i < count_of(paths_); ++i) {
    if (!paths_[i] || !paths_[i]->clear_from) continue;
    auto& from = paths_[i]->clear_from;
    from = flows_->take_pinned_to(
        i, *from, kSlotsPerPoll, now, [&](Flow& flow) -> std::optional<uint8_t> {
          const uint8_t version = flow.near_address.is_v4() ? 4 : 6;
          const PathMask others =
              fit(flow.traffic_class, version, selector) & static_cast<PathMask>(~suspects_);
          if (others == 0) return i;  // it waits
          if (!flow.reset_sent && !is_bound_to_address(flow)) return std::nullopt;
          if (!flow.reset_sent && !reset(flow)) return i;
          return first_of(others);
        });
    return;  // the next one in the next call
  }
}

bool ExitPool::has_more_to_clear() const {
  return std::ranges::any_of(paths_,
                             [](const auto& path) { return path && path->clear_from.has_value(); });
}

bool ExitPool::reset(Flow& flow) {
  Packet packet = make_tcp_reset(pool_, flow.tcp_near_end());
  if (!packet) {
    resets_missed_ = true;
    return false;
  }
  if (!flow.reset_sent) ++statistics_.resets;
  flow.reset_sent = true;
  resets_.push_back(std::move(packet));
  return true;
}

void ExitPool::take_resets(std::vector<Packet>& to_tun) {
  std::ranges::move(resets_, std::back_inserter(to_tun));
  resets_.clear();
}

}  // namespace wirebraid
