// The table of configuration keys: name, form, range, default and help of each, declared once for
// Boost.Program_options, which finds the key and converts its value.
#pragma once

#include <boost/program_options/options_description.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "control/config.h"

namespace wirebraid::control {

/// Thrown by a key's conversion; caught where the line is known. what() is for people.
class KeyError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What conversions need and report besides the value.
struct KeyContext {
  std::string directory;              ///< where relative key file paths start; ends with '/' or ""
  std::vector<std::string> warnings;  ///< of the line being read
};

/// Each option writes to `section` when notified of its value; a composing one may be repeated.
/// Both arguments must outlive the result.
boost::program_options::options_description interface_keys(InterfaceSection& section,
                                                           KeyContext& context);
boost::program_options::options_description bond_keys(BondSection& section);
boost::program_options::options_description uplink_keys(UplinkSection& section,
                                                        KeyContext& context);

std::string_view trim(std::string_view text);
/// `text` for a message: quoted, shortened, control characters replaced.
std::string quoted(std::string_view text);
/// The entry of `known` that `word` was probably meant to be, regardless of case; empty if none is
/// near.
std::string nearest(std::string_view word, const std::vector<std::string>& known);
bool equal_ignoring_case(std::string_view a, std::string_view b);

}  // namespace wirebraid::control
