// The TUN device of the interface.
#pragma once

#include <memory>
#include <string>
#include <system_error>

namespace wirebraid::io {

class TunDevice {
 public:
  /// Creates (or attaches to a persistent) TUN device `name` without packet information header.
  /// Errors: ENOENT no /dev/net/tun, EPERM no right, EBUSY another process has it. `what` names the
  /// step and says what would help.
  static std::unique_ptr<TunDevice> open(const std::string& name, std::error_code& error,
                                         std::string& what);
  /// Takes over an open descriptor (WG_TUN_FD).
  static std::unique_ptr<TunDevice> adopt(int fd, std::error_code& error, std::string& what);
  ~TunDevice();
  TunDevice(const TunDevice&) = delete;
  TunDevice& operator=(const TunDevice&) = delete;

  int fd() const { return fd_; }
  /// As the kernel named it (TUNGETIFF), also after it was renamed.
  const std::string& name() const { return name_; }

 private:
  TunDevice(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
  int fd_;
  std::string name_;
};

}  // namespace wirebraid::io
