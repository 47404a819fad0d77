#include "twin/node/node.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <fstream>

#include "twin/machine/timestamp_counter.h"

namespace wirebraid::node {
using machine::ConsoleError;
using machine::Machine;
namespace {

using Clock = std::chrono::steady_clock;

constexpr milliseconds kSlice{200};
constexpr milliseconds kShellLimit{60'000};
/// A firmware that cannot boot restarts itself; so often it may.
constexpr unsigned kTries = 2;
constexpr const char* kServicesStarted = "wirebraid-boot: services started";

// reboot=t: microvm has none of the devices that a kernel asks first to restart the machine, and
// some kernels never come to their end.
std::string command_line(const NodeOptions& options, Slot slot) {
  std::string line = "console=ttyS0 loglevel=4 panic=-1 reboot=t wirebraid.slot=";
  line += static_cast<char>(slot);
  if (options.board == machine::Board::microvm &&
      options.accelerator == machine::Accelerator::tcg) {
    // Without "reliable" it is measured against ticks, which come late on a busy host, and given
    // up.
    line += " tsc=reliable tsc_early_khz=" + std::to_string(machine::timestamp_counter_khz());
  }
  return line;
}

std::string last_line_of(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

}  // namespace

std::string_view name_of(NodeState state) {
  switch (state) {
    case NodeState::off:
      return "off";
    case NodeState::waiting:
      return "waiting";
    case NodeState::booting:
      return "booting";
    case NodeState::running:
      return "running";
    case NodeState::failed:
      return "failed";
  }
  return "";
}

Node::Node(NodeOptions options, Disk disk, BootGate& gate, BootFiles& boot_files)
    : options_(std::move(options)),
      disk_(std::move(disk)),
      gate_(gate),
      boot_files_(boot_files),
      thread_([this] { live(); }) {}

Node::~Node() {
  power_off();
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::filesystem::path Node::console_log() const { return disk_.directory() / "console.log"; }

uint64_t Node::log_bytes() const {
  std::error_code none;
  const auto size = std::filesystem::file_size(console_log(), none);
  return none ? 0 : size;
}

std::string Node::log_from(uint64_t from) const {
  std::ifstream in(console_log(), std::ios::binary);
  in.seekg(static_cast<std::streamoff>(from));
  return {std::istreambuf_iterator<char>(in), {}};
}

void Node::power_on() {
  {
    const std::lock_guard lock(mutex_);
    if (wanted_) return;
    wanted_ = true;
    power_ = std::stop_source();
    state_ = NodeState::waiting;
    problem_.clear();
  }
  changed_.notify_all();
}

void Node::power_off() {
  std::unique_lock lock(mutex_);
  wanted_ = false;
  power_.request_stop();
  changed_.notify_all();
  changed_.wait(lock,
                [&] { return wanted_ || state_ == NodeState::off || state_ == NodeState::failed; });
  if (!wanted_) state_ = NodeState::off;
}

NodeState Node::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

std::string Node::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

unsigned Node::boots() const {
  const std::lock_guard lock(mutex_);
  return boots_;
}

Slot Node::slot() const {
  const std::lock_guard lock(mutex_);
  return slot_;
}

pid_t Node::pid() const {
  const std::lock_guard lock(mutex_);
  return pid_;
}

bool Node::await_boot(unsigned boots, milliseconds limit) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, limit, [&] {
    return boots_ > boots || state_ == NodeState::failed || state_ == NodeState::off;
  });
  return boots_ > boots;
}

void Node::set_state(NodeState state) {
  {
    const std::lock_guard lock(mutex_);
    state_ = state;
    problem_.clear();
    if (state == NodeState::running) ++boots_;
  }
  changed_.notify_all();
}

// The machine is made in this thread, with which it would die.
void Node::live() {
  std::unique_lock lock(mutex_);
  while (true) {
    // Also when it was turned on and off before this thread came to see it.
    changed_.wait(lock, [&] { return ending_ || wanted_ || state_ == NodeState::waiting; });
    if (ending_) return;
    const std::stop_token stop = power_.get_token();
    unsigned failures = 0;
    while (!stop.stop_requested() && failures < kTries) {
      const unsigned before = boots_;
      std::string problem;
      lock.unlock();
      try {
        boot_once(stop);
      } catch (const std::exception& error) {
        problem = error.what();
      }
      lock.lock();
      pid_ = 0;
      failures = boots_ == before ? failures + 1 : problem.empty() ? 0 : kTries;
      if (!stop.stop_requested()) problem_ = problem;
    }
    const bool failed = !stop.stop_requested();
    if (failed) wanted_ = false;
    // Somebody may want it on again already.
    state_ = failed ? NodeState::failed : wanted_ ? NodeState::waiting : NodeState::off;
    changed_.notify_all();
  }
}

void Node::boot_once(const std::stop_token& stop) {
  set_state(NodeState::waiting);
  std::optional<BootGate::Place> place(gate_.enter(stop));
  if (!*place) return;
  set_state(NodeState::booting);
  const Slot slot = disk_.boot_slot();
  const BootPair files = boot_files_.of(disk_.slot_file(slot));
  std::vector<machine::Disk> disks = disk_.machine_disks();
  disks.insert(disks.end(), options_.further_disks.begin(), options_.further_disks.end());
  Machine machine({.name = options_.name,
                   .board = options_.board,
                   .accelerator = options_.accelerator,
                   .memory_mib = options_.memory_mib,
                   .translation_mib = options_.translation_mib,
                   .kernel = files.kernel,
                   .initrd = files.initrd,
                   .command_line = command_line(options_, slot),
                   .disks = std::move(disks),
                   .cards = options_.cards,
                   .console_log = console_log()});
  {
    const std::lock_guard lock(mutex_);
    slot_ = slot;
    pid_ = machine.pid();
  }
  await_services(machine, stop);
  place.reset();
  if (stop.stop_requested()) return;
  {
    const std::lock_guard console(console_mutex_);
    machine_ = &machine;
    console_lost_ = false;
  }
  set_state(NodeState::running);
  while (machine.running() && !stop.stop_requested()) machine.wait(kSlice);
  // Whoever uses the console hears that the machine has ended, and lets go of it.
  const std::string errors = machine.errors();
  const int status = machine.end();
  {
    const std::lock_guard console(console_mutex_);
    machine_ = nullptr;
  }
  if (stop.stop_requested() || status == 0) return;
  throw NodeError(options_.name + ": QEMU ended with status " + std::to_string(status) +
                  (errors.empty() ? "" : ": " + errors));
}

void Node::await_services(Machine& machine, const std::stop_token& stop) {
  const auto deadline = Clock::now() + options_.boot_limit;
  try {
    while (!machine.console().says(kServicesStarted, kSlice)) {
      if (stop.stop_requested()) return;
      if (Clock::now() > deadline) {
        throw NodeError(options_.name + ": not booted after " +
                        std::to_string(options_.boot_limit.count() / 1000) +
                        " s; it said last: " + last_line_of(machine.console().tail()));
      }
    }
    machine.console().activate(kShellLimit);
  } catch (const ConsoleError& error) {
    machine.end();
    const std::string errors = machine.errors();
    throw NodeError(errors.empty() ? error.what() : options_.name + ": QEMU: " + errors);
  }
}

std::unique_lock<std::mutex> Node::take_console(Machine*& machine) {
  std::unique_lock console(console_mutex_);
  machine = machine_;
  if (machine == nullptr) {
    throw NodeError(options_.name + ": not running (" + std::string(name_of(state())) + ")");
  }
  if (console_lost_) {
    machine->console().interrupt();
    machine->console().activate(kShellLimit);
    console_lost_ = false;
  }
  return console;
}

CommandResult Node::run(const std::string& command, milliseconds limit) {
  Machine* machine = nullptr;
  const auto console = take_console(machine);
  console_lost_ = true;
  CommandResult result = machine->console().run(command, limit);
  console_lost_ = false;
  return result;
}

void Node::write_file(const std::string& path, std::string_view content, milliseconds limit) {
  Machine* machine = nullptr;
  const auto console = take_console(machine);
  console_lost_ = true;
  machine->console().write_file(path, content, limit);
  console_lost_ = false;
}

void Node::attach(int fd) {
  Machine* machine = nullptr;
  const auto console = take_console(machine);
  console_lost_ = true;
  const std::array<int, 2> ends{fd, machine->console().descriptor()};
  while (true) {
    std::array<pollfd, 2> polled{{{ends[0], POLLIN, 0}, {ends[1], POLLIN, 0}}};
    if (::poll(polled.data(), polled.size(), -1) < 0) continue;
    for (size_t from = 0; from < 2; ++from) {
      if (polled[from].revents == 0) continue;
      std::array<char, 4096> block{};
      const ssize_t size = ::read(ends[from], block.data(), block.size());
      if (size <= 0) return;
      std::string_view left(block.data(), static_cast<size_t>(size));
      while (!left.empty()) {
        const ssize_t sent = ::send(ends[1 - from], left.data(), left.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;
        left.remove_prefix(static_cast<size_t>(sent));
      }
    }
  }
}

}  // namespace wirebraid::node
