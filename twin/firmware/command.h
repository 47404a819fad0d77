// `wirebraid-twin firmware`: makes firmware images and looks at them.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace wirebraid::firmware {

inline constexpr const char* kCommandForm = "build|check|extract [OPTIONS]";
inline constexpr const char* kCommandSummary = "make a firmware for nodes, or look at one";

/// Given what comes after "firmware". `out` is for what was asked for, `err` for remarks and
/// mistakes. Returns the exit code: 0 done, 1 a file cannot be used or made, 2 wrong usage.
int run_firmware(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err);

}  // namespace wirebraid::firmware
