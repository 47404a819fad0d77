#include "control/resolver.h"

#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

namespace wirebraid::control {

namespace {

constexpr std::chrono::seconds kLongestPause{60};

std::optional<Endpoint> look_up(const HostPort& host, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = flags;
  addrinfo* list = nullptr;
  if (getaddrinfo(host.host.c_str(), nullptr, &hints, &list) != 0) return std::nullopt;
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list, freeaddrinfo);
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    Endpoint endpoint;
    endpoint.port = host.port;
    if (entry->ai_family == AF_INET) {
      const auto* address = reinterpret_cast<const sockaddr_in*>(entry->ai_addr);
      const auto* bytes = reinterpret_cast<const uint8_t*>(&address->sin_addr);
      endpoint.address = IpAddress::v4(std::span<const uint8_t, 4>(bytes, 4));
      return endpoint;
    }
    if (entry->ai_family == AF_INET6) {
      const auto* address = reinterpret_cast<const sockaddr_in6*>(entry->ai_addr);
      endpoint.address = IpAddress::v6(std::span<const uint8_t, 16>(address->sin6_addr.s6_addr));
      endpoint.scope = address->sin6_scope_id;
      return endpoint;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Endpoint> numeric_endpoint(const HostPort& host) {
  return look_up(host, AI_NUMERICHOST);
}

Resolver::Resolver(io::Engine& engine)
    : engine_(engine), event_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  engine_.watch(event_fd_, EPOLLIN, [this](uint32_t) { on_answers(); });
}

Resolver::~Resolver() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  // A look-up under way cannot be interrupted; it ends by the resolver's own time limit.
  if (thread_.joinable()) thread_.join();
  engine_.unwatch(event_fd_);
  close(event_fd_);
}

void Resolver::start_thread() {
  if (thread_.joinable()) return;
  // Signals are the worker's.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Resolver::resolve(const std::string& key, const HostPort& host, Done done) {
  forget(key);
  Job job;
  job.id = next_id_++;
  job.host = host;
  waiting_[key] = {job.id, std::move(done)};
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  start_thread();
  wake_.notify_all();
}

void Resolver::forget(const std::string& key) {
  const auto at = waiting_.find(key);
  if (at == waiting_.end()) return;
  const std::lock_guard lock(mutex_);
  std::erase_if(jobs_, [id = at->second.id](const Job& job) { return job.id == id; });
  waiting_.erase(at);
}

void Resolver::retry() {
  {
    const std::lock_guard lock(mutex_);
    for (Job& job : jobs_) job.not_before = {};
  }
  wake_.notify_all();
}

void Resolver::run() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    const auto next = std::min_element(jobs_.begin(), jobs_.end(), [](const Job& a, const Job& b) {
      return a.not_before < b.not_before;
    });
    if (next == jobs_.end()) {
      wake_.wait(lock);
      continue;
    }
    if (next->not_before > std::chrono::steady_clock::now()) {
      wake_.wait_until(lock, next->not_before);
      continue;
    }
    Job job = std::move(*next);
    jobs_.erase(next);
    lock.unlock();
    const auto endpoint = look_up(job.host, AI_ADDRCONFIG);
    lock.lock();
    if (endpoint) {
      answers_.push_back({job.id, *endpoint});
      const uint64_t one = 1;
      [[maybe_unused]] const ssize_t written = write(event_fd_, &one, sizeof one);
    } else {
      const auto pause =
          std::min(std::chrono::seconds(1 << std::min(job.failures, 6)), kLongestPause);
      ++job.failures;
      job.not_before = std::chrono::steady_clock::now() + pause;
      jobs_.push_back(std::move(job));
    }
  }
}

void Resolver::on_answers() {
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = read(event_fd_, &count, sizeof count);
  std::deque<Answer> answers;
  {
    const std::lock_guard lock(mutex_);
    answers.swap(answers_);
  }
  for (const Answer& answer : answers) {
    const auto at = std::find_if(waiting_.begin(), waiting_.end(),
                                 [&](const auto& entry) { return entry.second.id == answer.id; });
    if (at == waiting_.end()) continue;  // forgotten meanwhile
    const Done done = std::move(at->second.done);
    waiting_.erase(at);
    done(answer.endpoint);
  }
}

}  // namespace wirebraid::control
