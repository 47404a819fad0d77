// What io_uring can do here, found out by doing it: kernels differ, and containers and sysctls
// forbid it in several ways.
#pragma once

#include <string>

namespace wirebraid::io {

struct UringFeatures {
  bool usable = false;
  bool multishot_read = false;  ///< IORING_OP_READ_MULTISHOT (kernel 6.7)
  /// Usable: which kind. Else the step that failed, e.g. "io_uring is forbidden here
  /// (io_uring_setup: Operation not permitted)".
  std::string text;
};

/// Runs every operation that the engine needs, over socket pairs. Leaves nothing behind.
UringFeatures probe_uring();

/// Newer than the liburing we build with.
inline constexpr int kReadMultishot = 49;

}  // namespace wirebraid::io
