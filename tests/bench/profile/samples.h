// Where a program was while it was looked at: read from what perf and callgrind
// print.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace renkei::bench {

struct Place {
  absl::string_view function;  // demangled, or the kernel's name
  absl::string_view object;    // file name of the program or library, or
                               // "[kernel.kallsyms]"
};

struct Sample {
  double weight = 1;
  std::vector<Place> places;  // innermost first, never empty
};

// Of `perf script -F ip,sym,dso`. What is returned points into `text`.
std::vector<Sample> ParsePerf(absl::string_view text);

// Of `callgrind_annotate`: one place a sample, weighed by instructions.
std::vector<Sample> ParseCallgrind(absl::string_view text);

}  // namespace renkei::bench
