// Tells the service manager how the daemon is (sd_notify(3)): ready, reloading, ending, alive. The
// protocol is one datagram of lines NAME=VALUE to the Unix socket that $NOTIFY_SOCKET names.
#pragma once

#include <string>
#include <string_view>
#include <system_error>

#include "wirebraid/time.h"

namespace wirebraid::control {

/// Without a manager every member does nothing and succeeds.
class ServiceNotify {
 public:
  /// `socket`: a path, or with a leading '@' a name of the abstract kind; empty: no manager.
  /// `watchdog`: the manager restarts whoever is silent for that long; zero: it does not watch.
  explicit ServiceNotify(std::string socket, Duration watchdog = {});
  /// As $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID say; the last one may mean another
  /// process.
  static ServiceNotify from_environment();

  std::error_code ready() const { return send("READY=1"); }
  /// Until ready() is told again. `now`: of the monotonic clock, as the manager's own.
  std::error_code reloading(Time now) const;
  std::error_code stopping() const { return send("STOPPING=1"); }
  /// One line for people, shown by `systemctl status`. Sent when it differs from the last one.
  std::error_code status(const std::string& text);
  /// To be called at every turn of whatever must not hang; tells it twice in each watchdog time.
  std::error_code alive(Time now);

 private:
  std::error_code send(std::string_view state) const;

  std::string socket_;
  Duration watchdog_;
  Time next_alive_{};
  std::string status_;
};

/// Tells that a reload begins, and at its end that it is over.
class ServiceReload {
 public:
  /// `service` may be nullptr.
  ServiceReload(const ServiceNotify* service, Time now) : service_(service) {
    if (service_ != nullptr) service_->reloading(now);
  }
  ~ServiceReload() {
    if (service_ != nullptr) service_->ready();
  }
  ServiceReload(const ServiceReload&) = delete;
  ServiceReload& operator=(const ServiceReload&) = delete;

 private:
  const ServiceNotify* service_;
};

}  // namespace wirebraid::control
