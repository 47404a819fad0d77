// Text that may hold private keys: wiped when it dies.
#pragma once

#include <string>
#include <utility>

#include "wirebraid/keys.h"

namespace wirebraid::control {

class SecretText {
 public:
  SecretText() = default;
  explicit SecretText(std::string text) : text_(std::move(text)) {}
  SecretText(SecretText&& other) noexcept : text_(std::exchange(other.text_, {})) {}
  SecretText& operator=(SecretText&& other) noexcept {
    std::swap(text_, other.text_);
    return *this;
  }
  ~SecretText() { detail::wipe({reinterpret_cast<uint8_t*>(text_.data()), text_.size()}); }

  const std::string& get() const { return text_; }
  std::string& get() { return text_; }

 private:
  std::string text_;
};

}  // namespace wirebraid::control
