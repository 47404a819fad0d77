// The daemon: command line, background, signals, privileges. Everything else is control::Instance.
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/program_options.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/instance.h"
#include "control/log.h"
#include "control/service_notify.h"
#include "io/capabilities.h"
#include "io/tun.h"

namespace {

using wirebraid::control::Instance;
using wirebraid::control::InstanceOptions;
using wirebraid::control::LogOptions;
using wirebraid::control::ServiceNotify;

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;

struct Arguments {
  InstanceOptions instance;
  LogOptions log;
  bool foreground = false;
};

std::optional<wirebraid::io::EngineKind> parse_engine(const std::string& name) {
  using wirebraid::io::EngineKind;
  if (name == "auto") return EngineKind::automatic;
  if (name == "io_uring") return EngineKind::io_uring;
  if (name == "epoll") return EngineKind::epoll;
  return std::nullopt;
}

/// nullopt: `exit_code` is what to end with.
std::optional<Arguments> parse_arguments(int argc, char** argv, int& exit_code) {
  namespace po = boost::program_options;
  Arguments arguments;
  std::string engine;
  std::string level;
  const char* environment_level =
      std::getenv("LOG_LEVEL");  // as the reference implementation has it
  const char* environment_state = std::getenv("WIREBRAID_STATE_DIR");
  po::options_description options("Options");
  options.add_options()                                                             //
      ("foreground,f", "stay in the foreground, log to standard error")             //
      ("config,c", po::value(&arguments.instance.config_file)->value_name("FILE"),  //
       "configuration file; without it the interface waits for wg(8)")              //
      ("engine", po::value(&engine)->default_value("auto")->value_name("NAME"),     //
       "io_uring or epoll; auto takes the first that works")                        //
      ("log-level",
       po::value(&level)
           ->default_value(environment_level ? environment_level : "info")
           ->value_name("LEVEL"),                         //
       "debug, info, warning, error or silent")           //
      ("syslog", "log to syslog also in the foreground")  //
      ("state-dir",
       po::value(&arguments.instance.state_directory)
           ->default_value(environment_state ? environment_state
                                             : wirebraid::control::kStateDirectory)
           ->value_name("DIR"),                   //
       "where what quotas have used is kept")     //
      ("version,V", "print the version and end")  //
      ("help,h", "print this and end");
  po::options_description hidden;
  hidden.add_options()("interface", po::value(&arguments.instance.interface));
  po::options_description all;
  all.add(options).add(hidden);
  po::positional_options_description positional;
  positional.add("interface", 1);
  const auto usage = [&](const std::string& complaint) {
    std::cerr << "wirebraidd: " << complaint << "\nTry 'wirebraidd --help'.\n";
    exit_code = kExitUsage;
    return std::nullopt;
  };
  po::variables_map values;
  try {
    po::store(po::command_line_parser(argc, argv).options(all).positional(positional).run(),
              values);
    po::notify(values);
  } catch (const po::error& error) {
    return usage(error.what());
  }
  exit_code = 0;
  if (values.count("help") != 0) {
    std::cout << "Usage: wirebraidd [-f] [--config FILE] INTERFACE\n"
                 "Joins several internet uplinks into one, each a WireGuard session.\n\n"
              << options;
    return std::nullopt;
  }
  if (values.count("version") != 0) {
    std::cout << "wirebraid " << WIREBRAID_VERSION << "\n";
    return std::nullopt;
  }
  if (arguments.instance.interface.empty()) return usage("no INTERFACE given");
  if (!wirebraid::io::is_interface_name(arguments.instance.interface)) {
    return usage("'" + arguments.instance.interface + "' is no name for an interface");
  }
  const auto kind = parse_engine(engine);
  if (!kind) return usage("--engine " + engine + ": auto, io_uring or epoll expected");
  arguments.instance.engine = *kind;
  const auto log_level = wirebraid::control::parse_log_level(level);
  if (!log_level)
    return usage("log level '" + level + "': debug, info, warning, error or silent expected");
  if (arguments.instance.state_directory.empty()) return usage("--state-dir: a directory expected");
  // The daemon leaves the current directory.
  arguments.instance.state_directory =
      std::filesystem::absolute(arguments.instance.state_directory).string();
  arguments.foreground = values.count("foreground") != 0;
  arguments.log.level = *log_level;
  arguments.log.syslog = !arguments.foreground || values.count("syslog") != 0;
  if (const char* fd = std::getenv("WG_TUN_FD")) {
    char* end = nullptr;
    const long number = std::strtol(fd, &end, 10);
    if (*fd == '\0' || *end != '\0' || number < 0) return usage("WG_TUN_FD: not a descriptor");
    arguments.instance.tun_fd = static_cast<int>(number);
  }
  return arguments;
}

/// Keeps what changing sockets, routes and addresses needs, and gives up the rest for good.
void drop_privileges() {
  const auto bit = [](int capability) { return 1U << capability; };
  if (const auto error = wirebraid::io::keep_capabilities(bit(CAP_NET_ADMIN) | bit(CAP_NET_RAW) |
                                                          bit(CAP_NET_BIND_SERVICE))) {
    spdlog::warn("could not drop capabilities: {}", error.message());
  }
}

int serve(Arguments arguments, int ready_fd) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, number);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);

  ServiceNotify service = ServiceNotify::from_environment();
  arguments.instance.service = &service;
  std::vector<std::string> errors;
  std::unique_ptr<Instance> instance;
  try {
    instance = Instance::start(arguments.instance, errors);
  } catch (const std::exception& error) {  // the system refused what it never should
    errors.emplace_back(error.what());
  }
  if (!instance) {
    for (const std::string& error : errors) {
      if (ready_fd >= 0) {
        dprintf(ready_fd, "wirebraidd: %s\n", error.c_str());
      } else {
        std::cerr << "wirebraidd: " << error << "\n";
      }
    }
    return kExitFailed;
  }
  const int signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  instance->engine().watch(signal_fd, EPOLLIN, [&](uint32_t) {
    signalfd_siginfo info{};
    while (read(signal_fd, &info, sizeof info) == sizeof info) {
      if (info.ssi_signo == SIGHUP) {
        instance->reload();
      } else {
        spdlog::info("signal {}, ending", info.ssi_signo);
        instance->stop();
      }
    }
  });
  drop_privileges();
  if (ready_fd >= 0) {
    // One byte: ready. The parent ends, and with it the caller's wait.
    [[maybe_unused]] const ssize_t written = write(ready_fd, "", 1);
    close(ready_fd);
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd <= 2 && null >= 0; ++fd) dup2(null, fd);
    if (null > 2) close(null);
  }
  spdlog::info("wirebraid {} runs on {}", WIREBRAID_VERSION, arguments.instance.interface);
  if (const auto error = service.ready()) {
    spdlog::warn("cannot tell the service manager: {}", error.message());
  }
  int exit_code = 0;
  try {
    instance->run();
  } catch (const std::exception& error) {  // so that the interface and its sockets go in order
    spdlog::error("ending: {}", error.what());
    exit_code = kExitFailed;
  }
  service.stopping();
  instance->engine().unwatch(signal_fd);
  close(signal_fd);
  return exit_code;
}

/// Starts the daemon in the background and returns once it is ready or has failed.
int serve_in_background(const Arguments& arguments) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    std::perror("wirebraidd: pipe");
    return kExitFailed;
  }
  const pid_t child = fork();
  if (child < 0) {
    std::perror("wirebraidd: fork");
    return kExitFailed;
  }
  if (child == 0) {
    close(ends[0]);
    setsid();
    if (chdir("/") != 0) return kExitFailed;
    return serve(arguments, ends[1]);
  }
  close(ends[1]);
  char buffer[4096];
  for (;;) {
    const ssize_t got = read(ends[0], buffer, sizeof buffer);
    if (got == 1 && buffer[0] == '\0') return 0;
    if (got <= 0) break;
    std::cerr.write(buffer, got);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return kExitFailed;
}

}  // namespace

int main(int argc, char** argv) {
  int exit_code = 0;
  auto arguments = parse_arguments(argc, argv, exit_code);
  if (!arguments) return exit_code;
  wirebraid::control::set_up_log(arguments->log);
  if (arguments->foreground) return serve(*arguments, -1);
  // The daemon leaves the current directory.
  auto& file = arguments->instance.config_file;
  if (!file.empty()) {
    if (char* absolute = realpath(file.c_str(), nullptr)) {
      file = absolute;
      std::free(absolute);
    }
  }
  return serve_in_background(*arguments);
}
