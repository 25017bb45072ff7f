#include "server/domain/backups.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/domain/audit.h"
#include "server/domain/audit_query.h"
#include "server/domain/authorize.h"
#include "server/domain/session_end.h"
#include "storage/base/status_macros.h"
#include "storage/schema.h"

namespace renkei::domain {
namespace {

// Failed attempts stand in the log too.
constexpr size_t kEventsLookedThrough = 64;

void Note(const BackupFacts& backup, AuditNote& note) {
  note.target = absl::StrCat(
      "backups/", absl::FormatTime("%Y%m%dT%H%M%E6SZ", backup.made_at,
                                   absl::UTCTimeZone()));
  note.details = {{"file_bytes", absl::StrCat(backup.file_bytes)},
                  {"records", absl::StrCat(backup.records)}};
}

// Of the server itself first.
absl::StatusOr<std::vector<NetworkId>> Logs(const storage::Snapshot& view) {
  std::vector<NetworkId> networks = {NetworkId()};
  RETURN_IF_ERROR(view.Scan(
      storage::kNetworks, storage::KeysUnder(storage::kNetworks),
      storage::Direction::kForward,
      [&](const storage::NetworkKey& key, const storage::v1::NetworkRecord&) {
        networks.push_back(key.network);
        return true;
      }));
  return networks;
}

// The checkpoint that the log still has is of another origin than those that
// will be signed now: this event links the two, once.
absl::Status NoteCheckpointBefore(WriteCall& call, const NetworkId& network) {
  ASSIGN_OR_RETURN(const auto before,
                   call.tx.Find(storage::kCheckpoints, {network}));
  call.note.previous_checkpoint = before ? before->note() : "";
  call.tx.Delete(storage::kCheckpoints, {network});
  return absl::OkStatus();
}

absl::Status EndEverySession(WriteCall& call, const NetworkId& network) {
  std::vector<SessionId> sessions;
  RETURN_IF_ERROR(call.tx.Scan(
      storage::kPersonSessions,
      storage::KeysUnder(storage::kPersonSessions, network),
      storage::Direction::kForward,
      [&](const storage::PersonSessionKey& key, const storage::v1::Mark&) {
        sessions.push_back(key.session);
        return true;
      }));
  for (const SessionId& session : sessions) {
    RETURN_IF_ERROR(EndSession(call, network, session, kEndedByRestore));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status AuthorizeBackup(ReadCall& call) {
  return Authorize(call, Action::kBackup, {});
}

absl::Status RecordBackup(WriteCall& call, const BackupFacts& made) {
  RETURN_IF_ERROR(AuthorizeBackup(call));
  Note(made, call.note);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<absl::Time>> LastBackupTime(
    const storage::Snapshot& view) {
  AuditQuery query;  // of the server's own log
  query.filter.type = static_cast<uint32_t>(AuditType::kBackupCreated);
  query.limit = kEventsLookedThrough;
  ASSIGN_OR_RETURN(const AuditPage page, ScanAudit(view, query));
  for (const AuditEvent& event : page.events) {
    if (event.leaf.outcome() == storage::v1::AUDIT_OUTCOME_ALLOWED) {
      return absl::FromUnixMicros(event.leaf.time_micros());
    }
  }
  return std::optional<absl::Time>();
}

absl::Status RecordRestore(WriteCall& call, const BackupFacts& restored) {
  ASSIGN_OR_RETURN(const std::vector<NetworkId> networks, Logs(call.tx));
  for (const NetworkId& network : networks) {
    call.note.network = network;
    Note(restored, call.note);
    RETURN_IF_ERROR(NoteCheckpointBefore(call, network));
    RETURN_IF_ERROR(
        AppendAuditAs(call, AuditType::kBackupRestored, absl::OkStatus()));
    RETURN_IF_ERROR(EndEverySession(call, network));
  }
  return absl::OkStatus();
}

}  // namespace renkei::domain
