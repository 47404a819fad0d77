// A daemon's control socket, asked as any program may: one line of JSON each way.
#pragma once

#include <optional>
#include <string>

namespace wirebraid::lab {

/// The answer to {"command": COMMAND}, or nothing within two seconds. `interface` is served by a
/// daemon with the ordinary socket directory.
std::optional<std::string> ask_control(const std::string& interface, const std::string& command);

}  // namespace wirebraid::lab
