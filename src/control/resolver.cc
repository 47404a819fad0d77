#include "control/resolver.h"

#include <linux/capability.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <thread>

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
      sockaddr_in address{};
      std::memcpy(&address, entry->ai_addr, sizeof address);
      const auto* bytes = reinterpret_cast<const uint8_t*>(&address.sin_addr);
      endpoint.address = IpAddress::v4(std::span<const uint8_t, 4>(bytes, 4));
      return endpoint;
    }
    if (entry->ai_family == AF_INET6) {
      sockaddr_in6 address{};
      std::memcpy(&address, entry->ai_addr, sizeof address);
      endpoint.address = IpAddress::v6(std::span<const uint8_t, 16>(address.sin6_addr.s6_addr));
      endpoint.scope = address.sin6_scope_id;
      return endpoint;
    }
  }
  return std::nullopt;
}

// Capabilities belong to a thread, and this one speaks to name servers only.
void give_up_privileges() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
  syscall(SYS_capset, &header, none.data());
}

}  // namespace

std::optional<Endpoint> numeric_endpoint(const HostPort& host) {
  return look_up(host, AI_NUMERICHOST);
}

Resolver::Shared::Shared() : event_fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
Resolver::Shared::~Shared() { close(event_fd); }

Resolver::Resolver(io::Engine& engine) : engine_(engine) {
  engine_.watch(shared_->event_fd, EPOLLIN, [this](uint32_t) { on_answers(); });
}

Resolver::~Resolver() {
  engine_.unwatch(shared_->event_fd);
  const std::lock_guard lock(shared_->mutex);
  shared_->stop = true;
  shared_->wake.notify_all();
}

void Resolver::start_thread() {
  if (thread_started_) return;
  thread_started_ = true;
  // Signals are the worker's.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread([shared = shared_] { run(*shared); }).detach();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Resolver::resolve(const std::string& key, const HostPort& host, Done done) {
  forget(key);
  Job job;
  job.id = next_id_++;
  job.host = host;
  waiting_[key] = {job.id, std::move(done)};
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->jobs.push_back(std::move(job));
  }
  start_thread();
  shared_->wake.notify_all();
}

void Resolver::forget(const std::string& key) {
  const auto at = waiting_.find(key);
  if (at == waiting_.end()) return;
  const std::lock_guard lock(shared_->mutex);
  const uint64_t id = at->second.id;
  std::erase_if(shared_->jobs, [id](const Job& job) { return job.id == id; });
  if (shared_->looking_up == id) shared_->looking_up.reset();
  waiting_.erase(at);
}

void Resolver::retry() {
  {
    const std::lock_guard lock(shared_->mutex);
    for (Job& job : shared_->jobs) job.not_before = {};
  }
  shared_->wake.notify_all();
}

void Resolver::run(Shared& shared) {
  give_up_privileges();
  std::unique_lock lock(shared.mutex);
  auto& jobs = shared.jobs;
  while (!shared.stop) {
    const auto next = std::min_element(jobs.begin(), jobs.end(), [](const Job& a, const Job& b) {
      return a.not_before < b.not_before;
    });
    if (next == jobs.end()) {
      shared.wake.wait(lock);
      continue;
    }
    if (next->not_before > std::chrono::steady_clock::now()) {
      const auto until = next->not_before;  // the job may go meanwhile
      shared.wake.wait_until(lock, until);
      continue;
    }
    Job job = std::move(*next);
    jobs.erase(next);
    shared.looking_up = job.id;
    lock.unlock();
    const auto endpoint = look_up(job.host, AI_ADDRCONFIG);
    lock.lock();
    if (!shared.looking_up) continue;  // forgotten meanwhile
    shared.looking_up.reset();
    if (endpoint) {
      shared.answers.push_back({job.id, *endpoint});
      const uint64_t one = 1;
      [[maybe_unused]] const ssize_t written = write(shared.event_fd, &one, sizeof one);
    } else {
      const auto pause =
          std::min(std::chrono::seconds(1 << std::min(job.failures, 6)), kLongestPause);
      ++job.failures;
      job.not_before = std::chrono::steady_clock::now() + pause;
      jobs.push_back(std::move(job));
    }
  }
}

void Resolver::on_answers() {
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = read(shared_->event_fd, &count, sizeof count);
  std::deque<Answer> answers;
  {
    const std::lock_guard lock(shared_->mutex);
    answers.swap(shared_->answers);
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
