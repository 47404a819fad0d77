#include "web/connection.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>

namespace wirebraid::web {

bool Connection::read(size_t most) {
  std::array<char, 16384> piece;
  while (input.size() < most) {
    const size_t room = std::min(piece.size(), most - input.size());
    const Moved moved = transport->read({piece.data(), room});
    if (moved.outcome == Moved::Outcome::again) return true;
    if (moved.outcome == Moved::Outcome::ended) return false;
    input.append(piece.data(), moved.bytes);
  }
  return true;
}

void Connection::send(std::string_view bytes, Time now) {
  if (!has_output()) {
    output_.clear();
    written_ = 0;
    last_write = now;
  }
  output_ += bytes;
}

bool Connection::write(Time now) {
  while (has_output()) {
    const Moved moved = transport->write({output_.data() + written_, output_bytes()});
    if (moved.outcome == Moved::Outcome::again) return true;
    if (moved.outcome == Moved::Outcome::ended) return false;
    written_ += moved.bytes;
    last_write = now;
  }
  output_.clear();
  output_.shrink_to_fit();
  written_ = 0;
  return true;
}

uint32_t Connection::events() const {
  // The kernel tells of errors all the same.
  if (state == State::working) return 0;
  uint32_t wanted = transport->needed_events();
  if (has_output()) wanted |= EPOLLOUT;
  // While a request is worked on or answered, the next one waits in the kernel.
  if (state == State::reading || state == State::live || state == State::lingering) {
    wanted |= EPOLLIN;
  }
  return wanted;
}

}  // namespace wirebraid::web
