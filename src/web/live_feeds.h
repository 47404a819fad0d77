// What the daemons have to tell, as Server-Sent Events: the status of each interface that somebody
// looks at once a second, its events at once.
//
// One connection to a daemon serves all who look at its interface, in the loop's thread.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "io/descriptor.h"
#include "web/loop.h"
#include "web/server.h"

namespace wirebraid::web {

class LiveFeeds : public LiveSource {
 public:
  /// Both must outlive it.
  LiveFeeds(Loop& loop, Server& server, std::string socket_directory);
  ~LiveFeeds() override;

  void follow(const std::string& interface) override;
  void leave(const std::string& interface) override;

 private:
  struct Feed {
    std::string interface;
    io::Descriptor socket;
    std::string input;
    bool asked = false;  ///< and not answered yet
    uint64_t next_event = 0;
    Time next_step{};
    Time asked_at{};
  };

  void step(Feed& feed, Time now);
  void connect(Feed& feed, Time now);
  bool ask(Feed& feed, const std::string& request);
  void on_readable(const std::string& interface);
  void take_line(Feed& feed, const std::string& line);
  void lost(Feed& feed, const std::string& why);
  void disconnect(Feed& feed);

  Loop& loop_;
  Server& server_;
  const std::string directory_;
  std::map<std::string, Feed> feeds_;
};

/// One event of a stream. `data` has no line end within.
std::string server_sent_event(const std::string& name, const std::string& data);

}  // namespace wirebraid::web
