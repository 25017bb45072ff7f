// A witness: somebody apart from the server who cosigns its checkpoints and
// remembers them, so that nobody can be shown another log than everybody else.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace renkei::audit {

// Makes a witness in `folder`: its key, which never leaves it. Returns the
// verifier key (C2SP tlog-cosignature) to hand around. AlreadyExists if there
// is one.
absl::StatusOr<std::string> MakeWitness(const std::string& folder,
                                        absl::string_view name);

// What the server gives the witness.
struct WitnessRequest {
  std::string verifier_key;  // of the log
  std::string note;          // its newest checkpoint
  // Consistency of what was cosigned last with it, a line of `proof-check`;
  // empty the first time.
  std::string proof;
};

// The note with the witness's signature and `time` (seconds since 1970) added,
// once it is remembered on disk. FailedPrecondition when it does not continue
// what this witness cosigned before of the same log: evidence of two faces.
absl::StatusOr<std::string> Cosign(const std::string& folder,
                                   const WitnessRequest& request,
                                   uint64_t time);

}  // namespace renkei::audit
