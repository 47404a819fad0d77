// The TUN device of the interface: one IP packet per read and write, or, where the kernel can, one
// super-packet with a virtio header in front.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include "io/descriptor.h"

namespace wirebraid::io {

/// True if `error`, from a read, says that the interface was deleted.
bool is_tun_gone(int error);

/// What the kernel accepts as a name: 1 to 15 bytes (IFNAMSIZ - 1), no '/', ':', '%' or white
/// space, not "." or "..".
bool is_interface_name(std::string_view name);

/// What goes over a TUN device.
struct TunOffloads {
  /// A virtio header (io/virtio_header.h) is in front of each packet, checksums are left to us, and
  /// TCP comes as super-packets.
  bool tcp = false;
  bool udp = false;  ///< so does UDP (Linux 6.2)
};

class TunDevice {
 public:
  /// Creates (or attaches to a persistent) TUN device `name`, with the offloads that the kernel
  /// has; `queues`: several, so that open_queue() is possible. nullptr on error, and `what` names
  /// the step and says what would help. Errors: EINVAL bad name, or that of an interface of
  /// another kind; ENOENT no /dev/net/tun; ENODEV or ENXIO the kernel has no TUN driver; EPERM or
  /// EACCES no right; EBUSY another process has it.
  enum class Queues : uint8_t { one, several };
  static std::unique_ptr<TunDevice> open(const std::string& name, std::error_code& error,
                                         std::string& what, Queues queues = Queues::one);
  /// One more queue of the same interface, for another thread. The kernel reads a flow from the
  /// queue on which it was last written to; a new one from any. Errors as of open().
  std::unique_ptr<TunDevice> open_queue(std::error_code& error, std::string& what);
  /// Takes over an open descriptor (WG_TUN_FD), also if it fails. Errors as ioctl TUNGETIFF gives
  /// them (EBADF, ENOTTY: no TUN descriptor; EBADFD: not attached to an interface); EINVAL if it is
  /// a TAP device. It has offloads if it was made with IFF_VNET_HDR. That IFF_NO_PI was asked for
  /// cannot be checked: the kernel says so in any case.
  static std::unique_ptr<TunDevice> adopt(int fd, std::error_code& error, std::string& what);
  TunDevice(const TunDevice&) = delete;
  TunDevice& operator=(const TunDevice&) = delete;

  int fd() const { return fd_.get(); }
  TunOffloads offloads() const { return offloads_; }
  /// As the kernel names it now (TUNGETIFF), so also after it was renamed; the last known name once
  /// it was deleted.
  const std::string& name();

  /// Whether reads wait: io_uring wants a blocking descriptor, epoll does not. Called by
  /// Engine::set_tun().
  std::error_code set_blocking(bool blocking);

 private:
  TunDevice(Descriptor fd, std::string name, TunOffloads offloads)
      : fd_(std::move(fd)), name_(std::move(name)), offloads_(offloads) {}
  Descriptor fd_;
  std::string name_;
  TunOffloads offloads_;
};

}  // namespace wirebraid::io
