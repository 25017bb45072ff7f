// A network set up through the public API: facilities, people, patients and
// open groups with their members.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/bench/product/people.h"

namespace renkei::bench {

struct CareGroup {
  std::string name;             // networks/{network}/groups/{group}
  std::vector<Person> members;  // the first is the attending physician
};

struct Census {
  size_t groups = 0;
  size_t members = 0;  // of each group
  int threads = 4;     // that call side by side
};

// Nobody is a member of two groups. `office_password` is the one-time password
// of the network office, which `renkeid init` wrote.
absl::StatusOr<std::vector<CareGroup>> FoundGroups(
    const Endpoint& endpoint, const std::string& office_password,
    const Census& census);

// New tokens for everybody.
absl::Status RefreshAll(const Endpoint& endpoint,
                        std::vector<CareGroup>& groups);

}  // namespace renkei::bench
