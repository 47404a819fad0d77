#include "web/sessions.h"

#include <sodium.h>

#include <algorithm>
#include <array>

namespace wirebraid::web {
namespace {

constexpr size_t kTokenBytes = 32;

std::string hexadecimal(std::span<const uint8_t> bytes) {
  std::string text(bytes.size() * 2 + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
  text.pop_back();
  return text;
}

std::string digest(const std::string& token) {
  std::array<uint8_t, crypto_generichash_BYTES> hash;
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const uint8_t*>(token.data()),
                     token.size(), nullptr, 0);
  return hexadecimal(hash);
}

}  // namespace

std::string random_token(Platform& platform) {
  std::array<uint8_t, kTokenBytes> bytes;
  platform.random(bytes);
  return hexadecimal(bytes);
}

bool same_secret(const std::string& one, const std::string& other) {
  return !one.empty() && one.size() == other.size() &&
         sodium_memcmp(one.data(), other.data(), one.size()) == 0;
}

Sessions::Opened Sessions::open(Time now) {
  drop_expired(now);
  while (sessions_.size() >= limits_.most) {
    sessions_.erase(std::min_element(
        sessions_.begin(), sessions_.end(),
        [](const auto& one, const auto& other) { return one.second.used < other.second.used; }));
  }
  Opened opened{random_token(platform_), random_token(platform_)};
  sessions_[digest(opened.token)] = {opened.csrf, now, now};
  return opened;
}

std::optional<Sessions::Found> Sessions::use(const std::string& token, Time now) {
  if (token.size() != kTokenBytes * 2) return std::nullopt;
  std::string id = digest(token);
  if (!keep_alive(id, now)) return std::nullopt;
  std::string csrf = sessions_[id].csrf;
  return Found{std::move(id), std::move(csrf)};
}

bool Sessions::keep_alive(const std::string& id, Time now) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return false;
  if (expired(found->second, now)) {
    sessions_.erase(found);
    return false;
  }
  found->second.used = now;
  return true;
}

bool Sessions::expired(const Session& session, Time now) const {
  return now - session.used >= limits_.idle || now - session.opened >= limits_.absolute;
}

void Sessions::drop_expired(Time now) {
  std::erase_if(sessions_, [&](const auto& each) { return expired(each.second, now); });
}

}  // namespace wirebraid::web
