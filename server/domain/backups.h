// What the audit logs say of backups and of their restoring.
#pragma once

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/domain/call.h"

namespace renkei::domain {

struct BackupFacts {
  absl::Time made_at;
  uint64_t file_bytes = 0;
  uint64_t records = 0;
};

// Asks for the right to make a backup; who has it makes one outside of the
// store, and then calls RecordBackup.
absl::Status AuthorizeBackup(ReadCall& call);
absl::Status RecordBackup(WriteCall& call, const BackupFacts& made);

// When the last backup was finished; nullopt if none was.
absl::StatusOr<std::optional<absl::Time>> LastBackupTime(
    const storage::Snapshot& view);

// Tells in every log, the server's own and the networks', that it was cut back
// to a backup, and ends every session: one that was revoked since must not be
// alive again. For a restored store, before anything is served from it.
absl::Status RecordRestore(WriteCall& call, const BackupFacts& restored);

}  // namespace renkei::domain
