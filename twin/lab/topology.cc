#include "twin/lab/topology.h"

#include <functional>

#include "twin/fabric/tap.h"

namespace wirebraid::lab {
namespace {

void add_address(const Namespace& inside, const std::string& device, const std::string& v4,
                 const std::string& v6) {
  inside.ip("addr add " + v4 + " dev " + device);
  inside.ip("addr add " + v6 + " dev " + device);
}

void add_default_route(const Namespace& inside, const std::string& device, const std::string& v4,
                       const std::string& v6, int metric) {
  const std::string rest = " dev " + device + " metric " + std::to_string(metric);
  inside.ip("route add default via " + v4 + rest);
  inside.ip("-6 route add default via " + v6 + rest);
}

fabric::Tap make_tap(const Namespace& inside, const std::string& device) {
  auto tap = inside.make<fabric::Tap>([&] { return fabric::Tap(device); });
  inside.ip("link set " + device + " up");
  return tap;
}

}  // namespace

fabric::WireOptions symmetric(uint64_t rate, Duration round_trip, Duration queue) {
  const fabric::LinkOptions each{.rate = rate, .delay = round_trip / 2, .queue = queue};
  return {each, each};
}

Uplink::Uplink(const UplinkOptions& options, int number, const Namespace& gateway,
               const Namespace& inet)
    : name_(options.name),
      number_(number),
      wire_(make_tap(gateway, device()), make_tap(inet, device()), options.wire,
            static_cast<uint64_t>(number)) {
  const std::string v4 = "100.64." + std::to_string(number_) + ".";
  const std::string v6 = "2001:db8:64:" + std::to_string(number_) + "::";
  add_address(gateway, device(), v4 + "2/24", v6 + "2/64");
  add_address(inet, device(), v4 + "1/24", v6 + "1/64");
  add_default_route(gateway, device(), v4 + "1", v6 + "1", 100 + number_);
}

Topology::Topology(const std::vector<UplinkOptions>& uplinks) {
  prepare_kernel();
  join_namespaces();
  address_namespaces();
  int number = 0;
  for (const UplinkOptions& each : uplinks) uplinks_.emplace_back(each, ++number, gateway_, inet_);
}

void Topology::prepare_kernel() const {
  for (const Namespace* each : {&lan_, &gateway_, &inet_, &server_, &target_}) {
    each->sysctl("ipv4/conf/all/rp_filter", "0");
    each->sysctl("ipv4/conf/default/rp_filter", "0");
    // Addresses are usable at once: nobody else is there to have the same one.
    each->sysctl("ipv6/conf/all/accept_dad", "0");
    each->sysctl("ipv6/conf/default/accept_dad", "0");
    // One measurement must not start with what TCP learned in the one before.
    each->sysctl("ipv4/tcp_no_metrics_save", "1");
  }
  for (const Namespace* router : {&gateway_, &inet_, &server_}) {
    router->sysctl("ipv4/ip_forward", "1");
    router->sysctl("ipv6/conf/all/forwarding", "1");
  }
}

void Topology::join_namespaces() const {
  join_by_veth(lan_, "eth0", gateway_, "lan0");
  join_by_veth(server_, "eth0", inet_, "server0");
  join_by_veth(target_, "eth0", server_, "target0");
}

void Topology::address_namespaces() const {
  add_address(lan_, "eth0", "192.168.77.2/24", "fd77:77::2/64");
  add_address(gateway_, "lan0", "192.168.77.1/24", "fd77:77::1/64");
  add_default_route(lan_, "eth0", "192.168.77.1", "fd77:77::1", 100);

  add_address(server_, "eth0", "198.51.100.1/24", "2001:db8:51::1/64");
  add_address(inet_, "server0", "198.51.100.254/24", "2001:db8:51::fe/64");
  add_default_route(server_, "eth0", "198.51.100.254", "2001:db8:51::fe", 100);

  add_address(server_, "target0", "203.0.113.1/24", "2001:db8:113::1/64");
  add_address(target_, "eth0", "203.0.113.2/24", "2001:db8:113::2/64");
  add_default_route(target_, "eth0", "203.0.113.1", "2001:db8:113::1", 100);
}

}  // namespace wirebraid::lab
