#include "tests/e2e/tunnel.h"

#include "twin/lab/tcp_flow.h"

namespace wirebraid::e2e {

namespace {

std::string with(const char* front, int host) { return front + std::to_string(host); }

}  // namespace

std::string engine_name(const ::testing::TestParamInfo<const char*>& info) { return info.param; }

std::string outer4(int host) { return with("192.0.2.", host); }
std::string outer6(int host) { return with("2001:db8::", host); }
std::string inner4(int host) { return with("10.9.0.", host); }
std::string inner6(int host) { return with("fd09::", host); }

Wire::Wire() {
  lab::join_by_veth(first_, "eth0", second_, "eth0");
  for (const int number : {1, 2}) {
    host(number).ip("addr add " + outer4(number) + "/24 dev eth0");
    host(number).ip("addr add " + outer6(number) + "/64 dev eth0 nodad");
  }
}

Tunnel::Tunnel(const Wire& wire, const TunnelOptions& options) : wire_(wire), options_(options) {
  if (options.preshared_key) preshared_key_ = make_preshared_key();
  first_.emplace(options.program1, wire.host(1), "a", options.arguments1);
  second_.emplace(options.program2, wire.host(2), "b");
  for (const int host : {1, 2}) {
    WgInterface& here = end(host);
    here.wg("setconf", "/dev/stdin",
            "[Interface]\nPrivateKey = " + keys(host).secret.to_base64() +
                "\nListenPort = " + std::to_string(kPort) + "\n" + peer_section(host));
    wire.host(host).ip("addr add " + inner4(host) + "/24 dev " + here.name());
    wire.host(host).ip("addr add " + inner6(host) + "/64 dev " + here.name() + " nodad");
    wire.host(host).ip("link set mtu 1420 up dev " + here.name());
  }
}

std::string Tunnel::peer_section(int host) const {
  const int other = 3 - host;
  std::string text = "[Peer]\nPublicKey = " + keys(other).open.to_base64() +
                     "\nAllowedIPs = " + inner4(other) + "/32, " + inner6(other) + "/128\n";
  if (preshared_key_) text += "PresharedKey = " + preshared_key_->to_base64() + "\n";
  if (host == 1 ? options_.knows1 : options_.knows2) {
    const std::string address = options_.outer6 ? "[" + outer6(other) + "]" : outer4(other);
    text += "Endpoint = " + address + ":" + std::to_string(kPort) + "\n";
  }
  return text;
}

bool Tunnel::pings(int from, bool v6) const {
  const std::string to = v6 ? inner6(3 - from) : inner4(3 - from);
  return lab::wait_until(
      [&] {
        return run_to_end({"ping", "-c1", "-W1", to}, {.inside = &wire_.host(from)}).status == 0;
      },
      lab::milliseconds(10'000));
}

bool transfers(const Wire& wire, int from, bool v6, uint64_t bytes) {
  const int to = 3 - from;
  lab::TcpFlow flow(wire.host(to), wire.host(from),
                    {.address = v6 ? inner6(to) : inner4(to), .download = false, .bytes = bytes});
  const lab::TcpFlowReport report = flow.finish();
  return report.intact && report.received == bytes;
}

}  // namespace wirebraid::e2e
