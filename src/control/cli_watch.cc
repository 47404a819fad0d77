// events, why, top and speedtest: what happens, and why.
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <iostream>
#include <nlohmann/json.hpp>

#include "control/cli.h"
#include "control/control_client.h"
#include "control/event_log.h"
#include "control/status.h"
#include "control/status_top.h"
#include "control/units.h"

namespace wirebraid::control {
namespace {

constexpr std::chrono::seconds kRedraw{1};

std::string time_of_day(uint64_t unix_s) {
  const auto time = static_cast<time_t>(unix_s);
  tm local{};
  ::localtime_r(&time, &local);
  std::array<char, 16> text;
  return {text.data(), std::strftime(text.data(), text.size(), "%T", &local)};
}

std::string date_and_time(uint64_t unix_s) {
  const auto time = static_cast<time_t>(unix_s);
  tm local{};
  ::localtime_r(&time, &local);
  std::array<char, 32> text;
  return {text.data(), std::strftime(text.data(), text.size(), "%F %T", &local)};
}

std::string with_date(const Event& event) {
  return date_and_time(event.time_ms / 1000) + "  " + event.text;
}

void print(const nlohmann::json& json, bool as_json) {
  if (as_json) {
    std::cout << json.dump() << "\n";
  } else {
    std::cout << with_date(event_from_json(json)) << "\n";
  }
}

std::optional<ControlConnection> connect(const std::string& interface, const CliOptions& options) {
  std::string error;
  auto connection = ControlConnection::open(interface, error, kAnswerLimit, options.directory);
  if (!connection) complain({error});
  return connection;
}

/// nullopt: people have been told why.
std::optional<nlohmann::json> ask(ControlConnection& connection, const nlohmann::json& request) {
  const ControlReply reply = connection.request(request, kAnswerLimit);
  if (reply.error.empty()) return nlohmann::json::parse(reply.answer);
  complain(reply.error);
  return std::nullopt;
}

std::optional<InterfaceStatus> ask_for_status(ControlConnection& connection) {
  const auto answer = ask(connection, {{"command", "show"}});
  if (!answer) return std::nullopt;
  StatusResult parsed = status_from_json(answer->at("status"));
  if (!parsed.status) complain({parsed.error});
  return std::move(parsed.status);
}

std::optional<std::vector<Event>> ask_for_events(ControlConnection& connection) {
  const auto answer = ask(connection, {{"command", "events"}});
  if (!answer) return std::nullopt;
  std::vector<Event> events;
  for (const auto& event : answer->at("events")) events.push_back(event_from_json(event));
  return events;
}

void explain(const InterfaceStatus& status, const UplinkStatus& uplink,
             const std::vector<Event>& events) {
  std::cout << "uplink " << uplink.name << " of " << status.name << ": " << to_string(uplink.state);
  if (uplink.state_since_s != 0) {
    std::cout << " since " << date_and_time(uplink.state_since_s) << " ("
              << duration(now_s() - std::min(now_s(), uplink.state_since_s)) << ")";
  }
  std::cout << "\n";
  if (uplink.unused_reason.empty()) {
    std::cout << "  It is in use.\n";
  } else {
    std::cout << "  Not used: " << uplink.unused_reason << "\n";
  }
  for (const UnusedCode& known : kUnusedCodes) {
    if (known.code == uplink.unused_code) std::cout << "  " << known.advice << "\n";
  }
  constexpr size_t kShown = 8;
  std::vector<std::string> lines;
  for (const Event& event : events) {
    if (event.uplink == uplink.name) lines.push_back(with_date(event));
  }
  if (!lines.empty()) std::cout << "  Lately:\n";
  for (size_t i = lines.size() - std::min(kShown, lines.size()); i < lines.size(); ++i) {
    std::cout << "    " << lines[i] << "\n";
  }
}

/// The terminal as a screen of its own: no echo, keys as they are pressed; as before when it ends.
class Terminal {
 public:
  Terminal() {
    ::tcgetattr(STDIN_FILENO, &before_);
    termios raw = before_;
    // Ctrl-C comes as a key, so that the screen is left in order.
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    std::cout << "\x1b[?1049h\x1b[?25l" << std::flush;
  }
  ~Terminal() {
    std::cout << "\x1b[?25h\x1b[?1049l" << std::flush;
    ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  static ScreenOptions screen() {
    ScreenOptions options;
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
      options.columns = size.ws_col;
      options.rows = size.ws_row;
    }
    options.color = use_color();
    options.now_s = now_s();
    return options;
  }
  static void draw(const std::vector<std::string>& lines) {
    std::string text = "\x1b[H";
    for (size_t i = 0; i < lines.size(); ++i) text += (i == 0 ? "" : "\r\n") + lines[i];
    std::cout << text << "\x1b[J" << std::flush;
  }
  /// True: whoever sits there wants it to end.
  static bool wait_for_end(std::chrono::milliseconds limit) {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    if (::poll(&input, 1, static_cast<int>(limit.count())) <= 0) return false;
    char key = 0;
    constexpr char kControlC = 3;
    constexpr char kControlD = 4;
    return ::read(STDIN_FILENO, &key, 1) <= 0 || key == 'q' || key == kControlC || key == kControlD;
  }

 private:
  termios before_{};
};

/// Waits for its end; nullopt: people have been told why there is none.
std::optional<SpeedTestStatus> run_speed_test(ControlConnection& connection,
                                              const std::string& uplink, const char* direction,
                                              std::chrono::seconds duration) {
  if (!ask(connection, {{"command", "speedtest"},
                        {"uplink", uplink},
                        {"direction", direction},
                        {"seconds", duration.count()}})) {
    return std::nullopt;
  }
  for (;;) {
    const auto status = ask_for_status(connection);
    if (!status) return std::nullopt;
    if (status->speed_test && !status->speed_test->running) return status->speed_test;
    constexpr int kAgainMs = 200;
    ::poll(nullptr, 0, kAgainMs);
  }
}

std::string rate_or_none(const std::optional<uint64_t>& bps) {
  return bps ? rate(*bps) : "nothing arrived";
}

}  // namespace

int cli_speedtest(const Words& words, const CliOptions& options) {
  auto connection = connect(words.front(), options);
  if (!connection) return kExitFailed;
  const std::string uplink = words.size() > 1 ? words[1] : "";
  std::cout << "filling the uplinks for " << options.duration.count() << " s each way\n"
            << std::flush;
  const auto received = run_speed_test(*connection, uplink, "receive", options.duration);
  if (!received) return kExitFailed;
  const auto sent = run_speed_test(*connection, uplink, "send", options.duration);
  if (!sent) return kExitFailed;
  uint64_t total_received = 0;
  uint64_t total_sent = 0;
  const auto line = [](const std::string& name, const std::string& in, const std::string& out) {
    constexpr size_t kColumns = 18;
    const auto padded = [](const std::string& text) {
      return text + std::string(kColumns - std::min(kColumns - 1, text.size()), ' ');
    };
    std::cout << padded(name) << padded(in) << out << "\n";
  };
  line("uplink", "received", "sent");
  for (size_t i = 0; i < std::min(received->uplinks.size(), sent->uplinks.size()); ++i) {
    const auto& in = received->uplinks[i].rate_bps;
    const auto& out = sent->uplinks[i].rate_bps;
    line(received->uplinks[i].name, rate_or_none(in), rate_or_none(out));
    total_received += in.value_or(0);
    total_sent += out.value_or(0);
  }
  if (received->uplinks.size() > 1) line("all together", rate(total_received), rate(total_sent));
  return kExitDone;
}

int cli_events(const Words& words, const CliOptions& options) {
  const auto interface = interface_of(words.empty() ? "" : words.front(), options);
  if (!interface) return kExitFailed;
  auto connection = connect(*interface, options);
  if (!connection) return kExitFailed;
  const auto answer = ask(*connection, {{"command", "events"}, {"follow", options.follow}});
  if (!answer) return kExitFailed;
  for (const auto& event : answer->at("events")) print(event, options.json);
  while (options.follow && std::cout.flush()) {
    const auto line = connection->line(std::chrono::hours(1));
    if (line) {
      print(nlohmann::json::parse(*line).at("event"), options.json);
    } else if (connection->ended()) {
      complain({*interface + ": the daemon has ended"});
      return kExitFailed;
    }
  }
  return kExitDone;
}

int cli_why(const Words& words, const CliOptions& options) {
  const auto interface = interface_of(words.size() > 1 ? words.front() : "", options);
  if (!interface) return kExitFailed;
  auto connection = connect(*interface, options);
  if (!connection) return kExitFailed;
  const auto status = ask_for_status(*connection);
  if (!status) return kExitFailed;
  const auto events = ask_for_events(*connection);
  if (!events) return kExitFailed;
  const std::string& name = words.back();
  std::string names;
  for (const BondStatus& bond : status->bonds) {
    for (const UplinkStatus& uplink : bond.uplinks) {
      names += (names.empty() ? "" : ", ") + uplink.name;
      if (uplink.name != name) continue;
      explain(*status, uplink, *events);
      return kExitDone;
    }
  }
  complain(
      {*interface + " has no uplink " + name + "; there are: " + (names.empty() ? "none" : names)});
  return kExitFailed;
}

int cli_top(const Words& words, const CliOptions& options) {
  const auto interface = interface_of(words.empty() ? "" : words.front(), options);
  if (!interface) return kExitFailed;
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0) {
    complain({"top needs a terminal; `show` and `events --follow` do not"});
    return kExitFailed;
  }
  auto connection = connect(*interface, options);
  if (!connection) return kExitFailed;
  std::vector<std::string> failure;
  {
    const Terminal terminal;
    do {
      const ControlReply shown = connection->request({{"command", "show"}}, kAnswerLimit);
      const ControlReply told = connection->request({{"command", "events"}}, kAnswerLimit);
      failure = shown.error.empty() ? told.error : shown.error;
      if (!failure.empty()) break;
      const StatusResult parsed = status_from_json(nlohmann::json::parse(shown.answer)["status"]);
      if (!parsed.status) {
        failure = {parsed.error};
        break;
      }
      std::vector<std::string> events;
      for (const auto& event : nlohmann::json::parse(told.answer)["events"]) {
        const Event known = event_from_json(event);
        events.push_back(time_of_day(known.time_ms / 1000) + "  " + known.text);
      }
      Terminal::draw(render_screen(*parsed.status, events, Terminal::screen()));
    } while (!Terminal::wait_for_end(kRedraw));
  }
  complain(failure);
  return failure.empty() ? kExitDone : kExitFailed;
}

}  // namespace wirebraid::control
