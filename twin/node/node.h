// A node of the twin: a virtual router with a disk, which boots what its disk says, and boots again
// when it reboots. The host plays the boot loader.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "twin/machine/machine.h"
#include "twin/node/boot_files.h"
#include "twin/node/boot_gate.h"
#include "twin/node/disk.h"

namespace wirebraid::node {

using machine::CommandResult;
using machine::milliseconds;

enum class NodeState : uint8_t {
  off,
  waiting,  ///< for its turn to boot
  booting,
  running,
  failed,  ///< problem() says why; power_off() and power_on() try anew
};
std::string_view name_of(NodeState state);

struct NodeOptions {
  std::string name;
  machine::Accelerator accelerator = machine::Accelerator::tcg;
  machine::Board board = machine::Board::microvm;
  unsigned memory_mib = 112;
  unsigned translation_mib = 24;
  std::vector<machine::NetworkCard> cards{};
  std::vector<machine::Disk> further_disks{};
  milliseconds boot_limit{300'000};  ///< a boot that takes longer has failed
};

/// What a node cannot do as it is; what() begins with its name.
struct NodeError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Has a thread of its own. All is thread-safe.
class Node {
 public:
  /// It is off. `gate` and `boot_files` must outlive it. The console's log is in the disk's
  /// directory, "console.log".
  Node(NodeOptions options, Disk disk, BootGate& gate, BootFiles& boot_files);
  /// As if the plug were pulled.
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  const std::string& name() const { return options_.name; }
  std::filesystem::path console_log() const;
  /// How much it has said in all, and what of it from byte `from` on.
  uint64_t log_bytes() const;
  std::string log_from(uint64_t from) const;
  /// Of its disk; only of use while it is off.
  Disk& disk() { return disk_; }

  /// Returns at once; await_boot() waits.
  void power_on();
  /// Returns when QEMU is gone, or when somebody turns the node on again.
  void power_off();

  NodeState state() const;
  /// Why it failed; else empty.
  std::string problem() const;
  /// How often its services have started since it was made.
  unsigned boots() const;
  /// Until its services have started more than `boots` times. False after `limit`, and at once if
  /// the node fails or is off.
  bool await_boot(unsigned boots, milliseconds limit) const;
  /// The slot that it runs from.
  Slot slot() const;
  /// Of its QEMU; 0 if there is none.
  pid_t pid() const;

  /// Runs a line of shell in the node; one at a time, others wait. Throws NodeError if it does not
  /// run, and machine::ConsoleError if it says nothing in time or ends meanwhile.
  CommandResult run(const std::string& command, milliseconds limit = milliseconds(30'000));
  void write_file(const std::string& path, std::string_view content,
                  milliseconds limit = milliseconds(60'000));
  /// Joins the console to `fd`, both ways, until either ends. Throws as run().
  void attach(int fd);

 private:
  void live();
  /// One power cycle of QEMU; returns when it has ended.
  void boot_once(const std::stop_token& stop);
  void await_services(machine::Machine& machine, const std::stop_token& stop);
  void set_state(NodeState state);
  /// The console, for a caller that may use it now.
  std::unique_lock<std::mutex> take_console(machine::Machine*& machine);

  NodeOptions options_;
  Disk disk_;
  BootGate& gate_;
  BootFiles& boot_files_;

  mutable std::mutex mutex_;  // guards what follows
  mutable std::condition_variable changed_;
  NodeState state_ = NodeState::off;
  std::string problem_;
  unsigned boots_ = 0;
  Slot slot_ = Slot::a;
  bool wanted_ = false;  // to be on
  bool ending_ = false;
  std::stop_source power_;  // stops what runs since the last power_on()
  pid_t pid_ = 0;

  std::mutex console_mutex_;             // guards what follows; taken before mutex_
  machine::Machine* machine_ = nullptr;  // while it runs
  bool console_lost_ = false;            // in the middle of a command
  std::thread thread_;
};

}  // namespace wirebraid::node
