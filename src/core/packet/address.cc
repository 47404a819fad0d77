#include "wirebraid/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace wirebraid {

namespace {

/// A whole string of decimal digits, at most `max`; leading zeros are not accepted, because some
/// readers take them for octal.
template <class T>
std::optional<T> parse_decimal(std::string_view text, T max) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  T value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || value > max) return std::nullopt;
  return value;
}

}  // namespace

IpAddress IpAddress::v4(std::span<const uint8_t, 4> bytes) {
  IpAddress out;
  out.family_ = Family::v4;
  std::copy(bytes.begin(), bytes.end(), out.bytes_.begin());
  return out;
}

IpAddress IpAddress::v6(std::span<const uint8_t, 16> bytes) {
  IpAddress out;
  out.family_ = Family::v6;
  std::copy(bytes.begin(), bytes.end(), out.bytes_.begin());
  return out;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.size() >= terminated.size() || text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  std::copy(text.begin(), text.end(), terminated.begin());
  IpAddress out;
  if (inet_pton(AF_INET, terminated.data(), out.bytes_.data()) == 1) {
    out.family_ = Family::v4;
  } else if (inet_pton(AF_INET6, terminated.data(), out.bytes_.data()) == 1) {
    out.family_ = Family::v6;
  } else {
    return std::nullopt;
  }
  return out;
}

bool IpAddress::is_link_local() const {
  if (is_v4()) return bytes_[0] == 169 && bytes_[1] == 254;
  return is_v6() && bytes_[0] == 0xFE && (bytes_[1] & 0xC0U) == 0x80;
}

bool IpAddress::is_unspecified() const {
  const auto all = bytes();
  return family_ != Family::none &&
         std::all_of(all.begin(), all.end(), [](uint8_t byte) { return byte == 0; });
}

std::string IpAddress::to_string() const {
  if (family_ == Family::none) return "(none)";
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(is_v4() ? AF_INET : AF_INET6, bytes_.data(), text.data(), text.size());
  return text.data();
}

std::optional<Prefix> Prefix::parse(std::string_view text) {
  const size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  if (slash == std::string_view::npos) {
    return Prefix{*address, static_cast<uint8_t>(address->bits())};
  }
  const auto length = parse_decimal<unsigned>(text.substr(slash + 1), address->bits());
  if (!length) return std::nullopt;
  return Prefix{*address, static_cast<uint8_t>(*length)};
}

Prefix Prefix::masked() const {
  std::array<uint8_t, 16> bytes{};
  const auto from = address.bytes();
  std::copy(from.begin(), from.end(), bytes.begin());
  for (size_t i = 0; i < from.size(); ++i) {
    const size_t kept = length > i * 8 ? std::min<size_t>(length - i * 8, 8) : 0;
    bytes[i] &= static_cast<uint8_t>(0xFF00U >> kept);
  }
  const std::span all(bytes);
  if (address.is_v4()) return {IpAddress::v4(all.first<4>()), length};
  if (address.is_v6()) return {IpAddress::v6(all), length};
  return *this;
}

bool Prefix::contains(const IpAddress& other) const {
  return other && address.family() == other.family() &&
         Prefix{other, length}.masked().address == masked().address;
}

std::string Prefix::to_string() const { return address.to_string() + "/" + std::to_string(length); }

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const auto port = parse_decimal<uint16_t>(text.substr(colon + 1), UINT16_MAX);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);

  Endpoint out;
  if (const size_t percent = host.find('%'); percent != std::string_view::npos) {
    const auto scope = parse_decimal<uint32_t>(host.substr(percent + 1), UINT32_MAX);
    if (!bracketed || !scope) return std::nullopt;
    out.scope = *scope;
    host = host.substr(0, percent);
  }
  const auto address = IpAddress::parse(host);
  if (!address || !port || address->is_v6() != bracketed) return std::nullopt;
  if (out.scope != 0 && !(address->is_v6() && address->is_link_local())) return std::nullopt;
  out.address = *address;
  out.port = *port;
  return out;
}

std::string Endpoint::to_string() const {
  if (!address.is_v6()) return address.to_string() + ":" + std::to_string(port);
  std::string text(1, '[');
  text.append(address.to_string());
  if (scope != 0) text.append(1, '%').append(std::to_string(scope));
  return text.append("]:").append(std::to_string(port));
}

}  // namespace wirebraid
