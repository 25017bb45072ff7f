// Profiles of several legs, side by side.
#pragma once

#include <string>
#include <vector>

#include "tests/bench/profile/samples.h"

namespace renkei::bench {

struct Profile {
  std::string leg;
  double cpu_us = 0;  // of the server, for one operation
  std::vector<Sample> samples;
};

// By component, a column for each leg; then the functions of each leg: where
// the CPU was, and in or below which of our own. Prints to stdout.
void PrintProfiles(const std::vector<Profile>& profiles);

}  // namespace renkei::bench
