#include "bench/throughput/wires.h"

namespace wirebraid::throughput {

Wires::Wires(const std::string& role, int count)
    : gateway_(role + "-gateway"), server_(role + "-server"), count_(count) {
  for (const lab::Namespace* each : {&gateway_, &server_}) {
    // One measurement must not start with what TCP learned in the one before.
    each->sysctl("ipv4/tcp_no_metrics_save", "1");
  }
  for (int number = 1; number <= count; ++number) {
    lab::join_by_veth(gateway_, device(number), server_, device(number));
    gateway_.ip("addr add " + gateway_address(number) + "/24 dev " + device(number));
    server_.ip("addr add " + server_address(number) + "/24 dev " + device(number));
  }
}

}  // namespace wirebraid::throughput
