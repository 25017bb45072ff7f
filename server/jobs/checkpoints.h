// Checkpoints of all audit logs: signed when a log grew, kept in the store and
// in a second place, compared with both at start.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/domain/checkpoint.h"
#include "server/jobs/repeated.h"
#include "storage/base/mutex.h"
#include "storage/crypto/key_ring.h"
#include "storage/store.h"

namespace renkei::jobs {

// The second place: a folder with one file for each log and day, to which
// checkpoints are only ever appended, each followed by an empty line. May lie
// on a medium that cannot be rewritten.
class CheckpointFolder {
 public:
  explicit CheckpointFolder(std::string path) : path_(std::move(path)) {}

  // On disk when it returns OK. The folder is made if it is not there.
  absl::Status Append(const domain::CheckpointSigner& signer, absl::Time now,
                      absl::string_view note) const;

  // The last checkpoint that `signer` made; nullopt if there is none.
  absl::StatusOr<std::optional<domain::SignedCheckpoint>> Last(
      const domain::CheckpointSigner& signer) const;

  // The logs that have files here.
  std::set<NetworkId> Logs() const;

 private:
  const std::string path_;
};

// Thread-safe.
class Checkpoints {
 public:
  // `incarnation` as for CheckpointSigner.
  Checkpoints(storage::Store& store, const crypto::KeyRing& keys,
              std::string incarnation, std::string folder);
  // OK when every log continues what was last signed for it, in both places;
  // DataLoss says which does not. To be asked before anything is served.
  absl::Status CheckLastSigned() const;

  // Signs every log that grew since it was signed last; the checkpoints are in
  // both places when it returns OK. Never signs what does not continue the
  // last, or comes from a backup without saying so (see domain::RecordRestore):
  // DataLoss.
  absl::Status SignGrown(absl::Time now);

  // Calls SignGrown every second from a thread of its own and at the end of
  // this object, and `on_failure` with each error that is not the one before.
  void Run(absl::AnyInvocable<absl::Time()> clock,
           absl::AnyInvocable<void(const absl::Status&)> on_failure);

 private:
  absl::StatusOr<std::vector<domain::SignedCheckpoint>> LastSigned(
      const storage::Snapshot& view, const NetworkId& network,
      const domain::CheckpointSigner& signer) const;
  absl::Status Write(
      absl::AnyInvocable<absl::Status(storage::Transaction&)> body);
  absl::Status SignLog(const storage::Snapshot& view, const NetworkId& network,
                       absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(signing_);

  storage::Store& store_;
  const crypto::KeyRing& keys_;
  const std::string incarnation_;
  const CheckpointFolder folder_;

  Mutex signing_;                     // one checkpoint after another
  std::optional<Repeated> repeated_;  // last: it uses all of the above
};

}  // namespace renkei::jobs
