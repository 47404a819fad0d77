#include "core/wireguard/cookie.h"

#include <algorithm>
#include <string_view>

#include "core/crypto/blake2s.h"
#include "wirebraid/crypto/aead.h"
#include "wirebraid/platform.h"

namespace wirebraid::wireguard {

namespace {

constexpr size_t kMacSize = 16;

crypto::Secret<32> labelled_key(std::string_view label, const PublicKey& key) {
  crypto::Secret<32> out;
  const auto hash = crypto::blake2s(
      {{reinterpret_cast<const uint8_t*>(label.data()), label.size()}, key.bytes()});
  std::copy(hash.begin(), hash.end(), out.begin());
  return out;
}
crypto::Secret<32> mac1_key_of(const PublicKey& key) { return labelled_key("mac1----", key); }
crypto::Secret<32> cookie_key_of(const PublicKey& key) { return labelled_key("cookie--", key); }

// Both macs stand at the end of the message: mac1 covers all before it, mac2 also mac1.
template <class Span>
Span before_mac1(Span message) {
  return message.first(message.size() - 2 * kMacSize);
}
template <class Span>
Span mac1_of(Span message) {
  return message.subspan(message.size() - 2 * kMacSize, kMacSize);
}
template <class Span>
Span before_mac2(Span message) {
  return message.first(message.size() - kMacSize);
}
template <class Span>
Span mac2_of(Span message) {
  return message.last(kMacSize);
}

}  // namespace

CookieChecker::CookieChecker(const PublicKey& ours, const CookieSeed& seed)
    : mac1_key_(mac1_key_of(ours)), cookie_key_(cookie_key_of(ours)), seed_(seed) {}

bool CookieChecker::check_mac1(ConstByteSpan message) const {
  const Mac expected = crypto::blake2s_mac(mac1_key_, {before_mac1(message)});
  return detail::equal_constant_time(expected, mac1_of(message));
}

bool CookieChecker::check_mac2(ConstByteSpan message, const Endpoint& from, Time now) {
  const Mac expected = crypto::blake2s_mac(cookie_for(from, now), {before_mac2(message)});
  return detail::equal_constant_time(expected, mac2_of(message));
}

CookieReply CookieChecker::reply(ConstByteSpan message, const Endpoint& from, Time now,
                                 Platform& platform) {
  CookieReply out{};
  store_le(out.type.data(), static_cast<uint32_t>(MessageType::cookie_reply));
  // The sender's index stands at the same place in both kinds of message.
  std::copy_n(message.begin() + offsetof(Initiation, sender), out.receiver.size(),
              out.receiver.begin());
  platform.random(out.nonce);
  crypto::xseal(cookie_key_, out.nonce, mac1_of(message), cookie_for(from, now),
                out.encrypted_cookie.data());
  return out;
}

Cookie CookieChecker::cookie_for(const Endpoint& from, Time now) {
  const int64_t period = now.time_since_epoch() / kCookieLifetime;
  if (period_ != period) {
    Bytes<8> number;
    store_be(number.data(), static_cast<uint64_t>(period));
    const auto secret = crypto::blake2s({seed_.bytes(), number});
    std::copy(secret.begin(), secret.end(), secret_.begin());
    period_ = period;
  }
  Bytes<2> port;
  store_be<uint16_t>(port.data(), from.port);
  return crypto::blake2s_mac(secret_, {from.address.bytes(), port});
}

void CookieGenerator::add_macs(ByteSpan message, Time now) {
  if (!state_) state_ = std::make_unique<State>();
  state_->last_mac1 = crypto::blake2s_mac(mac1_key_of(theirs_), {before_mac1(message)});
  std::copy(state_->last_mac1->begin(), state_->last_mac1->end(), mac1_of(message).begin());
  Mac mac2{};
  const auto received = state_->cookie_received;
  if (received && now - *received < kCookieLifetime - kCookieLatency) {
    mac2 = crypto::blake2s_mac(state_->cookie, {before_mac2(message)});
  }
  std::copy(mac2.begin(), mac2.end(), mac2_of(message).begin());
}

bool CookieGenerator::consume(const CookieReply& reply, Time now) {
  Cookie cookie;
  if (!state_ || !state_->last_mac1 ||
      !crypto::xopen(cookie_key_of(theirs_), reply.nonce, *state_->last_mac1,
                     reply.encrypted_cookie, cookie.data())) {
    return false;
  }
  state_->cookie = cookie;
  state_->cookie_received = now;
  state_->last_mac1.reset();
  return true;
}

void CookieGenerator::answered() {
  if (!state_) return;
  state_->last_mac1.reset();
  if (!state_->cookie_received) state_.reset();
}

}  // namespace wirebraid::wireguard
