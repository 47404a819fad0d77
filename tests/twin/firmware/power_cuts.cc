#include "tests/twin/firmware/power_cuts.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <set>
#include <stdexcept>
#include <system_error>

#include "tests/twin/firmware/image_files.h"

namespace wirebraid::firmware {
namespace fs = std::filesystem;
namespace {

constexpr const char* kDirectory = "/";

/// `name` belongs to the part that it is or is in.
bool is_in(const std::string& name, const std::string& part) {
  return name == part || name.starts_with(part + "/");
}

void replace_part(DiskState& state, const std::string& part, const DiskState& by) {
  std::erase_if(state, [&](const auto& entry) { return is_in(entry.first, part); });
  for (const auto& [name, contents] : by) {
    if (is_in(name, part)) state[name] = contents;
  }
}

pid_t start(const std::vector<std::string>& command, const std::vector<std::string>& environment) {
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  std::vector<char*> variables;
  for (const std::string& word : environment) variables.push_back(const_cast<char*>(word.c_str()));
  for (char** each = environ; *each != nullptr; ++each) variables.push_back(*each);
  variables.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    const int nothing = ::open("/dev/null", O_RDWR);
    for (const int fd : {0, 1, 2}) ::dup2(nothing, fd);
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    ::raise(SIGSTOP);
    ::execvpe(words[0], words.data(), variables.data());
    ::_exit(127);
  }
  return child;
}

enum class Effect { none, changes, syncs_all, syncs_file };

Effect effect_of(uint64_t number) {
  static const std::set<uint64_t> kChanges{
      SYS_write,    SYS_pwrite64,  SYS_writev,   SYS_sendfile,  SYS_copy_file_range, SYS_ftruncate,
      SYS_truncate, SYS_rename,    SYS_renameat, SYS_renameat2, SYS_unlink,          SYS_unlinkat,
      SYS_mkdir,    SYS_mkdirat,   SYS_rmdir,    SYS_open,      SYS_openat,          SYS_creat,
      SYS_symlink,  SYS_symlinkat, SYS_link,     SYS_linkat};
  if (number == SYS_sync || number == SYS_syncfs) return Effect::syncs_all;
  if (number == SYS_fsync || number == SYS_fdatasync) return Effect::syncs_file;
  return kChanges.count(number) != 0 ? Effect::changes : Effect::none;
}

class Tracer {
 public:
  Tracer(fs::path disk, std::vector<std::string> parts, std::function<void(const DiskState&)> check)
      : disk_(std::move(disk)), parts_(std::move(parts)), check_(std::move(check)) {
    now_ = durable_ = read_state(disk_, parts_);
    give_states();
  }

  PowerCuts run(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    ::ptrace(PTRACE_SETOPTIONS, child, nullptr,
             PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                 PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL);
    ::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
    for (;;) {
      const pid_t stopped = ::waitpid(-1, &status, __WALL);
      if (stopped < 0 && errno == ECHILD) return cuts_;
      if (stopped < 0) throw std::system_error(errno, std::generic_category(), "waitpid");
      if (!WIFSTOPPED(status)) {
        if (stopped == child) cuts_.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
        continue;
      }
      ::ptrace(PTRACE_SYSCALL, stopped, nullptr, signal_for(stopped, status));
    }
  }

 private:
  /// What the process is to get when it goes on.
  long signal_for(pid_t process, int status) {
    const int signal = WSTOPSIG(status);
    constexpr int kSystemCall = SIGTRAP | 0x80;
    if (signal == kSystemCall) {
      system_call(process);
      return 0;
    }
    const bool new_or_event = signal == SIGSTOP || signal == SIGTRAP;
    return new_or_event ? 0 : signal;
  }

  void system_call(pid_t process) {
    __ptrace_syscall_info info{};
    if (::ptrace(PTRACE_GET_SYSCALL_INFO, process, sizeof(info), &info) < 0) return;
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
      entered_[process] = {info.entry.nr, info.entry.args[0]};
    } else if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
      ended(process, entered_[process]);
    }
  }

  struct Call {
    uint64_t number = UINT64_MAX;
    uint64_t argument = 0;
  };

  void ended(pid_t process, const Call& call) {
    const Effect effect = effect_of(call.number);
    if (effect == Effect::none) return;
    ++cuts_.system_calls;
    now_ = read_state(disk_, parts_);
    give_states();
    if (effect == Effect::syncs_all) durable_ = now_;
    if (effect == Effect::syncs_file) {
      std::error_code none;
      const fs::path file = fs::read_symlink(
          "/proc/" + std::to_string(process) + "/fd/" + std::to_string(call.argument), none);
      replace_part(durable_, file.lexically_relative(disk_), now_);
    }
    give_states();
  }

  /// Each part as it is, or as it was synced last.
  void give_states() {
    for (unsigned choice = 0; choice < 1U << parts_.size(); ++choice) {
      DiskState state = now_;
      for (size_t i = 0; i < parts_.size(); ++i) {
        if ((choice >> i & 1U) != 0) replace_part(state, parts_[i], durable_);
      }
      if (!given_.insert(state).second) continue;
      ++cuts_.states;
      check_(state);
    }
  }

  fs::path disk_;
  std::vector<std::string> parts_;
  std::function<void(const DiskState&)> check_;
  DiskState now_;
  DiskState durable_;
  std::set<DiskState> given_;
  std::map<pid_t, Call> entered_;
  PowerCuts cuts_;
};

}  // namespace

DiskState read_state(const fs::path& disk, const std::vector<std::string>& parts) {
  DiskState state;
  for (const std::string& part : parts) {
    if (!fs::exists(disk / part)) continue;
    if (!fs::is_directory(disk / part)) {
      state[part] = read_text(disk / part);
      continue;
    }
    state[part] = kDirectory;
    for (const auto& entry : fs::recursive_directory_iterator(disk / part)) {
      const std::string name = entry.path().lexically_relative(disk);
      state[name] = entry.is_directory() ? kDirectory : read_text(entry.path());
    }
  }
  return state;
}

void write_state(const DiskState& state, const fs::path& disk) {
  fs::remove_all(disk);
  fs::create_directories(disk);
  // A directory's name sorts before those in it.
  for (const auto& [name, contents] : state) {
    if (contents == kDirectory) {
      fs::create_directories(disk / name);
    } else {
      write_text(disk / name, contents);
    }
  }
}

PowerCuts cut_power_everywhere(const std::vector<std::string>& command,
                               const std::vector<std::string>& environment, const fs::path& disk,
                               const std::vector<std::string>& parts,
                               const std::function<void(const DiskState&)>& check) {
  Tracer tracer(disk, parts, check);
  return tracer.run(start(command, environment));
}

}  // namespace wirebraid::firmware
