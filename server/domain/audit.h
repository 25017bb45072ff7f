// The audit log: what one event says, its dense number, its indexes, and the
// folding of denials.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/domain/call.h"

namespace renkei::domain {

// Events that are not simply "this rpc was called". Numbers are those of
// renkei.v1.AuditEventType (a test holds the two together).
enum class AuditType : uint32_t {
  kNone = 1,
  kPasswordAccepted = 10,
  kSignInSucceeded = 11,
  kSignInFailed = 12,
  kSecondFactorFailed = 13,
  kEnrolmentStarted = 14,
  kAccountLocked = 15,
  kSessionRefreshed = 16,
  kTokenReuseDetected = 17,
  kSessionExpired = 19,
  kSessionRevoked = 20,
  kRecoveryCodeUsed = 34,
  kNetworkCreated = 102,
  kRoleGrantApproved = 141,
  kPersonCreated = 120,
  kPatientSearched = 152,
  kMemberLeft = 232,
  kMessagesRead = 301,
  kStreamOpened = 400,
  kStreamDelivered = 401,
  kAuditReviewed = 502,
  kServerStarted = 600,
  kServerUnsealed = 601,
  kServerStopped = 602,
  kBackupCreated = 603,
  kBackupRestored = 604,
  kClockAlarm = 605,
};

// Appends the event of this call: its actor, decision, note and outcome, to the
// log of note.network (the caller's network when there is a caller, else the
// server's own log when zero). An OK outcome is ALLOWED; a refusal by policy is
// DENIED and folds: within a minute further denials of one actor, action and
// target only count, and a later event reports the number. Any other error is
// FAILED. REQUIRES: note.type != 0 and != kNone.
absl::Status AppendAudit(WriteCall& call, const absl::Status& outcome);

// The event of the call is about `subject`; if it is about somebody already, a
// further event is.
void NoteSubject(AuditNote& note, const AuditSubject& subject);

// A further event of the same call, such as ACCOUNT_LOCKED: as AppendAudit, of
// this type.
absl::Status AppendAuditAs(WriteCall& call, AuditType type,
                           const absl::Status& outcome);

// Writes the outstanding counts of denial windows that ended before `now` minus
// a minute. Called now and then and before shutdown.
absl::Status CloseDenialWindows(WriteCall& call, const NetworkId& network);

// Is the log as long as the second file says it was? DataLoss names the network
// and both numbers.
absl::Status CheckAuditSizes(const storage::Snapshot& view,
                             const std::map<NetworkId, uint64_t>& noted);

}  // namespace renkei::domain
