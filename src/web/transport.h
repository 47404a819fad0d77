// Bytes over a connected, non-blocking socket: plain or by TLS.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "io/descriptor.h"

namespace wirebraid::web {

struct Moved {
  enum class Outcome : uint8_t { some, again, ended };
  Outcome outcome = Outcome::ended;
  size_t bytes = 0;  ///< of outcome some
};

class Transport {
 public:
  explicit Transport(io::Descriptor socket) : socket_(std::move(socket)) {}
  virtual ~Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  int fd() const { return socket_.get(); }
  virtual Moved read(std::span<char> to) = 0;
  virtual Moved write(std::span<const char> from) = 0;
  /// Says that nothing more will be written.
  virtual void finish() = 0;
  /// Epoll events without which neither read() nor write() goes on; TLS may have to write in order
  /// to read.
  virtual uint32_t needed_events() const { return 0; }

 protected:
  io::Descriptor socket_;
};

std::unique_ptr<Transport> make_plain_transport(io::Descriptor socket);

/// A certificate and its key. Copies of a context are not needed: all connections share it.
class TlsContext {
 public:
  virtual ~TlsContext() = default;
  /// nullptr without memory.
  virtual std::unique_ptr<Transport> accept(io::Descriptor socket) = 0;
};
struct TlsResult {
  std::unique_ptr<TlsContext> context;
  std::string error;  ///< why there is none
};
/// TLS 1.2 and later. PEM files; the certificate's may hold its chain.
TlsResult make_tls_context(const std::string& certificate_file, const std::string& key_file);

}  // namespace wirebraid::web
