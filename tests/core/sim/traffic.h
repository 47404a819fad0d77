// Inner traffic of the simulator: checked packets, the ledger that holds the tunnel to its
// promises, and flows of numbered datagrams.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "wirebraid/bytes.h"
#include "wirebraid/packet.h"
#include "wirebraid/time.h"

namespace wirebraid::sim {

enum class Side : uint8_t { gateway = 0, server = 1 };
inline Side other(Side side) { return side == Side::gateway ? Side::server : Side::gateway; }

/// `share` between 0 and 1 of `values`, which are not empty.
Duration quantile(std::vector<Duration> values, double share);

/// What an application asks to be sent; becomes an IPv4 packet whose ports name the flow.
struct Message {
  uint16_t flow = 0;
  uint8_t ecn = 0;
  size_t size = 0;  ///< of the IP packet; at least overhead + body
  std::vector<uint8_t> body;
  /// Of a TCP segment; otherwise it is UDP.
  std::optional<uint32_t> tcp_sequence;
  /// May overtake what was sent before it.
  bool retransmission = false;

  /// IP and transport headers and the ledger's own.
  static constexpr size_t overhead(bool tcp) { return 20 + (tcp ? 20 : 8) + kLedger; }
  static constexpr size_t kLedger = 32;
};

/// Where applications send.
class Host {
 public:
  virtual ~Host() = default;
  virtual void send(Side from, const Message& message) = 0;
};

class Application {
 public:
  virtual ~Application() = default;
  virtual uint16_t flow() const = 0;
  virtual Time next_deadline() const = 0;
  virtual void run(Time now, Host& host) = 0;
  /// `ce`: the packet arrived with a congestion mark.
  virtual void receive(Side at, ConstByteSpan body, bool ce, Time now, Host& host) = 0;
};

/// One direction of one flow, as seen from outside the tunnel.
struct FlowRecord {
  uint64_t sent = 0;
  uint64_t refused = 0;  ///< no packet memory at the TUN device
  uint64_t delivered = 0;
  uint64_t bytes = 0;  ///< delivered, of IP packets
  uint64_t marked = 0;
  std::optional<uint64_t> last_number;
  std::vector<bool> arrived;  ///< by number
  Time last_delivery{};
  Duration longest_gap{};  ///< between deliveries, since the last reset_gaps()
  std::vector<Duration> latencies;

  uint64_t lost() const { return sent - delivered; }
  /// `share` between 0 and 1; precondition: something was delivered.
  Duration latency_quantile(double share) const;
};

/// Numbers every packet and checks every delivery: known, unaltered, once, in order.
class Ledger {
 public:
  /// Writes the packet that `message` stands for. False if `packet` is false.
  bool write(Packet& packet, Side from, const Message& message, Time now);
  struct Delivery {
    uint16_t flow = 0;
    ConstByteSpan body;
    bool ce = false;
  };
  /// nullopt: a promise was broken, see violations().
  std::optional<Delivery> check(const Packet& packet, Side at, Time now);

  FlowRecord& record(uint16_t flow, Side from) { return records_[{flow, from}]; }
  const std::vector<std::string>& violations() const { return violations_; }
  uint64_t lost() const;
  uint64_t sent() const;
  /// While false, packets may come out of order, though still once at most.
  void demand_order(bool demanded) { order_ = demanded; }
  void reset_gaps(Time now);
  void forget_latencies();

 private:
  std::optional<Delivery> complain(const std::string& what);
  std::map<std::pair<uint16_t, Side>, FlowRecord> records_;
  std::vector<std::string> violations_;
  bool order_ = true;
};

/// Sends a packet of `size` bytes every `interval` from `start` to `end`.
class DatagramFlow : public Application {
 public:
  struct Options {
    uint16_t flow = 0;
    Side from = Side::gateway;
    size_t size = 200;
    Duration interval = std::chrono::milliseconds(10);
    Time start{};
    Time end = kNever;
    uint8_t ecn = 0;
  };
  explicit DatagramFlow(const Options& options) : options_(options), next_(options.start) {}
  uint16_t flow() const override { return options_.flow; }
  Time next_deadline() const override { return next_ < options_.end ? next_ : kNever; }
  void run(Time now, Host& host) override;
  void receive(Side, ConstByteSpan, bool, Time, Host&) override {}

 private:
  Options options_;
  Time next_;
};

/// Sends an echo request every `interval` and measures the time until the answer.
class PingFlow : public Application {
 public:
  struct Options {
    uint16_t flow = 0;
    Side from = Side::gateway;
    size_t size = 84;  ///< ping's own, with headers
    Duration interval = std::chrono::milliseconds(20);
    Time start{};
  };
  explicit PingFlow(const Options& options) : options_(options), next_(options.start) {}
  uint16_t flow() const override { return options_.flow; }
  Time next_deadline() const override { return next_; }
  void run(Time now, Host& host) override;
  void receive(Side at, ConstByteSpan body, bool ce, Time now, Host& host) override;
  /// Of the round trips; a minute if none came back.
  Duration quantile(double share) const;

 private:
  Options options_;
  Time next_;
  std::vector<Duration> round_trips_;
};

}  // namespace wirebraid::sim
