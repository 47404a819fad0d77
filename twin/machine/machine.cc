#include "twin/machine/machine.h"

#include <signal.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace wirebraid::machine {
namespace {

constexpr const char* kQemu = "qemu-system-x86_64";

/// A comma ends a value unless it is doubled.
std::string quoted(const std::string& value) {
  std::string text;
  for (const char each : value) text += each == ',' ? std::string(",,") : std::string(1, each);
  return text;
}

std::string accelerator_of(const MachineOptions& options) {
  if (options.accelerator == Accelerator::kvm) return "kvm";
  return "tcg,tb-size=" + std::to_string(options.translation_mib);
}

/// The transport of virtio devices.
std::string suffix(Board board) { return board == Board::microvm ? "-device" : "-pci"; }

void add_disks(std::vector<std::string>& command, const MachineOptions& options) {
  for (size_t i = 0; i < options.disks.size(); ++i) {
    const Disk& disk = options.disks[i];
    const std::string node = "disk" + std::to_string(i);
    std::string drive = "driver=raw,node-name=" + node +
                        ",read-only=" + (disk.read_only ? "on" : "off") +
                        ",file.driver=file,file.filename=" + quoted(disk.file.string());
    if (disk.offset != 0) drive += ",offset=" + std::to_string(disk.offset);
    if (disk.size != 0) drive += ",size=" + std::to_string(disk.size);
    command.insert(command.end(), {"-blockdev", std::move(drive)});
    std::string device = "virtio-blk" + suffix(options.board) + ",drive=" + node;
    if (!disk.serial.empty()) device += ",serial=" + quoted(disk.serial);
    command.insert(command.end(), {"-device", std::move(device)});
  }
}

void add_cards(std::vector<std::string>& command, const MachineOptions& options) {
  for (size_t i = 0; i < options.cards.size(); ++i) {
    const NetworkCard& card = options.cards[i];
    const std::string node = "net" + std::to_string(i);
    command.insert(
        command.end(),
        {"-netdev", "dgram,id=" + node + ",local.type=fd,local.str=" + std::to_string(card.socket),
         "-device", "virtio-net" + suffix(options.board) + ",netdev=" + node + ",mac=" + card.mac});
  }
}

std::vector<int> descriptors(const MachineOptions& options, int console) {
  std::vector<int> result{console};
  for (const NetworkCard& card : options.cards) result.push_back(card.socket);
  return result;
}

}  // namespace

std::vector<std::string> qemu_command(const MachineOptions& options, int console) {
  std::vector<std::string> command{
      kQemu,
      "-name",
      quoted(options.name) + ",process=twin",
      "-machine",
      options.board == Board::microvm ? "microvm,rtc=on" : "pc,usb=off",
      "-accel",
      accelerator_of(options),
      "-cpu",
      options.accelerator == Accelerator::kvm ? "host" : "max",
      "-m",
      std::to_string(options.memory_mib),
      "-nodefaults",
      "-no-user-config",
      "-display",
      "none",
      "-no-reboot",
      "-chardev"};
  std::string serial = "socket,id=console,fd=" + std::to_string(console);
  if (!options.console_log.empty()) {
    serial += ",logfile=" + quoted(options.console_log.string()) + ",logappend=on";
  }
  command.push_back(serial);
  command.insert(command.end(), {"-serial", "chardev:console"});
  if (!options.kernel.empty()) {
    command.insert(command.end(), {"-kernel", options.kernel.string()});
    if (!options.initrd.empty()) {
      command.insert(command.end(), {"-initrd", options.initrd.string()});
    }
    command.insert(command.end(), {"-append", options.command_line});
  }
  add_disks(command, options);
  add_cards(command, options);
  return command;
}

Machine::Machine(const MachineOptions& options)
    : Machine(options, [] {
        std::array<int, 2> pair{};
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) < 0) {
          throw std::system_error(errno, std::generic_category(), "socketpair");
        }
        return Ends{io::Descriptor(pair[0]), io::Descriptor(pair[1])};
      }()) {}

Machine::Machine(const MachineOptions& options, Ends console)
    : console_fd_(std::move(console.ours)),
      console_(console_fd_.get(), options.name),
      process_(qemu_command(options, console.machines.get()),
               {.descriptors = descriptors(options, console.machines.get())}) {}

int Machine::end() {
  if (process_.running()) process_.signal(SIGKILL);
  while (true) {
    if (const auto status = process_.wait(milliseconds(10'000))) return *status;
  }
}

}  // namespace wirebraid::machine
