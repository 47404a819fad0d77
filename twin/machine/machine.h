// A virtual machine: one QEMU process with a serial console, disks and network cards.
//
// It ends when the guest reboots: whoever runs it plays the boot loader and starts it anew.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/descriptor.h"
#include "twin/lab/process.h"
#include "twin/machine/console.h"

namespace wirebraid::machine {

/// kvm needs a processor and a host that really have it: see find_accelerator().
enum class Accelerator : uint8_t { tcg, kvm };

/// What the machine is like. microvm starts faster and takes less memory; pc is what firmware for
/// x86 boards expects (PCI, a BIOS that boots from disks).
enum class Board : uint8_t { microvm, pc };

/// A piece of a file of the host, raw.
struct Disk {
  std::filesystem::path file;
  uint64_t offset = 0;  ///< bytes; a multiple of 512
  uint64_t size = 0;    ///< bytes; 0: to the end
  std::string serial;   ///< as the guest finds it in /sys/block/*/serial; up to 20 characters
  bool read_only = false;
};

/// The other side of the card is a datagram socket, as fabric::SocketWires has them.
struct NetworkCard {
  int socket = -1;  ///< stays the caller's
  std::string mac;  ///< aa:bb:cc:dd:ee:ff
};

struct MachineOptions {
  std::string name;  ///< for messages and the list of processes
  Board board = Board::microvm;
  Accelerator accelerator = Accelerator::tcg;
  unsigned memory_mib = 96;
  unsigned translation_mib = 32;        ///< of TCG's translated code
  std::filesystem::path kernel{};       ///< empty: the BIOS boots from the first disk (pc only)
  std::filesystem::path initrd{};       ///< empty: none
  std::string command_line{};           ///< the kernel's
  std::vector<Disk> disks{};            ///< virtio, in this order
  std::vector<NetworkCard> cards{};     ///< likewise
  std::filesystem::path console_log{};  ///< all that the console says is added to it
};

/// A running QEMU. It ends with this object. Not thread-safe.
class Machine {
 public:
  /// Throws std::system_error if there is no QEMU. What QEMU itself refuses ends the console, and
  /// errors() says why.
  explicit Machine(const MachineOptions& options);

  Console& console() { return console_; }
  pid_t pid() const { return process_.pid(); }
  bool running() { return process_.running(); }
  /// Until it ends by itself, as by a guest's reboot; false if it still runs after `limit`.
  bool wait(milliseconds limit) { return process_.wait(limit).has_value(); }
  /// What QEMU itself has said.
  std::string errors() const { return process_.errors(); }
  /// As if the plug were pulled, unless it has ended by itself. QEMU's exit status; 0 after a
  /// guest's reboot.
  int end();

 private:
  struct Ends {
    io::Descriptor ours;
    io::Descriptor machines;
  };
  Machine(const MachineOptions& options, Ends console);

  io::Descriptor console_fd_;
  Console console_;
  lab::Process process_;
};

/// QEMU's command line; `console` is the descriptor of the console's other end.
std::vector<std::string> qemu_command(const MachineOptions& options, int console);

}  // namespace wirebraid::machine
