#include <iostream>
#include <string>
#include <vector>

#include "client/audit/commands.h"

int main(int argc, char** argv) {
  return renkei::audit::RunCommand(
      std::vector<std::string>(argv + 1, argv + argc), std::cout, std::cerr);
}
