// Host names to addresses, off the worker's thread: getaddrinfo() may take many seconds.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "control/config.h"
#include "io/engine.h"
#include "wirebraid/address.h"

namespace wirebraid::control {

/// The endpoint at once if `host` is an address, else nullopt.
std::optional<Endpoint> numeric_endpoint(const HostPort& host);

/// Asks the system's resolver in one thread of its own and answers in turns of the engine. A failed
/// look-up is tried again, after 1 s and then ever less often, up to 60 s apart.
class Resolver {
 public:
  using Done = std::function<void(const Endpoint&)>;

  explicit Resolver(io::Engine& engine);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// `done` is called once, when the name is resolved, unless forget() comes before. A new request
  /// under the same key replaces the old one.
  void resolve(const std::string& key, const HostPort& host, Done done);
  void forget(const std::string& key);
  /// The network has changed: waiting names are tried at once.
  void retry();
  /// True while `key` waits for an answer.
  bool pending(const std::string& key) const { return waiting_.contains(key); }

 private:
  struct Job {
    uint64_t id = 0;
    HostPort host;
    int failures = 0;
    std::chrono::steady_clock::time_point not_before{};
  };
  struct Answer {
    uint64_t id = 0;
    Endpoint endpoint;
  };
  struct Waiting {
    uint64_t id = 0;
    Done done;
  };

  /// Shared with the thread, which may outlive the Resolver: a look-up under way cannot be
  /// interrupted, and nobody shall wait for it at the end.
  struct Shared {
    Shared();
    ~Shared();
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;

    const int event_fd;
    std::mutex mutex;  // guards what follows
    std::condition_variable wake;
    std::deque<Job> jobs;
    std::deque<Answer> answers;
    std::optional<uint64_t> looking_up;  ///< the job that is in none of the queues
    bool stop = false;
  };

  static void run(Shared& shared);
  void start_thread();
  void on_answers();

  io::Engine& engine_;
  uint64_t next_id_ = 1;
  std::map<std::string, Waiting> waiting_;
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  bool thread_started_ = false;
};

}  // namespace wirebraid::control
