// A verdict for programs.
#pragma once

#include <string>

#include "twin/validate/verdict.h"

namespace wirebraid::validate {

inline constexpr const char* kVerdictFormatName = "wirebraid-verdict";
inline constexpr int kVerdictFormatVersion = 1;

/// Everything that is in it. Texts are as they were said, with control characters escaped; only
/// bytes that are no UTF-8 become U+FFFD, and numbers that are none (NaN) null.
std::string json_report(const Verdict& verdict);

}  // namespace wirebraid::validate
