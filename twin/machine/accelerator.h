// Whether this host can run machines on its processor itself.
#pragma once

#include <chrono>
#include <string>

#include "twin/machine/machine.h"

namespace wirebraid::machine {

struct AcceleratorChoice {
  Accelerator accelerator = Accelerator::tcg;
  std::string reason;  ///< a clause for the user, e.g. "there is no /dev/kvm"
};

/// KVM where a machine really runs with it: /dev/kvm may be there and hang, as where the host is a
/// virtual machine itself. Tries it by a program of some bytes, for at most `limit`. Throws
/// std::system_error if QEMU cannot be started.
AcceleratorChoice find_accelerator(std::chrono::milliseconds limit = std::chrono::seconds(5));

/// The same try on any of the two; false if the program has not run after `limit`.
bool runs(Accelerator accelerator, std::chrono::milliseconds limit);

}  // namespace wirebraid::machine
