#include "bench/support/output.h"

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <stdexcept>

namespace wirebraid::bench {

void tell(const std::string& what) {
  if (::isatty(STDERR_FILENO) == 0) return;
  std::fprintf(stderr, "\r\033[K  %s", what.c_str());
  std::fflush(stderr);
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text << std::flush;
  if (!file) throw std::runtime_error("cannot write " + path);
}

}  // namespace wirebraid::bench
