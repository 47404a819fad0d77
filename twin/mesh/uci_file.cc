#include "twin/mesh/uci_file.h"

namespace wirebraid::mesh {
namespace {

/// uci's form, which is the shell's.
std::string quoted(std::string_view value) {
  std::string text = "'";
  for (const char each : value) text += each == '\'' ? std::string("'\\''") : std::string(1, each);
  return text + "'";
}

}  // namespace

UciFile& UciFile::section(std::string_view type, std::string_view name) {
  if (!text_.empty()) text_ += "\n";
  text_.append("config ").append(type);
  if (!name.empty()) text_.append(" ").append(quoted(name));
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
  text_.append("\t").append(word).append(" ").append(key).append(" ").append(quoted(value)) += "\n";
}

}  // namespace wirebraid::mesh
