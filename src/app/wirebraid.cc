// wirebraid, the command line tool: keys, checking configuration files, asking the daemons.
#include <string>
#include <vector>

#include "control/cli.h"

int main(int argc, char** argv) {
  return wirebraid::control::run_cli(std::vector<std::string>(argv + 1, argv + argc));
}
