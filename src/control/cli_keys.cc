// genkey, genpsk and pubkey, as wg(8) has them.
#include <sys/stat.h>
#include <unistd.h>

#include <iostream>

#include "control/cli.h"
#include "control/config_keys.h"
#include "io/system_platform.h"
#include "wirebraid/keys.h"

namespace wirebraid::control {
namespace {

void warn_if_others_may_read() {
  struct stat status {};
  if (::fstat(STDOUT_FILENO, &status) == 0 && S_ISREG(status.st_mode) &&
      (status.st_mode & S_IRWXO) != 0) {
    std::cerr << "Warning: writing to world accessible file.\n"
                 "Consider setting the umask to 077 and trying again.\n";
  }
}

}  // namespace

int cli_genkey(const Words&, const CliOptions&) {
  warn_if_others_may_read();
  io::SystemPlatform platform;
  std::cout << generate_private_key(platform).to_base64() << "\n";
  return kExitDone;
}

int cli_genpsk(const Words&, const CliOptions&) {
  warn_if_others_may_read();
  io::SystemPlatform platform;
  std::cout << generate_preshared_key(platform).to_base64() << "\n";
  return kExitDone;
}

int cli_pubkey(const Words&, const CliOptions&) {
  constexpr std::streamsize kMost = 256;  // a key and blanks
  std::string text(kMost, '\0');
  std::cin.read(text.data(), kMost);
  text.resize(static_cast<size_t>(std::cin.gcount()));
  const auto key = PrivateKey::from_base64(trim(text));
  if (!key) {
    std::cerr << "wirebraid: standard input holds no key: 44 characters of base64 expected\n";
    return kExitFailed;
  }
  std::cout << public_key_of(*key).to_base64() << "\n";
  return kExitDone;
}

}  // namespace wirebraid::control
