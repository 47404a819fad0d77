// HTTPS with a certificate made here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstdio>
#include <memory>

#include "tests/web/running_web.h"
#include "web/transport.h"

namespace wirebraid::web {
namespace {

using ::testing::HasSubstr;
using wirebraid::testing::RawClient;
using wirebraid::testing::RunningWeb;
using wirebraid::testing::TemporaryDirectory;

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* what) const {
    Free(what);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using File = std::unique_ptr<std::FILE, Freed<std::fclose>>;

struct Pair {
  std::string certificate_file;
  std::string key_file;
};
/// Self-signed, valid for an hour.
Pair make_pair(const TemporaryDirectory& directory, const std::string& name) {
  Pair pair{directory.path() + "/" + name + ".pem", directory.path() + "/" + name + ".key"};
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate(X509_new());
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), subject);
  EXPECT_GT(X509_sign(certificate.get(), key.get(), EVP_sha256()), 0);
  PEM_write_X509(File(std::fopen(pair.certificate_file.c_str(), "w")).get(), certificate.get());
  PEM_write_PrivateKey(File(std::fopen(pair.key_file.c_str(), "w")).get(), key.get(), nullptr,
                       nullptr, 0, nullptr, nullptr);
  return pair;
}

class Https : public RunningWeb {
 protected:
  void begin(const ServerLimits& limits = {}) {
    const Pair pair = make_pair(directory, "server");
    TlsResult made = make_tls_context(pair.certificate_file, pair.key_file);
    ASSERT_TRUE(made.context) << made.error;
    context = std::move(made.context);
    start(limits, context.get());
  }
  void TearDown() override {
    RunningWeb::TearDown();
    context.reset();
  }
  std::unique_ptr<TlsContext> context;
};

/// A TLS client over a raw one.
class TlsClient {
 public:
  explicit TlsClient(uint16_t port, int highest = TLS1_3_VERSION)
      : raw_(port), context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_max_proto_version(context_.get(), highest);
    session_.reset(SSL_new(context_.get()));
    SSL_set_fd(session_.get(), raw_.fd());
  }
  bool handshake() { return SSL_connect(session_.get()) == 1; }
  /// Head and body.
  std::string ask(const std::string& request) {
    SSL_write(session_.get(), request.data(), static_cast<int>(request.size()));
    std::string answer;
    std::array<char, 16384> piece;
    size_t wanted = 1;
    while (answer.size() < wanted) {
      const int got = SSL_read(session_.get(), piece.data(), piece.size());
      if (got <= 0) break;
      answer.append(piece.data(), static_cast<size_t>(got));
      const size_t end = answer.find("\r\n\r\n");
      const size_t length = answer.find("Content-Length: ");
      wanted = end == std::string::npos || length == std::string::npos
                   ? answer.size() + 1
                   : end + 4 + std::stoul(answer.substr(length + 16));
    }
    return answer;
  }

 private:
  RawClient raw_;
  std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>> context_;
  std::unique_ptr<SSL, Freed<SSL_free>> session_;
};

TEST_F(Https, ServesThePageAndSecureCookies) {
  begin();
  TlsClient client(port);
  ASSERT_TRUE(client.handshake());
  EXPECT_THAT(client.ask(get("/api/session")), HasSubstr("; Secure"));
  // More than fits into one record, or into the kernel's buffer.
  const std::string big = client.ask(get("/big.js"));
  EXPECT_GT(big.size(), size_t{1} << 20);
  EXPECT_THAT(client.ask(get("/")), HasSubstr("200 OK"));
}

TEST_F(Https, OldVersionsAndPlainHttpAreRefused) {
  begin();
  TlsClient old(port, TLS1_1_VERSION);
  EXPECT_FALSE(old.handshake());
  RawClient plain = connect();
  plain.send(get("/"));
  EXPECT_TRUE(plain.ends());
  TlsClient client(port);
  EXPECT_TRUE(client.handshake()) << "others are served";
}

TEST_F(Https, AHandshakeHasALimit) {
  ServerLimits limits;
  limits.request = std::chrono::milliseconds(300);
  begin(limits);
  RawClient silent = connect();
  silent.send("\x16\x03\x01");
  EXPECT_TRUE(silent.ends());
}

TEST(TlsFiles, AreToldWhatIsWrongWithThem) {
  const TemporaryDirectory directory;
  const Pair one = make_pair(directory, "one");
  const Pair two = make_pair(directory, "two");
  EXPECT_THAT(make_tls_context(directory.path() + "/none", one.key_file).error,
              HasSubstr("no certificate in PEM form"));
  EXPECT_THAT(make_tls_context(one.certificate_file, one.certificate_file).error,
              HasSubstr("no key in PEM form"));
  EXPECT_THAT(make_tls_context(one.certificate_file, two.key_file).error,
              ::testing::AnyOf(HasSubstr("is not the key of"), HasSubstr("no key in PEM form")));
}

}  // namespace
}  // namespace wirebraid::web
