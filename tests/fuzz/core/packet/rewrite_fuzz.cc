// Any bytes that read_ip() takes for a packet, through everything that the core reads from packets
// of exits or changes in them: never outside of the packet, and unharmed unless done.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "core/packet/icmp_echo.h"
#include "core/packet/rewrite.h"
#include "core/packet/tcp_segment.h"
#include "wirebraid/packet_info.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace wirebraid;
  const auto info = read_ip({data, size});
  if (!info) return 0;
  const bool v4 = info->version == 4;
  static const IpAddress kTo[] = {*IpAddress::parse("10.64.0.2"), *IpAddress::parse("fd64::2")};
  const IpAddress& to = kTo[v4 ? 0 : 1];
  for (const auto place : {AddressPlace::source, AddressPlace::destination}) {
    std::vector<uint8_t> packet(data, data + size);
    const auto result = rewrite_address(packet, place, to);
    const auto after = read_ip(packet);
    if (!after || after->length != info->length || result == RewriteResult::wrong_family) abort();
    if (result == RewriteResult::done) {
      const uint8_t* at = place == AddressPlace::source ? after->source : after->destination;
      if (!std::equal(to.bytes().begin(), to.bytes().end(), at)) abort();
    } else if (!std::equal(packet.begin(), packet.end(), data)) {
      abort();
    }
  }
  (void)read_tcp({data, size});
  (void)read_echo_reply({data, size}, EchoSession{to, 0, 0}, kTo);
  return 0;
}
