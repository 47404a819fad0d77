// One TAP device: the end of an emulated link that a network namespace sees.
#pragma once

#include <string>

namespace wirebraid::fabric {

/// Owns the descriptor; the device vanishes with it. Movable.
class Tap {
 public:
  /// Creates TAP device `name` in the calling thread's network namespace; later it may be used
  /// from any other. No packet information header, no offloads: one read is one Ethernet frame
  /// without FCS. Throws std::system_error.
  explicit Tap(const std::string& name);
  Tap(Tap&& other) noexcept;
  Tap& operator=(Tap&& other) noexcept;
  ~Tap();

  /// Non-blocking.
  int fd() const { return fd_; }
  /// What the device's owner sees as a plugged or pulled cable. Kernels before 5.0 cannot, and the
  /// carrier stays on.
  void set_carrier(bool on) const;

 private:
  int fd_ = -1;
};

}  // namespace wirebraid::fabric
