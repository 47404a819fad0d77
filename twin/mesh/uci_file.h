// Writes a file of /etc/config: sections of options and lists.
#pragma once

#include <string>
#include <string_view>

namespace wirebraid::mesh {

class UciFile {
 public:
  /// Values are quoted as for a shell, which is uci's form too. A name is letters, digits and '_';
  /// empty: none.
  UciFile& section(std::string_view type, std::string_view name = "");
  UciFile& option(std::string_view key, std::string_view value);
  UciFile& list(std::string_view key, std::string_view value);
  const std::string& text() const { return text_; }

 private:
  void line(std::string_view word, std::string_view key, std::string_view value);
  std::string text_;
};

}  // namespace wirebraid::mesh
