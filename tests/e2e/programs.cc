#include "tests/e2e/programs.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>

#include "io/system_platform.h"
#include "tests/support/netns.h"
#ifdef WIREBRAID_HAVE_URING
#include "io/uring_probe.h"
#endif

namespace wirebraid::e2e {

namespace {

std::vector<std::string> command_line(const std::string& program, const std::string& name,
                                      const std::vector<std::string>& more_arguments) {
  std::vector<std::string> command{program, "-f"};
  command.insert(command.end(), more_arguments.begin(), more_arguments.end());
  command.push_back(name);
  return command;
}

}  // namespace

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

std::string unique_name(const std::string& suffix) {
  return "wb" + std::to_string(::getpid()) + suffix;
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

std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> result;
  for (std::string word; stream >> word;) result.push_back(word);
  return result;
}

Outcome run_to_end(const std::vector<std::string>& command, const lab::ProcessOptions& options,
                   lab::milliseconds limit) {
  lab::Process process(command, options);
  const auto status = process.wait(limit);
  return {status.value_or(-1), process.output(), process.errors()};
}

WgInterface::WgInterface(const std::string& program, const lab::Namespace& inside,
                         const std::string& suffix, const std::vector<std::string>& more_arguments)
    : name_(unique_name(suffix)),
      inside_(inside),
      process_(command_line(program, name_, more_arguments),
               {.inside = &inside, .environment = {"LOG_LEVEL=verbose"}}) {
  const bool serves = lab::wait_until(
      [&] {
        return run_to_end({"wg", "show", name_}).status == 0 || !process_.running();
      },
      lab::milliseconds(10'000));
  if (!serves || !process_.running()) {
    throw lab::CommandFailed(program + " does not come up: " + process_.output() +
                             process_.errors());
  }
}

std::string WgInterface::wg(const std::string& command, const std::string& arguments,
                            const std::string& input) const {
  std::vector<std::string> line{"wg", command, name_};
  for (std::string& word : words(arguments)) line.push_back(std::move(word));
  return lab::run_command(line, {.inside = &inside_, .input = input});
}

std::string WgInterface::show(const std::string& what) const {
  const std::vector<std::string> fields = words(wg("show", what));
  return fields.empty() ? "" : fields.back();
}

long WgInterface::last_handshake() const { return std::atol(show("latest-handshakes").c_str()); }

}  // namespace wirebraid::e2e
