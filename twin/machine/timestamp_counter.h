// The processor's time-stamp counter. A machine of QEMU's TCG reads the host's, and microvm has no
// other clock that a kernel could measure it against.
#pragma once

namespace wirebraid::machine {

/// kHz, measured once; 0 where the processor has none.
unsigned timestamp_counter_khz();

}  // namespace wirebraid::machine
