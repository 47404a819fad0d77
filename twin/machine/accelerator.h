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

/// KVM where a machine really runs with it: /dev/kvm may be there and hang, as where the host is a
/// virtual machine itself, and what a few instructions do a kernel may not. So this tries a program
/// of some bytes, and then `kernel` with `initrd`, which must end by themselves when nothing else
/// is there (panic=-1); each for at most `limit`. Without a kernel the program alone decides.
/// Throws std::system_error if QEMU cannot be started.
AcceleratorChoice find_accelerator(const std::filesystem::path& kernel = {},
                                   const std::filesystem::path& initrd = {},
                                   std::chrono::milliseconds limit = std::chrono::seconds(15));

/// The first of these tries on any of the two; false if the program has not run after `limit`.
bool runs(Accelerator accelerator, std::chrono::milliseconds limit);

}  // namespace wirebraid::machine
