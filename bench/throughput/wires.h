// Two hosts joined by one or two veth pairs, as fast as the kernel is: nothing is emulated.
#pragma once

#include <string>

#include "twin/lab/namespace.h"

namespace wirebraid::throughput {

class Wires {
 public:
  /// `role` makes the namespaces' names unique in this program. Throws std::system_error or
  /// lab::CommandFailed.
  Wires(const std::string& role, int count);

  const lab::Namespace& gateway() const { return gateway_; }
  const lab::Namespace& server() const { return server_; }
  int count() const { return count_; }

  /// Of wire 1 or 2, the same at both ends.
  static std::string device(int number) { return "wire" + std::to_string(number); }
  static std::string gateway_address(int number) {
    return "192.0." + std::to_string(number) + ".2";
  }
  static std::string server_address(int number) { return "192.0." + std::to_string(number) + ".1"; }

 private:
  lab::Namespace gateway_;
  lab::Namespace server_;
  int count_;
};

}  // namespace wirebraid::throughput
