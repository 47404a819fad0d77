// HTTP by cpp-httplib, without its sockets and threads: a whole request goes in as bytes, the bytes
// of the answer come out. The library would give every connection a thread, for as long as a slow
// client likes, so reading, writing and waiting are Server's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "web/http.h"

namespace wirebraid::web {

struct Answer {
  std::string bytes;              ///< head and body
  std::optional<LiveGrant> live;  ///< `bytes` is the head of an answer without end
};

/// One for each thread.
class HttpParser {
 public:
  explicit HttpParser(Handler handler);
  ~HttpParser();

  struct Raw {
    std::string head;  ///< let through by check_head()
    std::string body;
    std::string peer;
    bool secure = false;
    bool keep_alive = false;
  };
  /// An exception of the handler is answered with 500.
  Answer answer(const Raw& raw);

 private:
  class Adapter;
  std::unique_ptr<Adapter> adapter_;
};

/// The bytes of an answer that needs no parser: one to a request that cannot be read. Ends the
/// connection.
std::string plain_answer(const Response& response);

}  // namespace wirebraid::web
