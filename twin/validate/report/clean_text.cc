#include "twin/validate/report/clean_text.h"

#include <array>
#include <cstdint>

namespace wirebraid::validate {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

struct Character {
  uint32_t code = 0;
  size_t bytes = 0;  ///< 0: not UTF-8
};

bool is_continuation(char byte) { return (static_cast<uint8_t>(byte) & 0xc0) == 0x80; }

/// The first character of a text that is not empty, as RFC 3629 has it: no longer than need be, no
/// surrogates, nothing beyond U+10FFFF.
Character first_character(std::string_view text) {
  const auto lead = static_cast<uint8_t>(text[0]);
  if (lead < 0x80) return {lead, 1};
  const size_t bytes = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (bytes == 0 || bytes > text.size()) return {};
  uint32_t code = lead & (0x7fu >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    if (!is_continuation(text[i])) return {};
    code = code << 6 | (static_cast<uint8_t>(text[i]) & 0x3fu);
  }
  constexpr std::array<uint32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < kLeast[bytes] || code > 0x10ffff || surrogate) return {};
  return {code, bytes};
}

bool is_control(uint32_t code) {
  return (code < 0x20 && code != '\n' && code != '\t') || code == 0x7f;
}

bool is_harmful(uint32_t code) {
  const bool late_control = code >= 0x80 && code <= 0x9f;  // a terminal may obey these too
  const bool no_character = (code & 0xfffe) == 0xfffe || (code >= 0xfdd0 && code <= 0xfdef);
  const bool turns = (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
  return late_control || no_character || turns;
}

/// U+2400 to U+2421, which show what control character there was.
std::string picture_of(uint32_t control) {
  const uint32_t low = control == 0x7f ? 0x21 : control;
  return {'\xe2', '\x90', static_cast<char>(0x80 + low)};
}

/// Whether only carriage returns are between the start of `text` and a newline. A serial console
/// ends its lines so.
bool ends_line(std::string_view text) {
  const size_t other = text.find_first_not_of('\r');
  return other != std::string_view::npos && text[other] == '\n';
}

std::string escaped(std::string_view text, bool attribute) {
  std::string result;
  for (const char c : clean_text(text)) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      case '\n':
        result += attribute ? "&#10;" : "\n";
        break;
      case '\t':
        result += attribute ? "&#9;" : "\t";
        break;
      default:
        result += c;
    }
  }
  return result;
}

}  // namespace

std::string clean_text(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const Character character = first_character(text);
    const size_t bytes = character.bytes == 0 ? 1 : character.bytes;
    if (character.bytes == 0 || is_harmful(character.code)) {
      result += kReplacement;
    } else if (character.code == '\r' && ends_line(text)) {
      // Goes.
    } else if (is_control(character.code)) {
      result += picture_of(character.code);
    } else {
      result += text.substr(0, bytes);
    }
    text.remove_prefix(bytes);
  }
  return result;
}

std::string escaped_text(std::string_view text) { return escaped(text, false); }

std::string escaped_attribute(std::string_view text) { return escaped(text, true); }

}  // namespace wirebraid::validate
