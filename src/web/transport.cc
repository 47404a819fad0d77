#include "web/transport.h"

#include <sys/socket.h>

#include <cerrno>

namespace wirebraid::web {
namespace {

class PlainTransport : public Transport {
 public:
  using Transport::Transport;

  Moved read(std::span<char> to) override {
    return moved(::recv(fd(), to.data(), to.size(), 0), /*zero_ends=*/true);
  }
  Moved write(std::span<const char> from) override {
    return moved(::send(fd(), from.data(), from.size(), MSG_NOSIGNAL), /*zero_ends=*/false);
  }
  void finish() override { ::shutdown(fd(), SHUT_WR); }

 private:
  static Moved moved(ssize_t count, bool zero_ends) {
    if (count > 0) return {Moved::Outcome::some, static_cast<size_t>(count)};
    if (count == 0) return {zero_ends ? Moved::Outcome::ended : Moved::Outcome::again, 0};
    const bool again = errno == EAGAIN || errno == EINTR;
    return {again ? Moved::Outcome::again : Moved::Outcome::ended, 0};
  }
};

}  // namespace

std::unique_ptr<Transport> make_plain_transport(io::Descriptor socket) {
  return std::make_unique<PlainTransport>(std::move(socket));
}

}  // namespace wirebraid::web
