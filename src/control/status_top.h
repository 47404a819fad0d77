// A status as one screen that is drawn again and again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "control/status.h"

namespace wirebraid::control {

struct ScreenOptions {
  size_t columns = 80;
  size_t rows = 24;
  bool color = false;
  uint64_t now_s = 0;  ///< Unix time
};

/// Lines for the terminal, each at most as wide and in all as many as it has. What does not fit
/// below is counted in the last line. `events`: the newest last, shown where there is room.
std::vector<std::string> render_screen(const InterfaceStatus& status,
                                       const std::vector<std::string>& events,
                                       const ScreenOptions& options);

}  // namespace wirebraid::control
