#include "web/password.h"

#include <sodium.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <fstream>

#include "control/replace_file.h"
#include "io/descriptor.h"

namespace wirebraid::web {
namespace {

constexpr auto kOperations = crypto_pwhash_OPSLIMIT_INTERACTIVE;
constexpr auto kMemory = crypto_pwhash_MEMLIMIT_INTERACTIVE;
constexpr std::string_view kPrefix = "$argon2id$";

std::string how_to_make(const std::string& file) {
  return "make one with: wirebraid-web --set-password --password-file " + file;
}

}  // namespace

Password Password::read(const std::string& file, std::string& error) {
  error.clear();
  if (file.empty()) {
    error = "no password file; " + how_to_make("FILE") + " and name it here";
    return Password();
  }
  std::ifstream stream(file);
  if (!stream) {
    error = "password file " + file + ": " + io::last_error().message() + "; " + how_to_make(file);
    return Password();
  }
  std::string hash;
  std::getline(stream, hash);
  if (hash.compare(0, kPrefix.size(), kPrefix) != 0 || hash.size() >= crypto_pwhash_STRBYTES) {
    error = "password file " + file + ": no Argon2id string; " + how_to_make(file);
    return Password();
  }
  struct stat status {};
  if (::stat(file.c_str(), &status) == 0 && (status.st_mode & 077) != 0) {
    error = "password file " + file + ": others may read it; chmod 600 it";
    return Password();
  }
  return Password(hash);
}

bool Password::matches(const std::string& password) const {
  if (hash_.empty() || password.size() > kMostPasswordBytes) return false;
  return crypto_pwhash_str_verify(hash_.c_str(), password.data(), password.size()) == 0;
}

std::string hash_password(const std::string& password) {
  std::array<char, crypto_pwhash_STRBYTES> hash{};
  if (crypto_pwhash_str_alg(hash.data(), password.data(), password.size(), kOperations, kMemory,
                            crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return {};
  }
  return hash.data();
}

std::string password_fault(const std::string& password) {
  if (password.size() < kLeastPasswordBytes) {
    return "a password of at least " + std::to_string(kLeastPasswordBytes) + " bytes expected";
  }
  if (password.size() > kMostPasswordBytes) {
    return "a password of at most " + std::to_string(kMostPasswordBytes) + " bytes expected";
  }
  return {};
}

std::string write_password_file(const std::string& file, const std::string& hash) {
  // One that is there keeps its mode when it is replaced.
  if (::chmod(file.c_str(), 0600) != 0 && errno != ENOENT) {
    return file + ": " + io::last_error().message();
  }
  const std::error_code error = control::replace_file(file, hash + "\n");
  return error ? file + ": " + error.message() : std::string();
}

}  // namespace wirebraid::web
