// Where a request ends, and whether it may be read at all: decided on the bytes as they arrive,
// before anything else looks at them.
//
// Only what the page and its API need is let through: GET and POST of HTTP/1.1 or 1.0, a body with
// a Content-Length. Chunked bodies, ranges, encodings and everything ambiguous are refused (RFC
// 9112, sections 2.2, 5.1, 6.3 and 11.2), so that two readers of the same bytes cannot differ about
// them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace wirebraid::web {

struct HeadLimits {
  size_t head_bytes = 8192;
  size_t fields = 64;
  size_t body_bytes = size_t{64} << 10;
};

struct HeadCheck {
  enum class Verdict : uint8_t {
    incomplete,  ///< more bytes are needed
    complete,    ///< head_bytes and body_bytes are known; the body may still be under way
    refused,     ///< status and reason say why
  };
  Verdict verdict = Verdict::incomplete;
  size_t head_bytes = 0;  ///< with the empty line
  size_t body_bytes = 0;
  bool keep_alive = false;
  int status = 0;
  std::string reason;
};

/// `received`: all bytes since the end of the last request.
HeadCheck check_head(std::string_view received, const HeadLimits& limits = {});

}  // namespace wirebraid::web
