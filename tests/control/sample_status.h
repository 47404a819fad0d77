// A status in which every member differs from its default somewhere.
#pragma once

#include "control/status.h"

namespace wirebraid::testing {

inline control::InterfaceStatus sample_status() {
  control::UplinkStatus dsl;
  dsl.name = "dsl";
  dsl.state = control::UplinkState::suspect;
  dsl.state_since_s = 1'700'003'540;
  dsl.unused_reason = "no report for 45 ms";
  dsl.unused_code = "silent";
  dsl.public_key = "TrMvSoP4jYQlY6RIzBgbssQqY3vxI2Pi+y71lOWWXX0=";
  dsl.endpoint = "192.0.2.1:51820";
  dsl.device = "eth1";
  dsl.listen_port = 51821;
  dsl.priority = 2;
  dsl.weight = 3;
  dsl.server = 2;
  dsl.servers = 3;
  dsl.server_name = "second.example:51820";
  dsl.cost = 10;
  dsl.tunnel_addresses = {"10.64.0.7", "fc00::7"};
  dsl.targets = {"9.9.9.9"};
  dsl.quota =
      control::QuotaStatus{20'000'000'000, 2'000'000'000, 18'500'000'000, "reserve", "2026-12-01"};
  dsl.rtt_us = 15'200;
  dsl.rtt_variance_us = 1'000;
  dsl.loss_ratio = 0.005;
  dsl.capacity_bps = 50'000'000;
  dsl.tx_rate_bps = 48'100'000;
  dsl.rx_rate_bps = 1'000'000;
  dsl.tx_bytes = 1 << 20;
  dsl.rx_bytes = 2 << 10;
  dsl.last_handshake_s = 1'700'003'600;
  control::UplinkStatus lte;
  lte.name = "lte";
  lte.public_key = "gN65BkIKy1eCE9pP1wdc8ROUtkHLF2PfAqYdyYBz6EA=";

  control::BondStatus bond;
  bond.name = "main";
  bond.mode = "packet";
  bond.allowed_ips = {"0.0.0.0/0"};
  bond.tx_rate_bps = 48'100'000;
  bond.rx_rate_bps = 999;
  bond.tx_packets = 100;
  bond.rx_packets = 200;
  bond.held_packets = 4;
  bond.held_total = 50;
  bond.hold_max_us = 38'000;
  bond.resent = 6;
  bond.duplicates = 7;
  bond.late = 8;
  bond.resets = 9;
  control::ClassOverview voice;
  voice.name = "voice";
  voice.rule = "udp, dscp ef";
  voice.mode = "redundant";
  voice.effective_mode = "flow";
  voice.uplinks = {"dsl", "lte"};
  voice.packets = 11;
  voice.bytes = 2 << 10;
  control::ClassOverview rest;
  rest.mode = rest.effective_mode = "packet";
  bond.classes = {voice, rest};
  bond.worker = 1;
  bond.dropped.queue_full = 1;
  bond.dropped.lost = 3;
  bond.uplinks = {dsl, lte};

  control::InterfaceStatus status;
  status.name = "wb0";
  status.version = "0.1.0";
  status.engine = "epoll";
  status.engine_reason = "io_uring_setup: Operation not permitted";
  status.cipher = "ipsec-mb";
  status.cipher_reason = "as configured";
  status.public_key = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=";
  status.addresses = {"10.0.0.2/24", "fd00::2/64"};
  status.mtu = 1380;
  status.listen_port = 51820;
  status.firewall_mark = 0xca6c;
  status.started_s = 1'700'000'000;
  status.workers = {{1, 12, 3}, {0, 0, 0}};
  status.speed_test = control::SpeedTestStatus{"send", true, 3, {{"dsl", 48'000'000}, {"lte", {}}}};
  status.bonds = {bond};
  return status;
}

}  // namespace wirebraid::testing
