#include "twin/fabric/tap.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace wirebraid::fabric {

Tap::Tap(const std::string& name) {
  fd_ = ::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "/dev/net/tun");
  ifreq request{};
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  if (::ioctl(fd_, TUNSETIFF, &request) < 0) {
    const int error = errno;
    ::close(fd_);
    throw std::system_error(error, std::generic_category(), "TAP device " + name);
  }
}

Tap::Tap(Tap&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Tap& Tap::operator=(Tap&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Tap::~Tap() {
  if (fd_ >= 0) ::close(fd_);
}

void Tap::set_carrier(bool on) const {
  int carrier = on ? 1 : 0;
  ::ioctl(fd_, TUNSETCARRIER, &carrier);
}

}  // namespace wirebraid::fabric
