#include "tests/e2e/programs.h"

#include <unistd.h>

#include <cstdlib>

#include "io/system_platform.h"
#include "tests/support/netns.h"
#ifdef WIREBRAID_HAVE_URING
#include "io/uring_probe.h"
#endif

namespace wirebraid::e2e {

const char* reason_to_skip() {
  if (!testing::NetNamespace::supported()) return testing::NetNamespace::kSkipReason;
  if (::access("/dev/net/tun", R_OK | W_OK) != 0) return "needs /dev/net/tun";
  return nullptr;
}

lab::Programs programs() {
  return lab::find_programs(std::string(WIREBRAID_BINARY_DIR) + "/src/app");
}

std::string fast_rekey_daemon() {
  return std::string(WIREBRAID_BINARY_DIR) + "/tests/wirebraidd_fast_rekey";
}

std::string wireguard_go() {
  for (const char* path : {"/usr/bin/wireguard-go", "/usr/local/bin/wireguard-go"}) {
    if (::access(path, X_OK) == 0) return path;
  }
  return "";
}

std::string backported_wireguard_go() {
  const char* path = std::getenv("WIREBRAID_BACKPORTED_WIREGUARD_GO");
  return path != nullptr && ::access(path, X_OK) == 0 ? path : "";
}

std::vector<std::string> engines() {
  std::vector<std::string> result{"epoll"};
#ifdef WIREBRAID_HAVE_URING
  if (io::probe_uring().usable) result.emplace_back("io_uring");
#endif
  return result;
}

KeyPair make_keys() {
  io::SystemPlatform platform;
  const PrivateKey secret = generate_private_key(platform);
  return {secret, public_key_of(secret)};
}

PresharedKey make_preshared_key() {
  io::SystemPlatform platform;
  return generate_preshared_key(platform);
}

std::string uapi_socket(const std::string& interface) {
  return "/var/run/wireguard/" + interface + ".sock";
}

Outcome run_to_end(const std::vector<std::string>& command, const lab::ProcessOptions& options,
                   lab::milliseconds limit) {
  lab::Process process(command, options);
  const auto status = process.wait(limit);
  return {status.value_or(-1), process.output(), process.errors()};
}

}  // namespace wirebraid::e2e
