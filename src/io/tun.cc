#include "io/tun.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "io/virtio_header.h"

namespace wirebraid::io {

namespace {

constexpr const char* kTunPath = "/dev/net/tun";

// Kernel headers before 6.2 lack TUN_F_USO4 and TUN_F_USO6. The kernel takes both or none.
constexpr unsigned kUso = 0x20 | 0x40;

std::string open_advice(int error) {
  std::string what = std::string("open ") + kTunPath;
  switch (error) {
    case ENOENT:
      return what +
             ": no such device node; load the driver (modprobe tun), or pass the device into this "
             "container";
    case ENODEV:
    case ENXIO:
      return what + ": this kernel has no TUN driver (CONFIG_TUN)";
    case EPERM:
    case EACCES:
      return what + ": needs root, or the device allowed for this user or container";
    default:
      return what;
  }
}

std::string attach_advice(int error, const std::string& name, TunDevice::Queues queues) {
  std::string what = "create interface " + name;
  switch (error) {
    case EPERM:
      return what + ": needs root or CAP_NET_ADMIN";
    case EBUSY:
      return what + ": another process already uses it";
    case EINVAL:
      return what + ": an interface of this name exists and is of another kind" +
             (queues == TunDevice::Queues::several ? ", or has a single queue" : "");
    default:
      return what;
  }
}

std::string interface_name(const ifreq& request) {
  return {request.ifr_name, strnlen(request.ifr_name, sizeof request.ifr_name)};
}

// For a device that has IFF_VNET_HDR.
TunOffloads enable_offloads(int fd) {
  constexpr unsigned kTso = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
  int header = kVirtioHeader;
  ioctl(fd, TUNSETVNETHDRSZ, &header);  // whoever made the device may have wanted another one
  if (ioctl(fd, TUNSETOFFLOAD, kTso | kUso) == 0) return {.tcp = true, .udp = true};
  ioctl(fd, TUNSETOFFLOAD, kTso);
  return {.tcp = true};
}

}  // namespace

bool is_tun_gone(int error) {
  return error == EBADFD || error == EBADF || error == ENODEV || error == ENXIO;
}

bool is_interface_name(std::string_view name) {
  if (name.empty() || name.size() >= IFNAMSIZ || name == "." || name == "..") return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    // '%' would be taken as a pattern by the TUN driver ("tun%d").
    return byte > ' ' && byte != 0x7f && c != '/' && c != ':' && c != '%';
  });
}

std::unique_ptr<TunDevice> TunDevice::open(const std::string& name, std::error_code& error,
                                           std::string& what, Queues queues) {
  if (!is_interface_name(name)) {
    error = {EINVAL, std::generic_category()};
    what = "interface name \"" + name + "\": must be 1 to 15 characters without '/', ':', '%' or " +
           "white space";
    return nullptr;
  }
  Descriptor fd(::open(kTunPath, O_RDWR | O_CLOEXEC));
  if (!fd) {
    error = last_error();
    what = open_advice(error.value());
    return nullptr;
  }
  ifreq request{};
  std::memcpy(request.ifr_name, name.data(), name.size());
  request.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR;
  if (queues == Queues::several) request.ifr_flags |= IFF_MULTI_QUEUE;
  if (ioctl(fd.get(), TUNSETIFF, &request) != 0) {
    error = last_error();
    what = attach_advice(error.value(), name, queues);
    return nullptr;
  }
  error = {};
  const TunOffloads offloads = enable_offloads(fd.get());
  return std::unique_ptr<TunDevice>(
      new TunDevice(std::move(fd), interface_name(request), offloads));
}

std::unique_ptr<TunDevice> TunDevice::open_queue(std::error_code& error, std::string& what) {
  return open(name(), error, what, Queues::several);
}

std::unique_ptr<TunDevice> TunDevice::adopt(int fd, std::error_code& error, std::string& what) {
  Descriptor owned(fd);
  ifreq request{};
  if (ioctl(owned.get(), TUNGETIFF, &request) != 0) {
    error = last_error();
    what = "descriptor " + std::to_string(fd) + " is not an attached TUN device";
    return nullptr;
  }
  const auto flags = static_cast<unsigned>(request.ifr_flags) & 0xffffu;
  if ((flags & IFF_TUN) == 0) {
    error = {EINVAL, std::generic_category()};
    what = "descriptor " + std::to_string(fd) + ": must be a TUN, not a TAP device";
    return nullptr;
  }
  const TunOffloads offloads =
      (flags & IFF_VNET_HDR) != 0 ? enable_offloads(owned.get()) : TunOffloads{};
  fcntl(owned.get(), F_SETFD, FD_CLOEXEC);
  error = {};
  return std::unique_ptr<TunDevice>(
      new TunDevice(std::move(owned), interface_name(request), offloads));
}

const std::string& TunDevice::name() {
  ifreq request{};
  if (ioctl(fd_.get(), TUNGETIFF, &request) == 0) name_ = interface_name(request);
  return name_;
}

std::error_code TunDevice::set_blocking(bool blocking) {
  const int flags = fcntl(fd_.get(), F_GETFL);
  if (flags < 0) return last_error();
  const int wanted = blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
  return fcntl(fd_.get(), F_SETFL, wanted) == 0 ? std::error_code{} : last_error();
}

}  // namespace wirebraid::io
