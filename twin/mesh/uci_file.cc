#include "twin/mesh/uci_file.h"

#include "twin/lab/process.h"

namespace wirebraid::mesh {
UciFile& UciFile::section(std::string_view type, std::string_view name) {
  if (!text_.empty()) text_ += "\n";
  text_.append("config ").append(type);
  if (!name.empty()) text_.append(" ").append(lab::shell_quoted(name));
  text_ += "\n";
  return *this;
}

UciFile& UciFile::option(std::string_view key, std::string_view value) {
  line("option", key, value);
  return *this;
}

UciFile& UciFile::list(std::string_view key, std::string_view value) {
  line("list", key, value);
  return *this;
}

void UciFile::line(std::string_view word, std::string_view key, std::string_view value) {
  text_.append("\t").append(word).append(" ").append(key).append(" ").append(
      lab::shell_quoted(value)) += "\n";
}

}  // namespace wirebraid::mesh
