// The routes: the page's files, logging in and out, and what is passed on to the daemons
// (docs/web.md). Thread-safe.
#pragma once

#include <functional>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "web/http.h"
#include "web/login_limiter.h"
#include "web/page_files.h"
#include "web/password.h"
#include "web/sessions.h"
#include "wirebraid/platform.h"

namespace wirebraid::web {

struct ApiOptions {
  std::string socket_directory;
  std::string map_file;            ///< empty: none
  std::vector<std::string> hosts;  ///< names that the server is called by, besides addresses
  bool behind_proxy = false;       ///< a proxy on this machine says whose request it is
  bool metrics_open = false;       ///< to all who can connect, not only to this machine
};

class Api {
 public:
  /// The platform is used under a lock of the Api's. `now`: a monotonic clock.
  Api(ApiOptions options, PageFiles files, Password password, Platform& platform,
      std::function<Time()> now);

  Response handle(const Request& request);

 private:
  struct Route;
  static const Route* find_route(const std::string& path);

  /// What a request is allowed to do.
  struct Caller {
    std::string id;    ///< of the session; empty: not logged in
    std::string csrf;  ///< that a POST has to carry
  };
  Caller caller_of(const Request& request);
  Response page_file(const Request& request, const PageFile& file) const;

  Response session(const Request& request, const Caller& caller);
  Response login(const Request& request, const Caller& caller);
  Response logout(const Request& request, const Caller& caller);
  Response interfaces(const Request& request, const Caller& caller);
  Response live(const Request& request, const Caller& caller);
  Response events(const Request& request, const Caller& caller);
  Response configuration(const Request& request, const Caller& caller);
  Response change(const Request& request, const Caller& caller);
  Response confirm(const Request& request, const Caller& caller);
  Response revert(const Request& request, const Caller& caller);
  Response reload(const Request& request, const Caller& caller);
  Response speedtest(const Request& request, const Caller& caller);
  Response map(const Request& request, const Caller& caller);
  Response metrics(const Request& request, const Caller& caller);

  Response pass_on(const Request& request, const nlohmann::json& line, std::chrono::seconds limit);
  Response pass_on_change(const Request& request, const std::string& command,
                          const std::vector<std::string>& members);
  Response wait_before_login(Duration wait) const;

  bool is_secure(const Request& request) const;
  /// Of whoever asks, behind a proxy or not.
  std::string client_of(const Request& request) const;
  std::string cookie_name(const Request& request) const;
  std::string set_cookie(const Request& request, const std::string& name, const std::string& value,
                         int max_age_s) const;

  const ApiOptions options_;
  const PageFiles files_;
  const Password password_;
  const std::function<Time()> now_;
  std::mutex checking_;  // one password at a time: each takes 64 MiB
  std::mutex mutex_;
  Platform& platform_;  // guarded by mutex_, as the next two
  Sessions sessions_;
  LoginLimiter limiter_;
};

}  // namespace wirebraid::web
