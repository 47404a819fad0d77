// wirebraid-twin: a community's mesh in virtual machines.
#include <iostream>

#include "twin/app/command.h"

int main(int argc, char** argv) {
  using namespace wirebraid::twin;
  return run_twin({argv + 1, argv + argc}, {std::cout, std::cerr});
}
