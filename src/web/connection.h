// One browser's connection: what has been read of it, what has to be written, and until when.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "web/http.h"
#include "web/transport.h"
#include "wirebraid/time.h"

namespace wirebraid::web {

class Connection {
 public:
  enum class State : uint8_t {
    reading,    ///< a request, or none yet
    working,    ///< a worker has the request
    writing,    ///< the answer, then the next request or the end
    live,       ///< events, for as long as it likes
    lingering,  ///< all is written; waits for the other side to end, lest it never sees the answer
  };

  Connection(uint64_t its_number, std::unique_ptr<Transport> its_transport, std::string its_peer)
      : number(its_number), transport(std::move(its_transport)), peer(std::move(its_peer)) {}

  /// Appends what has arrived to `input`, up to `most` bytes of it. False: the other side has
  /// ended.
  bool read(size_t most);
  /// Writes of `output` what goes. False: the other side has ended.
  bool write(Time now);
  bool has_output() const { return written_ < output_.size(); }
  size_t output_bytes() const { return output_.size() - written_; }
  void send(std::string_view bytes, Time now);
  /// What epoll should tell.
  uint32_t events() const;

  const uint64_t number;
  const std::unique_ptr<Transport> transport;
  const std::string peer;
  State state = State::reading;
  bool ends_after_answer = false;
  bool request_begun = false;  ///< its first byte is there
  std::string input;
  Time deadline = kNever;  ///< closed then
  Time last_write{};       ///< when output was empty, or last became shorter
  std::optional<LiveGrant> live;

 private:
  std::string output_;
  size_t written_ = 0;
};

}  // namespace wirebraid::web
