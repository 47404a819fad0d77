// A verdict for people, as one page.
#pragma once

#include <string>

#include "twin/validate/verdict.h"

namespace wirebraid::validate {

/// One HTML file that needs nothing else: no script, no other file, no network; its own policy
/// forbids them too, should a text of a node ever get through as markup. It is well-formed XML.
std::string html_report(const Verdict& verdict);

}  // namespace wirebraid::validate
