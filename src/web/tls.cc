#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <limits>

#include "web/transport.h"

namespace wirebraid::web {
namespace {

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeSession {
  void operator()(SSL* session) const { SSL_free(session); }
};
using Context = std::unique_ptr<SSL_CTX, FreeContext>;
using Session = std::unique_ptr<SSL, FreeSession>;

std::string last_reason() {
  std::array<char, 256> text;
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  return text.data();
}

class TlsTransport : public Transport {
 public:
  TlsTransport(io::Descriptor socket, Session session)
      : Transport(std::move(socket)), session_(std::move(session)) {
    SSL_set_fd(session_.get(), fd());
    SSL_set_accept_state(session_.get());
  }

  Moved read(std::span<char> to) override {
    size_t count = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(session_.get(), to.data(), to.size(), &count);
    return moved(result, count);
  }
  Moved write(std::span<const char> from) override {
    if (from.empty()) return {Moved::Outcome::again, 0};
    size_t count = 0;
    ERR_clear_error();
    const int result = SSL_write_ex(session_.get(), from.data(), from.size(), &count);
    return moved(result, count);
  }
  void finish() override {
    if (SSL_is_init_finished(session_.get()) != 0) SSL_shutdown(session_.get());
    ERR_clear_error();
    ::shutdown(fd(), SHUT_WR);
  }
  uint32_t needed_events() const override { return needed_; }

 private:
  Moved moved(int result, size_t count) {
    needed_ = 0;
    if (result == 1) return {Moved::Outcome::some, count};
    switch (SSL_get_error(session_.get(), result)) {
      case SSL_ERROR_WANT_READ:
        needed_ = EPOLLIN;
        return {Moved::Outcome::again, 0};
      case SSL_ERROR_WANT_WRITE:
        needed_ = EPOLLOUT;
        return {Moved::Outcome::again, 0};
      default:
        return {Moved::Outcome::ended, 0};
    }
  }

  Session session_;
  uint32_t needed_ = 0;
};

class OpensslContext : public TlsContext {
 public:
  explicit OpensslContext(Context context) : context_(std::move(context)) {}
  std::unique_ptr<Transport> accept(io::Descriptor socket) override {
    Session session(SSL_new(context_.get()));
    if (!session) return nullptr;
    return std::make_unique<TlsTransport>(std::move(socket), std::move(session));
  }

 private:
  Context context_;
};

}  // namespace

TlsResult make_tls_context(const std::string& certificate_file, const std::string& key_file) {
  Context context(SSL_CTX_new(TLS_server_method()));
  if (!context) return {nullptr, last_reason()};
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE);
  // A write is repeated with what is left, which may have moved in memory.
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) != 1) {
    return {nullptr, certificate_file + ": no certificate in PEM form: " + last_reason()};
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return {nullptr, key_file + ": no key in PEM form: " + last_reason()};
  }
  if (SSL_CTX_check_private_key(context.get()) != 1) {
    return {nullptr, key_file + " is not the key of " + certificate_file};
  }
  return {std::make_unique<OpensslContext>(std::move(context)), {}};
}

}  // namespace wirebraid::web
