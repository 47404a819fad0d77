// A few threads for what may take a while: passwords, and asking the daemons. Requests wait for
// them in a queue with a bound.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "web/http_parser.h"

namespace wirebraid::web {

class Workers {
 public:
  using Task = std::function<void(HttpParser& parser)>;

  Workers(size_t threads, size_t most_waiting, const Handler& handler);
  /// Ends after the tasks that are being done; those that wait are dropped.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// False: too many wait already.
  bool add(Task task);

 private:
  void work(HttpParser& parser);

  const size_t most_waiting_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> waiting_;  // guarded by mutex_, as the next
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace wirebraid::web
