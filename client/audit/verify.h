// Whether exported audit logs are what was signed, event by event.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "client/audit/proof.h"

namespace renkei::audit {

// A file as an auditor brings it: an export, or checkpoints one after another,
// such as a `.checkpoints` file of the server's second place.
struct Evidence {
  std::string name;
  std::string bytes;
};

struct Verdict {
  std::vector<std::string> facts;   // what was found in order
  std::vector<std::string> faults;  // what is wrong, and where
  uint64_t more_faults = 0;         // beyond the list, which is bounded
};

// Checks every export against its own checkpoint and against every other
// checkpoint among the files. With `key` (a verifier key) every checkpoint must
// be signed by it; without, by the key that the first export names.
Verdict Verify(const std::vector<Evidence>& files,
               const std::optional<std::string>& key);

}  // namespace renkei::audit
