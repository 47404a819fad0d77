// The parts of the page, in the order in which they stand on it. Each adds a <section> with an id,
// or nothing if it has nothing to say.
#pragma once

#include "twin/validate/report/markup.h"
#include "twin/validate/verdict.h"

namespace wirebraid::validate {

/// The answer, the two firmwares, and what was done.
void add_summary(Markup& page, const Verdict& verdict);
/// Why it is bad: everything that failed, with what that rests on. Id "failures".
void add_failures(Markup& page, const Verdict& verdict);
/// Id "comparisons"; failed ones first.
void add_comparisons(Markup& page, const Verdict& verdict);
/// A table of the steps, and the results of each. Id "steps".
void add_steps(Markup& page, const Verdict& verdict);
/// Id "logs"
void add_logs(Markup& page, const Verdict& verdict);

bool has_failures(const Verdict& verdict);

}  // namespace wirebraid::validate
