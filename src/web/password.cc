#include "web/password.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "io/descriptor.h"

namespace wirebraid::web {
namespace {

constexpr auto kOperations = crypto_pwhash_OPSLIMIT_INTERACTIVE;
constexpr auto kMemory = crypto_pwhash_MEMLIMIT_INTERACTIVE;
constexpr std::string_view kPrefix = "$argon2id$";

std::string how_to_make(const std::string& file) {
  return "make one with: wirebraid-web --set-password --password-file " + file;
}

std::error_code write_and_sync(const io::Descriptor& file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = ::write(file.get(), text.data(), text.size());
    if (wrote < 0 && errno != EINTR) return io::last_error();
    if (wrote > 0) text.remove_prefix(static_cast<size_t>(wrote));
  }
  return ::fsync(file.get()) == 0 ? std::error_code() : io::last_error();
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
  std::string temporary = file + ".XXXXXX";
  // mkostemp() makes it with mode 0600.
  const io::Descriptor descriptor(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!descriptor) return file + ": " + io::last_error().message();
  std::error_code error = write_and_sync(descriptor, hash + "\n");
  if (!error && ::rename(temporary.c_str(), file.c_str()) != 0) error = io::last_error();
  if (error) {
    ::unlink(temporary.c_str());
    return file + ": " + error.message();
  }
  const std::string directory = std::filesystem::absolute(file).parent_path().string();
  const io::Descriptor place(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (place) ::fsync(place.get());
  return {};
}

}  // namespace wirebraid::web
