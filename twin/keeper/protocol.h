// How the commands of wirebraid-twin talk to a running twin: over a Unix stream socket in its
// directory, one line of JSON each way. A request is {"command": NAME, ...}; an answer is
// {"ok": true, ...} or {"ok": false, "error": "a sentence"}. After the answer to "shell" the
// connection is the node's console.
#pragma once

#include <algorithm>
#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "io/descriptor.h"

namespace wirebraid::keeper {

using Json = nlohmann::ordered_json;

/// What could not be done, for people.
struct KeeperError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline std::filesystem::path socket_path(const std::filesystem::path& directory) {
  return directory / "twin.sock";
}

/// Listens at the socket in `directory`. Throws KeeperError if a twin runs there already.
io::Descriptor listen_in(const std::filesystem::path& directory);
/// Throws KeeperError if no twin runs there.
io::Descriptor connect_to(const std::filesystem::path& directory);

/// Writes one line. Throws KeeperError if the other side has gone.
void send_line(int fd, const Json& message);
/// Reads one line, byte by byte, so that what follows it stays. Nothing at the end of the stream.
/// Throws KeeperError if it is no JSON, or too long.
std::optional<Json> receive_line(int fd);

/// What "set" changes of a link, in the words of the topology.
inline constexpr std::array<std::string_view, 4> kLinkFigures{"rate_mbit", "delay_ms", "jitter_ms",
                                                              "loss"};
inline bool is_link_figure(std::string_view name) {
  return std::find(kLinkFigures.begin(), kLinkFigures.end(), name) != kLinkFigures.end();
}

/// Sends a request over a connection and returns the answer. Throws KeeperError, also for one that
/// is not "ok".
Json ask(int fd, const Json& request);
/// The same over a connection of its own. Throws KeeperError, also for one that is not "ok".
Json ask(const std::filesystem::path& directory, const Json& request);

}  // namespace wirebraid::keeper
