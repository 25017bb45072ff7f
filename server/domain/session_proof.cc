#include "server/domain/session_proof.h"

#include "server/domain/refusal.h"
#include "server/domain/session_end.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

absl::Status Unauthenticated(Reason reason, absl::string_view message) {
  return Refuse(absl::StatusCode::kUnauthenticated, reason, message);
}

}  // namespace

absl::Status CheckSession(const storage::v1::SessionRecord& session,
                          absl::Time now) {
  const bool ended = session.state() == storage::v1::SESSION_STATE_ENDED;
  const bool idle =
      ended ? session.end_reason() == kEndedByIdleness
            : now - absl::FromUnixMicros(session.last_active_at_micros()) >=
                  kIdleLock;
  if (absl::FromUnixMicros(session.expires_at_micros()) <= now ||
      (ended && !idle)) {
    return Unauthenticated(Reason::kSessionEnded,
                           "the session has ended: sign in again");
  }
  if (idle) {
    return Unauthenticated(Reason::kSessionLocked,
                           "the session was idle too long: sign in again");
  }
  return absl::OkStatus();
}

absl::StatusOr<Caller> ProveCaller(const storage::Snapshot& view,
                                   absl::Time now, const Hash32& token) {
  ASSIGN_OR_RETURN(const auto found,
                   view.FindShared(storage::kTokens, {token}));
  if (!found || found->kind() != storage::v1::TOKEN_KIND_ACCESS) {
    return Unauthenticated(Reason::kCredentialsMissing, "no such access token");
  }
  Caller caller;
  caller.network = *NetworkId::FromBytes(found->network());
  caller.person = *PersonId::FromBytes(found->person());
  caller.session = *SessionId::FromBytes(found->session());
  ASSIGN_OR_RETURN(
      const auto session,
      view.FindShared(storage::kSessions, {caller.network, caller.session}));
  if (!session) {
    return Unauthenticated(Reason::kSessionEnded,
                           "the session has ended: sign in again");
  }
  RETURN_IF_ERROR(CheckSession(*session, now));
  if (absl::FromUnixMicros(found->expires_at_micros()) <= now) {
    return Unauthenticated(Reason::kTokenExpired,
                           "the access token has expired: refresh the session");
  }
  caller.enrolment = session->state() == storage::v1::SESSION_STATE_ENROLMENT;
  caller.device_id = session->device_id();
  caller.first_use = !session->successor_used() &&
                     session->access_token_hash() == token.bytes();
  caller.last_active_at =
      absl::FromUnixMicros(session->last_active_at_micros());
  return caller;
}

absl::Status ProveSession(const storage::Snapshot& view, absl::Time now,
                          const NetworkId& network, const SessionId& session) {
  ASSIGN_OR_RETURN(const auto found,
                   view.FindShared(storage::kSessions, {network, session}));
  return found ? CheckSession(*found, now)
               : Unauthenticated(Reason::kSessionEnded,
                                 "the session has ended: sign in again");
}

bool UseIsNews(const Caller& caller, bool is_activity, absl::Time now) {
  return caller.first_use ||
         (is_activity && now - caller.last_active_at >= kActivityStep);
}

absl::Status NoteUse(storage::Transaction& tx, const Caller& caller,
                     bool is_activity) {
  if (!UseIsNews(caller, is_activity, tx.now())) {
    return absl::OkStatus();
  }
  const storage::SessionKey key{caller.network, caller.session};
  ASSIGN_OR_RETURN(auto session, tx.Find(storage::kSessions, key));
  if (!session) {
    return absl::OkStatus();
  }
  if (is_activity) {
    session->set_last_active_at_micros(absl::ToUnixMicros(tx.now()));
  }
  if (caller.first_use) {
    session->set_successor_used(true);
  }
  return tx.Put(storage::kSessions, key, *session);
}

}  // namespace renkei::domain
