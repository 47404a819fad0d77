// Who is logged in. Times and random bytes are passed in.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "wirebraid/platform.h"
#include "wirebraid/time.h"

namespace wirebraid::web {

/// 256 random bits, hexadecimal.
std::string random_token(Platform& platform);
/// Compares without telling by its time where they differ.
bool same_secret(const std::string& one, const std::string& other);

struct SessionLimits {
  std::chrono::minutes idle{30};    ///< since last used
  std::chrono::hours absolute{12};  ///< since the login
  size_t most = 32;                 ///< a further login ends the one unused longest
};

/// Not thread-safe.
class Sessions {
 public:
  explicit Sessions(Platform& platform, SessionLimits limits = {})
      : platform_(platform), limits_(limits) {}

  struct Opened {
    std::string token;  ///< for the cookie
    std::string csrf;   ///< for the page
  };
  Opened open(Time now);

  struct Found {
    std::string id;  ///< a digest of the token; no secret
    std::string csrf;
  };
  /// nullopt: no such session, or it has expired. Otherwise it counts as used now.
  std::optional<Found> use(const std::string& token, Time now);
  /// The same by the id, as long as a page is open.
  bool keep_alive(const std::string& id, Time now);
  void close(const std::string& id) { sessions_.erase(id); }

  size_t size() const { return sessions_.size(); }

 private:
  struct Session {
    std::string csrf;
    Time opened;
    Time used;
  };
  bool expired(const Session& session, Time now) const;
  void drop_expired(Time now);

  Platform& platform_;
  const SessionLimits limits_;
  // By the token's digest: looking one up tells nothing of the others by its time.
  std::map<std::string, Session> sessions_;
};

}  // namespace wirebraid::web
