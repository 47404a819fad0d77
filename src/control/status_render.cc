#include <array>
#include <cstdio>

#include "control/status.h"
#include "control/units.h"

namespace wirebraid::control {
namespace {

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const auto& item : items) text += (text.empty() ? "" : ", ") + item;
  return text.empty() ? "(none)" : text;
}

std::string with_reason(const std::string& choice, const std::string& reason) {
  return reason.empty() ? choice : choice + " (" + reason + ")";
}

class Renderer {
 public:
  explicit Renderer(const RenderOptions& options) : options_(options) {}

  void interface(const InterfaceStatus& s) {
    head(0, "interface", s.name, kGreen);
    if (!s.public_key.empty()) {
      line(2, "public key", s.public_key);
      line(2, "private key", "(hidden)");
    }
    if (s.listen_port != 0) line(2, "listening port", std::to_string(s.listen_port));
    if (s.firewall_mark != 0) {
      std::array<char, 16> mark;
      std::snprintf(mark.data(), mark.size(), "0x%x", s.firewall_mark);
      line(2, "fwmark", mark.data());
    }
    line(2, "addresses", joined(s.addresses));
    line(2, "mtu", std::to_string(s.mtu));
    line(2, "engine", with_reason(s.engine, s.engine_reason));
    if (!s.cipher.empty()) line(2, "cipher", with_reason(s.cipher, s.cipher_reason));
    line(2, "daemon",
         "wirebraidd " + s.version + (s.started_s ? ", running for " + since(s.started_s) : ""));
    if (s.workers.size() > 1) workers(s.workers);
    for (const auto& each : s.bonds) bond(each, s.workers.size() > 1);
  }

  std::string take() { return std::move(text_); }

 private:
  static constexpr const char* kGreen = "\x1b[32m";
  static constexpr const char* kYellow = "\x1b[33m";
  static constexpr const char* kRed = "\x1b[31m";
  static constexpr const char* kBold = "\x1b[1m";
  static constexpr const char* kReset = "\x1b[0m";

  void workers(const std::vector<WorkerStatus>& all) {
    for (size_t i = 0; i < all.size(); ++i) {
      const WorkerStatus& s = all[i];
      const std::string word = "worker " + std::to_string(i);
      line(2, word.c_str(),
           std::to_string(s.bonds) + (s.bonds == 1 ? " bond, " : " bonds, ") +
               std::to_string(s.handed_over) + " handed over to it, " + std::to_string(s.dropped) +
               " dropped");
    }
  }

  void bond(const BondStatus& s, bool with_worker) {
    text_ += "\n";
    head(0, "bond", s.name, kYellow);
    if (with_worker) line(2, "worker", std::to_string(s.worker));
    line(2, "mode", s.mode);
    line(2, "allowed ips", joined(s.allowed_ips));
    line(2, "rate", rate(s.tx_rate_bps) + " sent, " + rate(s.rx_rate_bps) + " received");
    line(2, "packets",
         std::to_string(s.tx_packets) + " sent, " + std::to_string(s.rx_packets) + " received");
    line(2, "reordering",
         std::to_string(s.held_packets) + " held now, " + std::to_string(s.held_total) +
             " in all, longest " + milliseconds(s.hold_max_us));
    line(2, "resent",
         std::to_string(s.resent) + ", duplicates received " + std::to_string(s.duplicates) +
             ", late " + std::to_string(s.late));
    if (s.resets != 0) line(2, "reset", std::to_string(s.resets) + " connections of lost exits");
    line(2, "dropped", drops(s.dropped));
    if (s.classes.size() > 1 || (!s.classes.empty() && differs(s.classes.front()))) {
      for (const auto& each : s.classes) traffic_class(each);
    }
    for (const auto& each : s.uplinks) uplink(each);
  }

  static bool differs(const ClassOverview& s) { return s.effective_mode != s.mode; }

  void traffic_class(const ClassOverview& s) {
    text_ += "\n";
    head(2, "class", s.name.empty() ? "(the rest)" : s.name, kYellow);
    if (!s.name.empty()) line(4, "takes", s.rule);
    line(4, "mode", s.mode + (differs(s) ? ", runs as " + s.effective_mode : ""));
    line(4, "uplinks", joined(s.uplinks));
    line(4, "sent", std::to_string(s.packets) + " packets, " + bytes(s.bytes));
  }

  static std::string drops(const BondDrops& s) {
    std::vector<std::string> causes;
    const auto add = [&causes](uint64_t count, const char* cause) {
      if (count != 0) causes.push_back(std::to_string(count) + " " + cause);
    };
    add(s.no_uplink, "without a usable uplink");
    add(s.queue_full, "queue full");
    add(s.queue_delay, "queued too long");
    add(s.lost, "lost on the way here");
    add(s.malformed, "malformed");
    add(s.not_allowed, "outside allowed ips");
    return joined(causes);
  }

  void uplink(const UplinkStatus& s) {
    text_ += "\n";
    head(2, "uplink", s.name, kYellow);
    const std::string since_when = s.state_since_s != 0 ? " for " + since(s.state_since_s) : "";
    line(4, "state", painted(to_string(s.state), color_of(s.state)) + since_when);
    if (!s.unused_reason.empty()) line(4, "not used", s.unused_reason);
    line(4, "peer", s.public_key);
    if (!s.endpoint.empty()) line(4, "endpoint", s.endpoint);
    if (s.servers > 1) {
      line(4, "server",
           std::to_string(s.server) + " of " + std::to_string(s.servers) + ", " + s.server_name);
    }
    if (!s.tunnel_addresses.empty()) line(4, "tunnel address", joined(s.tunnel_addresses));
    if (!s.targets.empty()) line(4, "targets", joined(s.targets));
    if (!s.device.empty()) line(4, "device", s.device);
    if (s.listen_port != 0) line(4, "listening port", std::to_string(s.listen_port));
    if (s.priority != 1) line(4, "priority", std::to_string(s.priority));
    if (s.weight != 0) line(4, "weight", std::to_string(s.weight));
    if (s.cost != 0) line(4, "cost", std::to_string(s.cost));
    if (s.quota) line(4, "quota", quota(*s.quota));
    if (s.rtt_us) {
      line(4, "rtt",
           milliseconds(*s.rtt_us) +
               (s.rtt_variance_us ? " \u00b1 " + milliseconds(*s.rtt_variance_us) : ""));
    }
    if (s.loss_ratio) line(4, "loss", fixed(*s.loss_ratio * 100, 2) + " %");
    if (s.capacity_bps) line(4, "capacity", rate(*s.capacity_bps));
    line(4, "rate", rate(s.tx_rate_bps) + " sent, " + rate(s.rx_rate_bps) + " received");
    line(4, "transfer", bytes(s.rx_bytes) + " received, " + bytes(s.tx_bytes) + " sent");
    line(4, "latest handshake",
         s.last_handshake_s ? since(*s.last_handshake_s) + " ago" : "(never)");
  }

  // As it is written in the configuration file, and on bills: powers of 1000.
  static std::string quota(const QuotaStatus& s) {
    const auto volume = [](uint64_t count) {
      return scaled(static_cast<double>(count), 1000, {"B", "kB", "MB", "GB", "TB"});
    };
    std::string text = volume(s.used_bytes) + " of " + volume(s.bytes) + " used";
    if (s.allowance == "reserve") text += ", only the reserve is left";
    if (s.allowance == "exhausted") text += ", nothing is left";
    return text + "; reserve " + volume(s.reserve_bytes) + ", new on " + s.next_reset;
  }

  static const char* color_of(UplinkState state) {
    switch (state) {
      case UplinkState::up:
      case UplinkState::exit:
        return kGreen;
      case UplinkState::suspect:
      case UplinkState::connecting:
        return kYellow;
      case UplinkState::down:
        return kRed;
      case UplinkState::disabled:
        break;
    }
    return kBold;
  }

  std::string since(uint64_t then_s) const {
    // A clock that was set back must not show as centuries.
    return duration(options_.now_s > then_s ? options_.now_s - then_s : 0);
  }
  std::string painted(std::string_view text, const char* color) const {
    return options_.color ? color + std::string(text) + kReset : std::string(text);
  }
  void head(size_t indent, const char* word, const std::string& name, const char* color) {
    text_ += std::string(indent, ' ') + painted(word, kBold) + ": " + painted(name, color) + "\n";
  }
  void line(size_t indent, const char* word, const std::string& value) {
    text_ += std::string(indent, ' ') + painted(word, kBold) + ": " + value + "\n";
  }

  const RenderOptions& options_;
  std::string text_;
};

}  // namespace

std::string render(const InterfaceStatus& status, const RenderOptions& options) {
  Renderer renderer(options);
  renderer.interface(status);
  return renderer.take();
}

}  // namespace wirebraid::control
