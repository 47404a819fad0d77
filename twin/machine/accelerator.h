// Whether this host can run machines on its processor itself.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "twin/machine/machine.h"

namespace wirebraid::machine {

struct AcceleratorChoice {
  Accelerator accelerator = Accelerator::tcg;
  std::string reason;  ///< a clause for the user, e.g. "there is no /dev/kvm"
};

/// KVM where a machine runs with it: /dev/kvm may be there and hang, as where the host is a virtual
/// machine itself. Tries it by a program of some bytes, for at most `limit`; a kernel may still not
/// run (boots()). Throws std::system_error if QEMU cannot be started.
AcceleratorChoice find_accelerator(std::chrono::milliseconds limit = std::chrono::seconds(5));

/// Whether `kernel` with `initrd` comes to its end, which it must when nothing else is there
/// (panic=-1), within `limit`.
bool boots(Accelerator accelerator, const std::filesystem::path& kernel,
           const std::filesystem::path& initrd,
           std::chrono::milliseconds limit = std::chrono::seconds(15));

/// The try of find_accelerator() on any of the two; false if the program has not run after `limit`.
bool runs(Accelerator accelerator, std::chrono::milliseconds limit);

}  // namespace wirebraid::machine
