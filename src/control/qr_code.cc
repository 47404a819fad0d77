#include "control/qr_code.h"

#ifdef WIREBRAID_HAVE_QRENCODE
#include <qrencode.h>

#include <memory>
#endif

namespace wirebraid::control {

#ifdef WIREBRAID_HAVE_QRENCODE

std::optional<std::string> qr_code(const std::string& text) {
  constexpr int kVersion = 0;  // the smallest that fits
  constexpr int kCaseSensitive = 1;
  const std::unique_ptr<QRcode, decltype(&QRcode_free)> code(
      QRcode_encodeString(text.c_str(), kVersion, QR_ECLEVEL_L, QR_MODE_8, kCaseSensitive),
      QRcode_free);
  if (!code) return std::nullopt;
  const int width = code->width;
  const auto dark = [&](int row, int column) {
    if (row < 0 || column < 0 || row >= width || column >= width) return false;
    return (code->data[row * width + column] & 1) != 0;
  };
  constexpr int kQuiet = 4;
  std::string picture;
  for (int row = -kQuiet; row < width + kQuiet; row += 2) {
    picture += "\x1b[30;107m";  // black on white, whatever the terminal has
    for (int column = -kQuiet; column < width + kQuiet; ++column) {
      const bool upper = dark(row, column);
      const bool lower = dark(row + 1, column);
      picture += upper ? (lower ? "\u2588" : "\u2580") : (lower ? "\u2584" : " ");
    }
    picture += "\x1b[0m\n";
  }
  return picture;
}

#else

std::optional<std::string> qr_code(const std::string&) { return std::nullopt; }

#endif

}  // namespace wirebraid::control
