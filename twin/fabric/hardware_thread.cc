#include "twin/fabric/hardware_thread.h"

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

namespace wirebraid::fabric {

void become_hardware() {
  ::prctl(PR_SET_TIMERSLACK, 1);
  const sched_param priority{.sched_priority = 1};
  ::pthread_setschedparam(::pthread_self(), SCHED_RR, &priority);
}

}  // namespace wirebraid::fabric
