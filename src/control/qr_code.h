// Text as a picture that a phone's camera reads (ISO/IEC 18004), by libqrencode where that was
// there at build time.
#pragma once

#include <optional>
#include <string>

namespace wirebraid::control {

/// For a terminal: two rows of modules a line, dark on light, with the quiet zone of four modules.
/// nullopt: built without libqrencode, or the text is too long (about 2900 bytes).
std::optional<std::string> qr_code(const std::string& text);

}  // namespace wirebraid::control
