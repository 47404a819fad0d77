// A verdict for Jenkins, GitLab and all that read JUnit's XML.
#pragma once

#include <string>

#include "twin/validate/verdict.h"

namespace wirebraid::validate {

/// A suite for each step, one for the comparisons, and, if it was aborted, one whose only case has
/// that as an error. A case is named "CHECK SUBJECT" and belongs to the class of its suite.
std::string junit_report(const Verdict& verdict);

}  // namespace wirebraid::validate
