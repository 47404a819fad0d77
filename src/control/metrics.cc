#include "control/metrics.h"

#include <array>
#include <charconv>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace wirebraid::control {
namespace {

using Label = std::pair<std::string_view, std::string_view>;

/// As the format wants it in the values of labels.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\n') {
      result += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') result += '\\';
    result += c;
  }
  return result;
}

/// The series of one metric.
class Metric {
 public:
  Metric(std::string_view name, std::string_view type, std::string_view help) : name_(name) {
    head_ = "# HELP " + name_ + " " + std::string(help) + "\n# TYPE " + name_ + " " +
            std::string(type) + "\n";
  }

  void add(std::initializer_list<Label> labels, uint64_t value) {
    add_text(labels, std::to_string(value));
  }
  void add(std::initializer_list<Label> labels, double value) {
    std::array<char, 32> text;
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    add_text(labels, {text.data(), static_cast<size_t>(end - text.data())});
  }
  std::string text() const { return series_.empty() ? "" : head_ + series_; }

 private:
  void add_text(std::initializer_list<Label> labels, std::string_view value) {
    series_ += name_ + "{";
    bool first = true;
    for (const auto& [name, content] : labels) {
      if (!std::exchange(first, false)) series_ += ',';
      series_.append(name).append("=\"").append(escaped(content)).append("\"");
    }
    series_.append("} ").append(value).append("\n");
  }

  std::string name_;
  std::string head_;
  std::string series_;
};

double seconds(uint64_t us) { return static_cast<double>(us) / 1e6; }

/// Calls `visit(interface, bond)`, and `visit(interface, bond, uplink)`.
template <class Visit>
void each_bond(const std::vector<InterfaceStatus>& interfaces, const Visit& visit) {
  for (const InterfaceStatus& interface : interfaces) {
    for (const BondStatus& bond : interface.bonds) visit(interface, bond);
  }
}
template <class Visit>
void each_uplink(const std::vector<InterfaceStatus>& interfaces, const Visit& visit) {
  each_bond(interfaces, [&](const InterfaceStatus& interface, const BondStatus& bond) {
    for (const UplinkStatus& uplink : bond.uplinks) visit(interface, bond, uplink);
  });
}

std::string of_interfaces(const std::vector<InterfaceStatus>& interfaces) {
  Metric info("wirebraid_interface_info", "gauge", "What runs; always 1.");
  Metric start("wirebraid_start_time_seconds", "gauge", "When the daemon started, Unix time.");
  Metric mtu("wirebraid_interface_mtu_bytes", "gauge", "MTU of the interface.");
  Metric taken("wirebraid_worker_handed_over_total", "counter",
               "Datagrams and packets that another worker got.");
  Metric dropped("wirebraid_worker_dropped_total", "counter",
                 "Of such, lost because the worker did not keep up.");
  for (const InterfaceStatus& s : interfaces) {
    info.add(
        {{"interface", s.name}, {"version", s.version}, {"engine", s.engine}, {"cipher", s.cipher}},
        uint64_t{1});
    start.add({{"interface", s.name}}, s.started_s);
    mtu.add({{"interface", s.name}}, uint64_t{s.mtu});
    for (size_t i = 0; i < s.workers.size(); ++i) {
      const std::string number = std::to_string(i);
      taken.add({{"interface", s.name}, {"worker", number}}, s.workers[i].handed_over);
      dropped.add({{"interface", s.name}, {"worker", number}}, s.workers[i].dropped);
    }
  }
  return info.text() + start.text() + mtu.text() + taken.text() + dropped.text();
}

std::string of_sessions(const std::vector<InterfaceStatus>& interfaces) {
  Metric sent("wireguard_sent_bytes_total", "counter", "Bytes sent to the peer.");
  Metric received("wireguard_received_bytes_total", "counter", "Bytes received from the peer.");
  Metric handshake("wireguard_latest_handshake_seconds", "gauge",
                   "When the last handshake was, Unix time; 0: never.");
  each_uplink(
      interfaces, [&](const InterfaceStatus& interface, const BondStatus&, const UplinkStatus& s) {
        if (s.state == UplinkState::disabled) return;
        const std::initializer_list<Label> labels = {
            {"interface", interface.name}, {"public_key", s.public_key}, {"friendly_name", s.name}};
        sent.add(labels, s.tx_bytes);
        received.add(labels, s.rx_bytes);
        handshake.add(labels, s.last_handshake_s.value_or(0));
      });
  return sent.text() + received.text() + handshake.text();
}

std::string of_uplinks(const std::vector<InterfaceStatus>& interfaces) {
  constexpr UplinkState kStates[] = {UplinkState::up,         UplinkState::suspect,
                                     UplinkState::connecting, UplinkState::down,
                                     UplinkState::disabled,   UplinkState::exit};
  Metric state("wirebraid_uplink_state", "gauge", "1 for the state that the uplink is in, else 0.");
  Metric since("wirebraid_uplink_state_start_time_seconds", "gauge",
               "Since when it is in that state, Unix time.");
  Metric used("wirebraid_uplink_in_use", "gauge", "1 if it carries traffic, or could at once.");
  Metric rtt("wirebraid_uplink_rtt_seconds", "gauge", "Round trip time.");
  Metric variance("wirebraid_uplink_rtt_variance_seconds", "gauge",
                  "Its mean deviation (RFC 6298).");
  Metric loss("wirebraid_uplink_loss_ratio", "gauge", "Share of frames lost lately, 0 to 1.");
  Metric capacity("wirebraid_uplink_capacity_bytes_per_second", "gauge",
                  "What it is estimated to carry, sending.");
  Metric quota("wirebraid_uplink_quota_bytes", "gauge", "What it may carry in a month.");
  Metric quota_used("wirebraid_uplink_quota_used_bytes", "gauge",
                    "What it has carried of that in this month.");
  each_uplink(interfaces,
              [&](const InterfaceStatus& interface, const BondStatus& bond, const UplinkStatus& s) {
                const std::initializer_list<Label> labels = {
                    {"interface", interface.name}, {"bond", bond.name}, {"uplink", s.name}};
                for (const UplinkState each : kStates) {
                  state.add({{"interface", interface.name},
                             {"bond", bond.name},
                             {"uplink", s.name},
                             {"state", to_string(each)}},
                            uint64_t{each == s.state});
                }
                if (s.state_since_s != 0) since.add(labels, s.state_since_s);
                used.add(labels, uint64_t{s.unused_code.empty()});
                if (s.rtt_us) rtt.add(labels, seconds(*s.rtt_us));
                if (s.rtt_variance_us) variance.add(labels, seconds(*s.rtt_variance_us));
                if (s.loss_ratio) loss.add(labels, *s.loss_ratio);
                if (s.capacity_bps) capacity.add(labels, *s.capacity_bps / 8);
                if (s.quota) {
                  quota.add(labels, s.quota->bytes);
                  quota_used.add(labels, s.quota->used_bytes);
                }
              });
  return state.text() + since.text() + used.text() + rtt.text() + variance.text() + loss.text() +
         capacity.text() + quota.text() + quota_used.text();
}

std::string of_bonds(const std::vector<InterfaceStatus>& interfaces) {
  struct Counter {
    Metric metric;
    uint64_t BondStatus::*value;
  };
  Counter counters[] = {
      {{"wirebraid_bond_sent_packets_total", "counter", "Packets sent, first transmissions."},
       &BondStatus::tx_packets},
      {{"wirebraid_bond_received_packets_total", "counter", "Packets received and passed on."},
       &BondStatus::rx_packets},
      {{"wirebraid_bond_held_packets", "gauge", "Packets that wait for one before them."},
       &BondStatus::held_packets},
      {{"wirebraid_bond_held_packets_total", "counter", "Packets that had to wait, ever."},
       &BondStatus::held_total},
      {{"wirebraid_bond_resent_packets_total", "counter", "Packets sent again on another uplink."},
       &BondStatus::resent},
      {{"wirebraid_bond_duplicate_packets_total", "counter", "Packets received more than once."},
       &BondStatus::duplicates},
      {{"wirebraid_bond_late_packets_total", "counter", "Packets received after being given up."},
       &BondStatus::late},
      {{"wirebraid_bond_reset_connections_total", "counter",
        "TCP connections ended because their exit has gone."},
       &BondStatus::resets},
  };
  Metric dropped("wirebraid_bond_dropped_packets_total", "counter", "Packets dropped, by cause.");
  each_bond(interfaces, [&](const InterfaceStatus& interface, const BondStatus& s) {
    for (Counter& each : counters) {
      each.metric.add({{"interface", interface.name}, {"bond", s.name}}, s.*each.value);
    }
    for (const auto& [cause, count] : {std::pair("no_uplink", s.dropped.no_uplink),
                                       {"queue_full", s.dropped.queue_full},
                                       {"queue_delay", s.dropped.queue_delay},
                                       {"lost", s.dropped.lost},
                                       {"malformed", s.dropped.malformed},
                                       {"not_allowed", s.dropped.not_allowed}}) {
      dropped.add({{"interface", interface.name}, {"bond", s.name}, {"cause", cause}}, count);
    }
  });
  std::string text;
  for (const Counter& each : counters) text += each.metric.text();
  return text + dropped.text();
}

std::string of_classes(const std::vector<InterfaceStatus>& interfaces) {
  Metric packets("wirebraid_class_sent_packets_total", "counter", "Packets sent, by class.");
  Metric bytes("wirebraid_class_sent_bytes_total", "counter", "Bytes sent, by class.");
  each_bond(interfaces, [&](const InterfaceStatus& interface, const BondStatus& bond) {
    for (const ClassOverview& s : bond.classes) {
      const std::initializer_list<Label> labels = {
          {"interface", interface.name}, {"bond", bond.name}, {"class", s.name}};
      packets.add(labels, s.packets);
      bytes.add(labels, s.bytes);
    }
  });
  return packets.text() + bytes.text();
}

}  // namespace

std::string render_metrics(const std::vector<InterfaceStatus>& interfaces) {
  return of_interfaces(interfaces) + of_sessions(interfaces) + of_uplinks(interfaces) +
         of_bonds(interfaces) + of_classes(interfaces);
}

}  // namespace wirebraid::control
