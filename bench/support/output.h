// Where the measuring programs write: progress on a terminal, files.
#pragma once

#include <string>

namespace wirebraid::bench {

/// Replaces the line that says what is being done, if standard error is a terminal; "" removes it.
void tell(const std::string& what);

/// Throws std::runtime_error.
void write_file(const std::string& path, const std::string& text);

}  // namespace wirebraid::bench
