// Memory back to where it came from.
#pragma once

#include <vector>

namespace wirebraid {

/// Empties it, its capacity too.
template <class T>
void give_back(std::vector<T>& vector) {
  std::vector<T>().swap(vector);
}

}  // namespace wirebraid
