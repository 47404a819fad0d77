// Network namespaces for tests, the demo and scenario benches: named, so that `ip netns exec` and
// `ip -n` work on them, and gone when their owner is.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace wirebraid::lab {

/// A network namespace in /run/netns with lo up. The destructor removes the name; devices go with
/// it once no process lives in it. Needs root.
class Namespace {
 public:
  /// Named wb<pid>-ROLE, so that parallel runs do not meet. Throws std::system_error or
  /// CommandFailed.
  explicit Namespace(std::string_view role);
  ~Namespace();
  Namespace(const Namespace&) = delete;
  Namespace& operator=(const Namespace&) = delete;

  const std::string& name() const { return name_; }
  /// Descriptor of the namespace, for setns(2).
  int fd() const { return fd_; }

  /// Runs `job` in a thread inside the namespace and waits for it; what it throws comes out here.
  /// A socket or TAP that the job opens belongs to the namespace and may be used anywhere.
  void run(const std::function<void()>& job) const;
  /// As run(), with a result.
  template <typename Result>
  Result make(const std::function<Result()>& job) const;

  /// `ip -n NAME ARGUMENTS`, split at spaces. Throws CommandFailed.
  void ip(const std::string& arguments) const;
  /// Writes `value` to /proc/sys/net/KEY of this namespace, KEY spelt with slashes.
  void sysctl(const std::string& key, std::string_view value) const;

 private:
  std::string name_;
  int fd_ = -1;
};

/// Joins two namespaces by a veth pair, both ends up.
void join_by_veth(const Namespace& a, const std::string& device_a, const Namespace& b,
                  const std::string& device_b);

/// Removes namespaces of ours whose owner was killed before it could; returns how many.
int remove_leftovers();

template <typename Result>
Result Namespace::make(const std::function<Result()>& job) const {
  std::optional<Result> result;
  run([&] { result.emplace(job()); });
  return std::move(*result);
}

}  // namespace wirebraid::lab
