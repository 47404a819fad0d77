// Which class a packet belongs to.
#pragma once

#include <vector>

#include "wirebraid/bond.h"
#include "wirebraid/packet_info.h"

namespace wirebraid {

class Classifier {
 public:
  /// Rules beyond kMaxClasses - 1 are ignored.
  void set_classes(const std::vector<ClassOptions>& classes);
  /// The first class whose rule holds; 0: none.
  ClassIndex classify(const IpInfo& packet) const;

 private:
  std::vector<ClassRule> rules_;
};

/// Whether all that `rule` gives holds for `packet`.
bool matches(const ClassRule& rule, const IpInfo& packet);

}  // namespace wirebraid
