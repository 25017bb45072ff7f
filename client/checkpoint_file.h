// The last checkpoint of a network's audit log that this client saw.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/audit/proof.h"

namespace renkei::client {

// A signed note that was checked.
struct SeenCheckpoint {
  std::string verifier_key;
  std::string note;
  audit::VerifierKey key;         // parsed
  audit::Checkpoint checkpoint;  // what the note says
};

// INVALID_ARGUMENT unless the key signed the note and both are of the log of
// `network`, a resource name.
absl::StatusOr<SeenCheckpoint> OpenCheckpoint(absl::string_view network,
                                              absl::string_view verifier_key,
                                              absl::string_view note);

// One file a network, shared by the profiles of a folder. Thread-safe.
class CheckpointFile {
 public:
  // REQUIRES: `network` is a resource name.
  CheckpointFile(absl::string_view folder, absl::string_view network);

  const std::string& path() const { return path_; }

  // nullopt if none was seen yet; DATA_LOSS if the file is not one of ours.
  absl::StatusOr<std::optional<SeenCheckpoint>> Read() const;

  // Keeps `seen`, unless another process has kept a later one of the same log
  // meanwhile.
  absl::Status Advance(const SeenCheckpoint& seen) const;

  // Keeps `seen`, whatever was kept before.
  absl::Status Replace(const SeenCheckpoint& seen) const;

  // Puts what contradicts the kept checkpoint beside it, as evidence.
  absl::Status KeepConflict(absl::string_view note) const;

 private:
  const std::string network_;
  const std::string path_;
};

}  // namespace renkei::client
