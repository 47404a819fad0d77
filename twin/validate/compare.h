// What a mesh measured before and after an upgrade, side by side.
#pragma once

#include "twin/check/result.h"
#include "twin/validate/verdict.h"

namespace wirebraid::validate {

/// Every figure that both have, by check and subject. What is worse by more than chance is failed:
/// see the table in compare.cc.
std::vector<Comparison> compare(const check::Results& before, const check::Results& after);

}  // namespace wirebraid::validate
