// The password: one file with an Argon2id string (RFC 9106, as libsodium writes it), mode 0600.
#pragma once

#include <string>

namespace wirebraid::web {

inline constexpr size_t kLeastPasswordBytes = 10;
inline constexpr size_t kMostPasswordBytes = 1024;

/// What a login is checked against.
class Password {
 public:
  /// From a file; `error` says why there is none, and how to make one.
  static Password read(const std::string& file, std::string& error);
  explicit Password(std::string hash = {}) : hash_(std::move(hash)) {}

  /// Takes a tenth of a second and 64 MiB.
  bool matches(const std::string& password) const;

 private:
  std::string hash_;
};

/// The Argon2id string; empty without the memory for it.
std::string hash_password(const std::string& password);

/// Why a new password will not do; empty: it does.
std::string password_fault(const std::string& password);

/// Replaces the file at once: whoever reads finds the old or the new one. Empty, or why not.
std::string write_password_file(const std::string& file, const std::string& hash);

}  // namespace wirebraid::web
