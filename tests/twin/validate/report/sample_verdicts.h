// Verdicts for tests of the reports.
#pragma once

#include <string>

#include "twin/validate/verdict.h"

namespace wirebraid::validate {

/// Four nodes in a row: server ~ gateway ~ mast ~ house, by wan, ethernet and radio; without
/// locations. Two steps with three results, two comparisons, nothing failed, one skipped.
Verdict good_verdict();

/// good_verdict() in which passed results stand before two failed ones, of mast and of
/// "house -> mast", and one comparison of three failed; with a log of mast.
Verdict bad_verdict();

/// bad_verdict() with kHostile, or as much of it as there can be, in each of its texts.
extern const std::string kHostile;
Verdict hostile_verdict();

/// An Evernet in which all nodes were flashed, and a few are not well afterwards.
Verdict evernet_verdict();

}  // namespace wirebraid::validate
