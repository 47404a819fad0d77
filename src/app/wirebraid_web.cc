// wirebraid-web: command line, signals, logging. Everything else is in src/web.
#include <signal.h>
#include <sodium.h>
#include <spdlog/spdlog.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <exception>
#include <iostream>
#include <memory>
#include <string>

#include "control/log.h"
#include "io/descriptor.h"
#include "io/engine.h"
#include "io/system_platform.h"
#include "web/api.h"
#include "web/live_feeds.h"
#include "web/loop.h"
#include "web/options.h"
#include "web/page_files.h"
#include "web/password.h"
#include "web/server.h"

namespace {

namespace web = wirebraid::web;

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;

int fail(const std::string& why) {
  std::cerr << "wirebraid-web: " << why << "\n";
  return kExitFailed;
}

int set_password(const std::string& file) {
  if (::isatty(STDIN_FILENO) == 1) std::cerr << "New password, then Enter: " << std::flush;
  std::string password;
  std::getline(std::cin, password);
  if (const std::string fault = web::password_fault(password); !fault.empty()) return fail(fault);
  const std::string hash = web::hash_password(password);
  sodium_memzero(password.data(), password.size());
  if (hash.empty()) return fail("no memory to hash a password with");
  if (const std::string fault = web::write_password_file(file, hash); !fault.empty()) {
    return fail(fault);
  }
  std::cout << file << " is written; wirebraid-web reads it when it starts\n";
  return 0;
}

wirebraid::io::Descriptor ending_signals() {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  // Threads inherit the mask, so only the descriptor tells of them.
  sigprocmask(SIG_BLOCK, &ends, nullptr);
  return wirebraid::io::Descriptor(::signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK));
}

int serve(const web::Options& options) {
  std::string error;
  web::Password password = web::Password::read(options.password_file, error);
  if (!error.empty()) return fail(error);
  web::PageResult page = web::read_page(options.page_directory);
  if (!page.error.empty()) return fail(page.error);
  web::TlsResult tls;
  if (!options.certificate_file.empty()) {
    tls = web::make_tls_context(options.certificate_file, options.key_file);
    if (!tls.context) return fail(tls.error);
  }
  web::Listener listener = web::listen_on(options.listen);
  if (!listener.socket) return fail(listener.error);

  const wirebraid::io::Descriptor signals = ending_signals();
  wirebraid::io::SystemPlatform platform;
  web::ApiOptions api_options;
  api_options.socket_directory = options.socket_directory;
  api_options.map_file = options.map_file;
  api_options.hosts = options.hosts;
  api_options.behind_proxy = options.behind_proxy;
  api_options.metrics_open = options.metrics_open;
  web::Api api(api_options, std::move(page.files), std::move(password), platform,
               wirebraid::io::monotonic_now);
  web::Loop loop;
  web::Server server(loop, std::move(listener.socket), tls.context.get(),
                     [&api](const web::Request& request) { return api.handle(request); });
  web::LiveFeeds feeds(loop, server, options.socket_directory);
  server.set_live_source(&feeds);
  loop.watch(signals.get(), EPOLLIN, [&loop](uint32_t) { loop.stop(); });
  spdlog::info("wirebraid-web {} serves {}://{}", WIREBRAID_VERSION, tls.context ? "https" : "http",
               listener.address);
  loop.run();
  server.set_live_source(nullptr);
  loop.unwatch(signals.get());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const web::OptionsResult parsed = web::parse_options(argc, argv);
  if (!parsed.error.empty()) {
    std::cerr << "wirebraid-web: " << parsed.error << "\nTry 'wirebraid-web --help'.\n";
    return kExitUsage;
  }
  const web::Options& options = parsed.options;
  if (options.action == web::Options::Action::print) {
    std::cout << options.text;
    return 0;
  }
  if (sodium_init() < 0) return fail("libsodium does not work here");
  if (options.action == web::Options::Action::set_password) {
    return set_password(options.password_file);
  }
  wirebraid::control::LogOptions log;
  log.program = "wirebraid-web";
  wirebraid::control::set_up_log(log);
  try {
    return serve(options);
  } catch (const std::exception& error) {
    return fail(error.what());
  }
}
