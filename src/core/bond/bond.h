// The sending and receiving ends of one bond.
//
// Inner packets go in by send() and come out by receive() and poll(); frames leave through a
// FrameSender. Nothing is sent inside send() or receive(): poll() does that once per batch, so that
// one turn makes one batch.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/bond/classifier.h"
#include "core/bond/copies.h"
#include "core/bond/frame.h"
#include "core/bond/lanes.h"
#include "core/bond/path_receiver.h"
#include "core/bond/path_sender.h"
#include "core/bond/resend_queue.h"
#include "core/bond/resequencer.h"
#include "core/bond/ring.h"
#include "core/bond/selector.h"
#include "core/bond/send_window.h"
#include "core/exit/exit_pool.h"
#include "wirebraid/bond.h"
#include "wirebraid/packet_info.h"
#include "wirebraid/platform.h"

namespace wirebraid {

/// How a frame left: under which key pair (the far side's index) and counter.
struct Sealed {
  bool sent = false;
  bool no_session = false;  ///< why it was not sent; otherwise packet memory has run out
  uint32_t session = 0;
  uint64_t counter = 0;
  size_t datagram_size = 0;
};

/// Encrypts and sends a payload on a path; implemented above the bond by WireGuard sessions.
class FrameSender {
 public:
  virtual ~FrameSender() = default;
  /// `ecn` is the outer header's ECN field. Without a session an IP packet may be kept for later; a
  /// frame is not.
  virtual Sealed seal(PathIndex path, Packet payload, uint8_t ecn, Time now) = 0;
  /// Starts a handshake unless one is under way: there is no session, or it does not answer.
  virtual void connect(PathIndex path, Time now) = 0;
};

/// A frame that came on a path, authenticated.
struct ReceivedFrame {
  Packet payload;
  uint32_t session = 0;  ///< our index of the key pair
  uint64_t counter = 0;
  uint8_t traffic_class = 0;
  size_t datagram_size = 0;
};

class Bond {
 public:
  /// Packet memory comes back as packets are acknowledged or written.
  static constexpr Duration kMemoryPause = std::chrono::milliseconds(1);
  /// HELLOs that a far side gets before it has ever answered one (design: a stock peer must not be
  /// pestered), and how many of them in one session: the last is kept for the next handshake, in
  /// case the path went silent right after the first.
  static constexpr int kMaxHellos = 3;
  static constexpr int kMaxHellosPerSession = 2;
  /// After so long without packets the memory that only packets need is given back.
  static constexpr Duration kRest = std::chrono::seconds(60);
  /// After so many without an answer, a far side that once spoke frames counts as a stock peer.
  static constexpr int kForgetHellos = 10;

  Bond(Platform& platform, BufferPool& pool, FrameSender& sender, const BondOptions& options);

  void set_options(const BondOptions& options, Time now);
  /// The interface's own addresses; empty: none of that family.
  void set_addresses(const IpAddress& v4, const IpAddress& v6);
  /// nullopt if the bond has kMaxPaths already.
  std::optional<PathIndex> add_path(const PathOptions& options, Time now);
  void set_path_options(PathIndex path, const PathOptions& options, Time now);
  void remove_path(PathIndex path, Time now);
  /// The far side may be another program now (new endpoint or key): find out anew.
  void forget_far_side(PathIndex path, Time now);

  void session_established(PathIndex path, Time now);
  void session_lost(PathIndex path, Time now);
  /// From the network below: whether the path's device, address and route are there.
  void set_network(PathIndex path, bool usable, Time now);

  /// Queues an inner packet. `info` is read_ip() of it.
  void send(Packet packet, const IpInfo& info, Time now);
  /// Takes a frame; appends inner packets to `delivered`.
  void receive(PathIndex path, ReceivedFrame frame, Time now, std::vector<Packet>& delivered);
  /// An IP packet that came on a path without a frame, authenticated; it has passed read_ip(). To
  /// be passed on as it is then, unless false is returned: it was for us, or it is cut off.
  bool receive_plain(PathIndex path, Packet& packet, Time now);
  void keepalive_received(PathIndex path, Time now) { exits_.on_keepalive(path, now); }
  /// A path whose plain packets tell that it is alive: what comes in may be a reason to poll().
  bool watches(PathIndex path) const { return exits_.health(path) != nullptr; }
  /// Runs timers, sends what may be sent.
  void poll(Time now, std::vector<Packet>& delivered);
  Time next_deadline(Time now) const;

  // Speed tests (bond_fill.cc): packets without content fill what is left of a path. They take
  // their turn behind what people send, and end at the far side.

  /// Until `until` at the latest; Time{}: no longer. Only while the path is up.
  void fill(PathIndex path, Time until);
  /// Has the far side fill the path towards us for so long; zero: no longer. One frame, which may
  /// be lost.
  void ask_to_fill(PathIndex path, Duration duration, Time now);
  /// What the far side has told of since fill(): bytes that it has received on the path (UDP
  /// payloads), ever. 0: nothing yet.
  uint64_t far_received(PathIndex path) const;

  PathStatus path_status(PathIndex path) const;
  BondStatistics statistics() const;
  /// Class 0 first.
  std::vector<ClassStatus> class_status() const;
  void reset_longest_hold() { resequencer_.reset_longest_hold(); }
  const BondOptions& options() const { return options_; }

 private:
  struct Committed {
    uint32_t sequence = 0;
    uint32_t bytes = 0;
  };
  /// Where the packet at the head of a queue goes.
  struct Choice {
    PathIndex path = 0;
    bool now = false;        ///< at once; otherwise when it is its turn
    bool overtakes = false;  ///< others that are committed to this path before it
    int64_t arrival =
        0;  ///< when it is expected there, if the path was chosen for that; see Ranked
  };
  struct Ranked {
    PathIndex path = 0;
    int64_t delay = 0;  ///< microseconds, by the far side's clock: only differences have a meaning
  };
  /// Which of the packets that wait in lanes may go.
  enum class Share : uint8_t {
    calls,   ///< what a call or a game has waiting
    others,  ///< of flows without resends, not waiting for their turn
    all,
  };
  struct Path {
    bool exists = false;
    bool session = false;
    bool network = true;
    bool far_is_wirebraid = false;
    bool knows_us = false;  ///< the far side has our epoch
    bool was_up = false;
    PathState state = PathState::down;
    Time since{};
    PathPolicy policy;
    PathSender tx;
    PathReceiver rx;

    int hellos = 0;  ///< sent since the far side last answered
    int session_hellos = 0;
    uint64_t far_cap = 0;    ///< the far side's receive_cap, bits per second; 0: none
    uint64_t far_epoch = 0;  ///< of the far side's newest HELLO on this path
    Time next_hello = kNever;

    /// Packets that have their sequence and wait for their turn on this path.
    Ring<Committed> committed;
    size_t committed_bytes = 0;

    Time settled_at{};  ///< when it counts as stable, unless it is away again before
    Time next_probe = kNever;
    Duration probe_interval{};
    int probes_unanswered = 0;
    int probes_answered = 0;
    Time suspected_at{};
    int recent_suspicions = 0;
    uint64_t suspicions = 0;
  };

  /// The far side is not, or is known not to be, addressed as wirebraid.
  bool speaks_plain(const Path& path) const {
    return !options_.frames || (!path.far_is_wirebraid && path.hellos >= kMaxHellos);
  }
  bool must_send_plain() const;
  bool usable(const Path& path) const { return path.exists && path.state == PathState::up; }
  bool any_in(PathState state) const;
  static void apply_caps(Path& path);
  void set_modes();
  void select(Time now);
  void redistribute();
  void set_state(Path& path, PathState state, Time now);
  void update_state(PathIndex index, Time now);
  void leave(PathIndex index, PathState state, Time now);
  void enter_up(PathIndex index, Time now, bool ramp);
  void suspect(PathIndex index, Time now);

  void send_hello(PathIndex index, bool answer, Time now);
  uint32_t next_on(const Path& path) const;
  void send_report(PathIndex index, bool ask, Time now);
  bool send_report_on(PathIndex carrier, const Report& report, Time now);
  void tell_gone(PathIndex index, Time now);
  bool send_frame(PathIndex index, Packet frame, Time now);
  void on_hello(PathIndex index, const Hello& hello, Time now);
  void on_data(PathIndex index, const DataHeader& header, Packet packet, uint8_t traffic_class,
               Time now, std::vector<Packet>& delivered);
  void on_report(PathIndex index, const Report& report, Time now);
  void on_request(PathIndex index, const Request& request, Time now);
  void far_side_restarted(const Hello& hello, PathIndex index, Time now);
  bool is_retired(uint64_t epoch) const;
  std::optional<PathIndex> path_of_session(PathIndex likely, uint32_t session) const;
  std::optional<PathIndex> fastest_beside(PathIndex index) const;

  Time suspect_at(PathIndex index) const;
  void run_hello_timer(PathIndex index, Time now);
  void run_path_timers(PathIndex index, Time now);
  void queue_resends(const std::vector<uint32_t>& sequences);
  void queue_resend(uint32_t sequence, SendWindow::Slot& slot);
  void queue_outstanding(Path& path);
  void queue_tail(PathIndex index);
  void take_committed(Path& path);
  void update_hold();
  void rest(Time now);

  uint64_t pin_of(const IpInfo& info, uint64_t flow) const;
  void enqueue(QueuedPacket queued);
  void pump(Time now);
  bool pump_resend(Time now);
  bool pump_lanes(Time now, Share share);
  void pump_filling(Time now);
  void note_idle_paths(Time now);
  std::optional<PathIndex> choose_plain(const QueuedPacket& queued) const;
  std::optional<PathIndex> choose_exit(const QueuedPacket& queued, Time now);
  void send_plain(Time now);
  void ask_exits(Time now);
  void wait_for_path(Time now);
  void abandon_old_resends(Time now);
  std::optional<PathIndex> choose_for_resend(const SendWindow::Slot& slot, Time now);
  std::optional<Choice> choose_pinned(PathIndex index, bool urgent, Time now);
  std::optional<Choice> choose_shared(ClassIndex traffic_class, bool urgent, Time now);
  int64_t delay_of(PathIndex index, uint32_t least_cost, Time now) const;
  Duration wait_of(PathIndex index, Time now) const;
  double patience(Time now) const;
  void note_arrival(int64_t arrival, Time now);
  void note_idle(Path& path, Time now);
  size_t rank(PathMask candidates, std::array<Ranked, kMaxPaths>& ranked, Time now) const;
  bool commit(QueuedPacket queued, Choice choice, Time now);
  void pump_committed(Time now);
  bool transmit(uint32_t sequence, PathIndex index, Time now);
  uint16_t predecessor_delta(uint64_t flow, uint32_t sequence);

  Platform& platform_;
  BufferPool& pool_;
  FrameSender& sender_;
  BondOptions options_;
  FlowHasher hasher_;
  uint64_t epoch_;
  std::vector<Path> paths_;  ///< by PathIndex; as many as there were at once
  IpAddress address_v4_;
  IpAddress address_v6_;

  struct ClassCounters {
    uint64_t packets = 0;
    uint64_t bytes = 0;
  };
  Classifier classifier_;
  bool hosts_matter_ = false;  ///< some class is in host mode
  std::vector<ClassCounters> class_counters_;
  Selector selector_;
  PathMask selected_suspects_ = 0;  ///< exits that were suspect then
  bool selection_old_ = true;       ///< something that select() looks at has changed
  bool modes_changed_ = false;
  Time select_at_{};  ///< when time alone makes it old
  ExitPool exits_;
  Lanes lanes_;
  Copies copies_;
  SendWindow window_;
  ResendQueue resends_;
  int32_t others_credit_ = 0;        ///< bytes that others may send before the next resend
  std::vector<uint32_t> flow_last_;  ///< by flow hash: the flow's last sequence + 1; 0: none
  Time pump_at_ = kNever;
  Time connect_at_{};            ///< not before: sessions asked for while packets wait
  int64_t latest_arrival_ = 0;   ///< of all that note_arrival() was told
  Time ran_dry_{};               ///< a path has, since others had got packets too soon
  Time last_data_{};             ///< DATA was sent or received
  std::optional<Time> used_at_;  ///< since then memory may be there that rest() gives back

  uint64_t far_epoch_ = 0;
  Time far_heard_{};                          ///< something of that epoch came
  std::array<uint64_t, 4> retired_epochs_{};  ///< ring: what still comes of them is from the past
  size_t retired_count_ = 0;
  Resequencer resequencer_;

  /// Paths that are being filled.
  struct Filling {
    std::array<Time, kMaxPaths> until{};
    std::array<uint64_t, kMaxPaths> far_received{};
    Time last{};  ///< of `until`
  };
  /// Of functions that do not call each other while they use it; and what only a bond in use has.
  struct Scratch {
    Filling filling;
    std::vector<QueuedPacket> moving;  ///< of redistribute() and send_plain()
    std::vector<uint32_t> received;
    std::vector<uint32_t> lost;
  };
  Scratch& scratch() {
    if (!scratch_) scratch_ = std::make_unique<Scratch>();
    return *scratch_;
  }
  std::unique_ptr<Scratch> scratch_;
  BondCounters counters_;
};

}  // namespace wirebraid
