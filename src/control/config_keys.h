// The table of configuration keys: name, form, range, default and help of each, declared once for
// Boost.Program_options, which finds the key and converts its value.
#pragma once

#include <boost/program_options/options_description.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "control/config.h"
#include "control/config_text.h"

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
boost::program_options::options_description class_keys(ClassSection& section);

}  // namespace wirebraid::control
