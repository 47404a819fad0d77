// How the commands of wirebraid-twin talk to a running twin: over a Unix stream socket in its
// directory, one line of JSON each way. A request is {"command": NAME, ...}; an answer is
// {"ok": true, ...} or {"ok": false, "error": "a sentence"}. After the answer to "shell" the
// connection is the node's console.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>

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

/// Sends a request and returns the answer. Throws KeeperError, also for one that is not "ok".
Json ask(const std::filesystem::path& directory, const Json& request);

}  // namespace wirebraid::keeper
