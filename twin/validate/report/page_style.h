// How the page looks.
#pragma once

#include <string_view>

namespace wirebraid::validate {

/// CSS for light and dark, phones and paper. It has none of the characters that XML escapes.
extern const std::string_view kPageStyle;

}  // namespace wirebraid::validate
