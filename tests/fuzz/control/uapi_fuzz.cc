// The same bytes give the same requests, whole or one by one.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "control/uapi.h"

namespace {

std::string summary(const wirebraid::control::UapiRequest& request) {
  std::string text = std::to_string(static_cast<int>(request.kind)) + " " +
                     std::to_string(request.error) + " " +
                     std::to_string(request.set.listen_port.value_or(0));
  for (const auto& peer : request.set.peers) {
    text += " " + peer.public_key.to_hex() + (peer.remove ? "-" : "+");
    for (const auto& change : peer.allowed_ips) text += change.prefix.to_string();
  }
  return text + "\n";
}

std::string parse(std::string_view bytes, size_t chunk) {
  wirebraid::control::UapiParser parser;
  std::string text;
  while (!bytes.empty()) {
    parser.feed(bytes.substr(0, chunk));
    while (const auto request = parser.next()) text += summary(*request);
    bytes.remove_prefix(std::min(chunk, bytes.size()));
  }
  return text + (parser.broken() ? "broken" : "");
}

}  // namespace

// The name is libFuzzer's. NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string whole = parse(bytes, SIZE_MAX);
  if (parse(bytes, 1) != whole || parse(bytes, 7) != whole) std::abort();
  return 0;
}
