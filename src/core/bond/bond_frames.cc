// The frames of a Bond: what HELLO, DATA and REPORT do when they come, and how they are made.
#include <algorithm>

#include "core/bond/bond.h"
#include "core/bond/filler.h"

namespace wirebraid {

namespace {
constexpr Duration kHelloInterval = std::chrono::milliseconds(300);
constexpr Duration kQuickReturn = std::chrono::milliseconds(300);
constexpr int kProbesToReturn = 3;
constexpr Duration kFarSilence = std::chrono::seconds(3);         // longer than any path's delay
constexpr Duration kSignOfLife = std::chrono::milliseconds(100);  // after such a silence
constexpr int kFlappingSuspicions = 4;  // within Bond's flapping period: then no quick return
}  // namespace

void Bond::receive(PathIndex index, ReceivedFrame frame, Time now, std::vector<Packet>& delivered) {
  if (!options_.frames) return;  // as a stock peer: no IP packet, dropped
  Path& path = paths_[index];
  const auto kind = frame_kind(frame.payload.bytes());
  if (!kind) {
    ++counters_.dropped_malformed;
    return;
  }
  if (path.rx.report_before(frame.session)) send_report(index, false, now);
  // The first sign of life of a path that was away: see at once whether it works both ways.
  if (path.state == PathState::suspect && now - path.rx.last_heard() >= kSignOfLife) {
    path.probe_interval = kSignOfLife;
    path.next_probe = std::min(path.next_probe, now);
  }
  path.rx.on_frame(frame.session, frame.counter, frame.datagram_size, *kind == FrameKind::data,
                   now);
  if (*kind == FrameKind::hello) {
    if (const auto hello = read_hello(frame.payload.bytes())) {
      on_hello(index, *hello, now);
    } else {
      ++counters_.dropped_malformed;
    }
    return;
  }
  if (path.far_epoch == 0) {
    // We have restarted and the far side has not: it will learn by our HELLO.
    path.far_is_wirebraid = true;
    if (path.state == PathState::exit) set_state(path, PathState::connecting, now);
    if (path.next_hello == kNever) path.next_hello = now;
    return;
  }
  // Frames other than HELLO are only sent by an end that has our epoch.
  path.knows_us = true;
  if (path.far_epoch == far_epoch_) far_heard_ = now;
  if (path.state == PathState::connecting && path.far_epoch == far_epoch_) {
    enter_up(index, now, false);
  }
  if (*kind == FrameKind::request) {
    if (const auto request = read_request(frame.payload.bytes())) on_request(index, *request, now);
    return;
  }
  if (*kind == FrameKind::data) {
    const auto header = read_data_header(frame.payload.bytes());
    if (!header || path.far_epoch != far_epoch_) {
      ++counters_.dropped_malformed;
      return;
    }
    frame.payload.remove_prefix(DataHeader::kSize);
    on_data(index, *header, std::move(frame.payload), frame.traffic_class, now, delivered);
  } else if (const auto report = read_report(frame.payload.bytes())) {
    on_report(index, *report, now);
  } else {
    ++counters_.dropped_malformed;
  }
}

void Bond::on_hello(PathIndex index, const Hello& hello, Time now) {
  Path& path = paths_[index];
  if (hello.version != kProtocolVersion) return;
  if (hello.answer && hello.peer_epoch != epoch_) return;  // meant for an earlier run of ours
  if (hello.epoch == far_epoch_) {
    far_heard_ = now;
  } else if (is_retired(hello.epoch)) {
    // Overtaken on another path by its successor's. But if it knows our run and no successor is
    // heard, then it is the successor's that was late.
    if (hello.peer_epoch != epoch_ || now - far_heard_ < kFarSilence) return;
  }
  path.far_is_wirebraid = true;
  path.hellos = 0;
  if (path.far_epoch != hello.epoch) path.tx.forget_far_side();
  path.far_epoch = hello.epoch;
  path.far_cap = uint64_t{hello.receive_cap_kbps} * 1000;
  apply_caps(path);
  if (hello.epoch != far_epoch_) far_side_restarted(hello, index, now);
  path.knows_us = hello.peer_epoch == epoch_;
  if (!hello.answer) send_hello(index, true, now);
  if (!path.session || !path.network) return;
  if (path.knows_us) {
    path.next_hello = kNever;
    if (path.state == PathState::suspect && !hello.answer) {
      path.next_probe = now;  // it proves one direction only
    } else if (path.state != PathState::up) {
      enter_up(index, now, false);
    }
  } else {
    set_state(path, PathState::connecting, now);
    path.next_hello = now + kHelloInterval;  // unless a frame shows before that the answer arrived
  }
}

bool Bond::is_retired(uint64_t epoch) const {
  return std::find(retired_epochs_.begin(), retired_epochs_.end(), epoch) != retired_epochs_.end();
}

void Bond::far_side_restarted(const Hello& hello, PathIndex index, Time now) {
  if (far_epoch_ != 0) retired_epochs_[retired_count_++ % retired_epochs_.size()] = far_epoch_;
  far_epoch_ = hello.epoch;
  // What is under way may have reached the earlier run: sent again, it would arrive twice.
  counters_.abandoned += window_.clear();
  resends_.clear();
  for (Path& path : paths_) {
    scratch().lost.clear();
    path.tx.take_outstanding(scratch().lost);
    path.committed.clear();
    path.committed_bytes = 0;
  }
  resequencer_.reset(hello.first_sequence);
  for (PathIndex i = 0; i < count_of(paths_); ++i) {
    Path& path = paths_[i];
    if (i == index || !path.exists || path.far_epoch == 0 || path.far_epoch == far_epoch_) continue;
    path.knows_us = false;
    if (path.state == PathState::up || path.state == PathState::suspect) {
      leave(i, PathState::connecting, now);
      path.next_hello = now;
    }
  }
}

void Bond::on_data(PathIndex index, const DataHeader& header, Packet packet, uint8_t traffic_class,
                   Time now, std::vector<Packet>& delivered) {
  last_data_ = now;
  used_at_ = now;
  const auto info = read_ip(packet.bytes());
  if (!info) {
    ++counters_.dropped_malformed;
    return;
  }
  const uint64_t flow = hasher_.flow(*info);
  packet.resize(info->length);
  // Their place in the sequence is taken all the same.
  if (is_filler(*info)) {
    packet = Packet();
  } else if (!ecn_decapsulate(packet.bytes(), traffic_class)) {
    ++counters_.dropped_ecn;
    packet = Packet();
  }
  const size_t before = delivered.size();
  resequencer_.insert({.sequence = header.sequence,
                       .predecessor_delta = header.predecessor_delta,
                       .first_transmission = !header.resent,
                       .path = index,
                       .flow = flow,
                       .packet = std::move(packet)},
                      now, delivered);
  std::erase_if(delivered, [](const Packet& candidate) { return !candidate; });
  counters_.delivered += delivered.size() - std::min(before, delivered.size());
}

void Bond::on_report(PathIndex index, const Report& report, Time now) {
  Path& path = paths_[index];
  if (path.far_epoch == far_epoch_) {
    resequencer_.advance_front(index, report.next_sequence, now);
    window_.acknowledge_before(report.cumulative);
  }
  if (report.answer_requested) path.rx.request_report(now);
  const auto about = path_of_session(index, report.session);
  if (!about) return;
  std::vector<uint32_t>& received = scratch().received;
  std::vector<uint32_t>& lost = scratch().lost;
  received.clear();
  lost.clear();
  const bool direct = *about == index;
  if (!paths_[*about].tx.on_report(report, direct, now, received, lost)) return;
  if (scratch().filling.last > now) scratch().filling.far_received[*about] = report.bytes;
  for (const uint32_t sequence : received) window_.acknowledge(sequence);
  queue_resends(lost);
  if (report.gone && !direct && paths_[*about].state == PathState::up) suspect(*about, now);
  if (!direct) return;  // it proves nothing about the way back
  path.probes_unanswered = 0;
  // The far side may still be heard, though nothing of ours arrives there.
  if (path.state != PathState::suspect || !path.tx.proven()) return;
  path.tx.demand_proof();
  ++path.probes_answered;
  const bool quick =
      now - path.suspected_at <= kQuickReturn && path.recent_suspicions <= kFlappingSuspicions;
  const bool alone = !any_in(PathState::up);
  if (quick || alone || path.probes_answered >= kProbesToReturn) {
    enter_up(index, now, !quick);
  } else {
    path.next_probe = now;
  }
}

// The path that a report is about: mostly the one it came on, but losses are told on the fastest
// path too.
std::optional<PathIndex> Bond::path_of_session(PathIndex likely, uint32_t session) const {
  if (paths_[likely].tx.knows(session)) return likely;
  for (PathIndex i = 0; i < count_of(paths_); ++i) {
    if (paths_[i].exists && paths_[i].tx.knows(session)) return i;
  }
  return std::nullopt;
}

bool Bond::send_frame(PathIndex index, Packet frame, Time now) {
  used_at_ = now;
  const Sealed sealed = sender_.seal(index, std::move(frame), kEcnNotEct, now);
  if (!sealed.sent) return false;
  paths_[index].tx.on_sent(sealed.session, sealed.counter, 0, false, sealed.datagram_size, now);
  return true;
}

void Bond::send_hello(PathIndex index, bool answer, Time now) {
  Packet frame = pool_.allocate();
  if (!frame) return;
  Hello hello;
  hello.answer = answer;
  hello.epoch = epoch_;
  hello.peer_epoch = paths_[index].far_epoch;
  hello.first_sequence = window_.base();
  hello.receive_cap_kbps = static_cast<uint32_t>(
      std::min<uint64_t>((paths_[index].policy.receive_cap + 999) / 1000, UINT32_MAX));
  frame.resize(Hello::kSize);
  write_hello(frame.data(), hello);
  send_frame(index, std::move(frame), now);
}

bool Bond::send_report_on(PathIndex carrier, const Report& report, Time now) {
  Packet frame = pool_.allocate();
  if (!frame) return false;
  frame.resize(report.size());
  write_report(frame.data(), report);
  return send_frame(carrier, std::move(frame), now);
}

// Below it nothing will be sent on this path any more, except again.
uint32_t Bond::next_on(const Path& path) const {
  if (!resends_.empty()) return window_.base();  // they may take long
  return path.committed.empty() ? window_.next() : path.committed.front().sequence;
}

void Bond::send_report(PathIndex index, bool ask, Time now) {
  Path& path = paths_[index];
  const bool urgent = path.rx.tells_loss();
  Report report = path.rx.make_report(now, resequencer_.cumulative(), next_on(path));
  report.answer_requested = ask;
  if (!send_report_on(index, report, now)) path.rx.postpone_report(now + kMemoryPause);
  if (!urgent) return;
  // The sooner the sender knows of a loss, the less it holds up; and this report may be lost too.
  report.answer_requested = false;
  report.next_sequence = window_.base();
  if (const auto fastest = fastest_beside(index)) send_report_on(*fastest, report, now);
}

// The far side need not find out by itself that nothing arrives here any more.
void Bond::tell_gone(PathIndex index, Time now) {
  Path& path = paths_[index];
  if (!path.rx.heard()) return;
  Report report = path.rx.make_report(now, resequencer_.cumulative(), window_.base());
  report.gone = true;
  for (PathIndex i = 0; i < count_of(paths_); ++i) {
    if (i != index && usable(paths_[i])) send_report_on(i, report, now);
  }
}

std::optional<PathIndex> Bond::fastest_beside(PathIndex index) const {
  std::optional<PathIndex> best;
  for (PathIndex i = 0; i < count_of(paths_); ++i) {
    if (i == index || !usable(paths_[i]) || !paths_[i].tx.has_rtt()) continue;
    if (!best || paths_[i].tx.rtt() < paths_[*best].tx.rtt()) best = i;
  }
  return best;
}

void Bond::run_hello_timer(PathIndex index, Time now) {
  Path& path = paths_[index];
  if (path.next_hello > now) return;
  path.next_hello = kNever;
  if (!path.session || !path.network) return;
  if (path.hellos >= kForgetHellos) path.far_is_wirebraid = false;
  if (!path.far_is_wirebraid &&
      (path.hellos >= kMaxHellos || path.session_hellos >= kMaxHellosPerSession)) {
    set_state(path, PathState::exit, now);
    return;
  }
  // A far side known to speak frames is asked on, ever more slowly; it may be restarting.
  send_hello(index, false, now);
  // It may also have lost the session in doing so.
  if (path.far_is_wirebraid && path.hellos > 1) sender_.connect(index, now);
  path.next_hello = now + kHelloInterval * (1 << std::min(path.hellos, 5));
  ++path.hellos;
  ++path.session_hellos;
}

}  // namespace wirebraid
