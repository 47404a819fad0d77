#include "io/engine.h"

#include "io/epoll_engine.h"
#ifdef WIREBRAID_HAVE_URING
#include "io/uring_engine.h"
#endif

namespace wirebraid::io {

namespace {

EngineChoice make_io_uring(Handler& handler, BufferPool& pool) {
#ifdef WIREBRAID_HAVE_URING
  return make_uring_engine(handler, pool);
#else
  (void)handler, (void)pool;
  return {nullptr, "built without io_uring"};
#endif
}

}  // namespace

EngineChoice make_engine(EngineKind kind, Handler& handler, BufferPool& pool) {
  if (kind == EngineKind::epoll) {
    return {std::make_unique<EpollEngine>(handler, pool), "epoll: as configured"};
  }
  EngineChoice choice = make_io_uring(handler, pool);
  if (choice.engine) {
    choice.reason = "io_uring: " + choice.reason;
  } else if (kind == EngineKind::io_uring) {
    choice.reason = "io_uring does not work here: " + choice.reason;
  } else {
    choice = {std::make_unique<EpollEngine>(handler, pool), "epoll: " + choice.reason};
  }
  return choice;
}

}  // namespace wirebraid::io
