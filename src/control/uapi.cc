#include "control/uapi.h"

#include <cerrno>
#include <charconv>
#include <utility>

namespace wirebraid::control {
namespace {

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// A flag can only be raised: anything but "true" is a mistake.
bool set_flag(bool& flag, std::string_view value) { return flag = value == "true"; }

template <class Field, class Parsed>
bool assign(Field& field, const std::optional<Parsed>& parsed) {
  if (parsed) field = *parsed;
  return parsed.has_value();
}

bool read_device_key(SetRequest& request, std::string_view key, std::string_view value) {
  if (key == "private_key") return assign(request.private_key, PrivateKey::from_hex(value));
  if (key == "listen_port") return assign(request.listen_port, parse_number<uint16_t>(value));
  if (key == "fwmark") return assign(request.firewall_mark, parse_number<uint32_t>(value));
  if (key == "replace_peers") return set_flag(request.replace_peers, value);
  return false;
}

bool read_allowed_ip(PeerChange& peer, std::string_view value) {
  const bool remove = value.starts_with('-');
  if (remove) value.remove_prefix(1);
  // An address alone is no prefix here, other than in a configuration file.
  if (value.find('/') == std::string_view::npos) return false;
  const auto prefix = Prefix::parse(value);
  if (prefix && !peer.remove) peer.allowed_ips.push_back({prefix->masked(), remove});
  return prefix.has_value();
}

bool read_peer_key(PeerChange& peer, std::string_view key, std::string_view value) {
  // The one that comes by the hundred thousand is asked first.
  if (key == "allowed_ip") return read_allowed_ip(peer, value);
  if (key == "remove") return set_flag(peer.remove, value);
  if (key == "update_only") return set_flag(peer.update_only, value);
  if (key == "preshared_key") return assign(peer.preshared_key, PresharedKey::from_hex(value));
  if (key == "endpoint") {
    const auto endpoint = Endpoint::parse(value);
    return endpoint && endpoint->port != 0 && assign(peer.endpoint, endpoint);
  }
  if (key == "persistent_keepalive_interval") {
    const auto seconds = parse_number<uint16_t>(value);
    if (seconds) peer.persistent_keepalive = std::chrono::seconds(*seconds);
    return seconds.has_value();
  }
  if (key == "replace_allowed_ips") {
    peer.allowed_ips.clear();  // lines act in order: what came before is replaced, too
    return set_flag(peer.replace_allowed_ips, value);
  }
  if (key == "protocol_version") return value == "1";
  return false;
}

/// 0 or an errno.
int read_set_line(SetRequest& request, std::string_view line) {
  const size_t equals = line.find('=');
  if (equals == std::string_view::npos) return EPROTO;
  const std::string_view key = line.substr(0, equals);
  const std::string_view value = line.substr(equals + 1);
  if (key == "public_key") {
    const auto public_key = PublicKey::from_hex(value);
    if (!public_key) return EINVAL;
    request.peers.emplace_back().public_key = *public_key;
    return 0;
  }
  const bool good = request.peers.empty() ? read_device_key(request, key, value)
                                          : read_peer_key(request.peers.back(), key, value);
  return good ? 0 : EINVAL;
}

// After "remove" the rest of a peer's lines act on nothing, as in wireguard-go.
void forget_removed(SetRequest& request) {
  for (PeerChange& peer : request.peers) {
    if (!peer.remove) continue;
    PeerChange removal;
    removal.public_key = peer.public_key;
    removal.remove = true;
    peer = std::move(removal);
  }
}

}  // namespace

void UapiParser::feed(std::string_view bytes) {
  pending_.erase(0, position_);
  position_ = 0;
  pending_.append(bytes);
}

std::optional<UapiRequest> UapiParser::next() {
  while (!broken_) {
    const std::string_view rest = std::string_view(pending_).substr(position_);
    const size_t end = rest.find('\n');
    const size_t length = end == std::string_view::npos ? rest.size() : end;
    if (length > kMaxLineBytes) {
      broken_ = true;
      break;
    }
    if (end == std::string_view::npos) break;
    position_ += end + 1;
    if (auto request = take_line(rest.substr(0, end))) return request;
  }
  return std::nullopt;
}

std::optional<UapiRequest> UapiParser::take_line(std::string_view line) {
  switch (state_) {
    case State::operation:
      request_ = {};
      set_bytes_ = 0;
      if (line == "get=1") {
        state_ = State::get;
      } else if (line == "set=1") {
        request_.kind = UapiRequest::Kind::set;
        state_ = State::set;
      } else {
        broken_ = true;
      }
      return std::nullopt;
    case State::get:
      if (line.empty()) return finish();
      request_.error = EINVAL;
      return std::nullopt;
    case State::set:
      break;
  }
  if (line.empty()) return finish();
  set_bytes_ += line.size() + 1;
  if (request_.error != 0) return std::nullopt;
  request_.error = set_bytes_ > kMaxSetBytes ? EFBIG : read_set_line(request_.set, line);
  if (request_.error != 0) request_.set = {};
  return std::nullopt;
}

std::optional<UapiRequest> UapiParser::finish() {
  state_ = State::operation;
  forget_removed(request_.set);
  return std::exchange(request_, {});
}

std::string format_get(const DeviceState& state) {
  std::string text;
  const auto line = [&text](std::string_view key, std::string_view value) {
    text.append(key).append("=").append(value).append("\n");
  };
  const auto number = [&](std::string_view key, auto value) { line(key, std::to_string(value)); };

  if (!state.private_key.is_zero()) line("private_key", state.private_key.to_hex());
  if (state.listen_port != 0) number("listen_port", state.listen_port);
  if (state.firewall_mark != 0) number("fwmark", state.firewall_mark);
  for (const PeerState& peer : state.peers) {
    line("public_key", peer.public_key.to_hex());
    line("preshared_key", peer.preshared_key.to_hex());
    line("protocol_version", "1");
    if (peer.endpoint) line("endpoint", peer.endpoint.to_string());
    const auto handshake = peer.last_handshake.value_or(WallTime()).time_since_epoch();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(handshake);
    number("last_handshake_time_sec", seconds.count());
    number("last_handshake_time_nsec", std::chrono::nanoseconds(handshake - seconds).count());
    number("tx_bytes", peer.sent_bytes);
    number("rx_bytes", peer.received_bytes);
    number("persistent_keepalive_interval", peer.persistent_keepalive.count());
    for (const Prefix& prefix : peer.allowed_ips) line("allowed_ip", prefix.to_string());
  }
  return text + format_errno(0);
}

std::string format_errno(int error) { return "errno=" + std::to_string(-error) + "\n\n"; }

}  // namespace wirebraid::control
