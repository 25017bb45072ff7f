#include "server/domain/session_expiry.h"

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "server/domain/audit.h"
#include "server/domain/authorize.h"
#include "server/domain/session_end.h"
#include "server/domain/session_proof.h"
#include "server/domain/sessions.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

using storage::v1::SessionRecord;

// So long a client that comes back is told that its session has ended.
constexpr absl::Duration kForgetAfter = absl::Hours(24);

bool IsOver(const SessionRecord& session) {
  return session.state() == storage::v1::SESSION_STATE_ENDED;
}
bool HasAged(const SessionRecord& session, absl::Time now) {
  return absl::FromUnixMicros(session.expires_at_micros()) <= now;
}
bool IsForgotten(const SessionRecord& session, absl::Time now) {
  return IsOver(session) &&
         absl::FromUnixMicros(session.expires_at_micros()) + kForgetAfter <=
             now;
}
bool IsStale(const SessionRecord& session, absl::Time now) {
  return IsOver(session) ? IsForgotten(session, now)
                         : !CheckSession(session, now).ok();
}

void DeleteTokens(WriteCall& call, absl::string_view hashes) {
  for (; hashes.size() >= kHash32Bytes; hashes.remove_prefix(kHash32Bytes)) {
    call.tx.Delete(storage::kTokens,
                   {*Hash32::FromBytes(hashes.substr(0, kHash32Bytes))});
  }
}

void Forget(WriteCall& call, const storage::SessionKey& key,
            const SessionRecord& session) {
  DeleteTokens(call, session.access_token_hash());
  DeleteTokens(call, session.superseded_access_token_hash());
  DeleteTokens(call, session.refresh_token_hash());
  DeleteTokens(call, session.superseded_refresh_token_hash());
  DeleteTokens(call, session.retired_refresh_token_hashes());
  call.tx.Delete(storage::kSessions, key);
}

absl::Status Expire(WriteCall& call, const storage::SessionKey& key,
                    const SessionRecord& session) {
  const storage::PersonKey person{key.network,
                                  *PersonId::FromBytes(session.person())};
  const absl::string_view reason =
      HasAged(session, call.now) ? kEndedByAge : kEndedByIdleness;
  RETURN_IF_ERROR(EndSession(call, key.network, key.session, reason));
  ASSIGN_OR_RETURN(const auto record, call.tx.Get(storage::kPeople, person));
  call.note = {};
  NoteActor(call, person, record);
  call.note.reason = std::string(reason);
  call.note.target = SessionText(person, key.session);
  return AppendAuditAs(call, AuditType::kSessionExpired, absl::OkStatus());
}

}  // namespace

absl::StatusOr<std::vector<SessionId>> FindStaleSessions(
    const storage::Snapshot& view, const NetworkId& network, absl::Time now,
    size_t limit) {
  std::vector<SessionId> stale;
  RETURN_IF_ERROR(view.Scan(
      storage::kSessions, storage::KeysUnder(storage::kSessions, network),
      storage::Direction::kForward,
      [&](const storage::SessionKey& key, const SessionRecord& session) {
        if (IsStale(session, now)) {
          stale.push_back(key.session);
        }
        return stale.size() < limit;
      }));
  return stale;
}

absl::Status ExpireSessions(WriteCall& call, const NetworkId& network,
                            const std::vector<SessionId>& sessions) {
  for (const SessionId& id : sessions) {
    const storage::SessionKey key{network, id};
    ASSIGN_OR_RETURN(const auto session, call.tx.Find(storage::kSessions, key));
    if (!session || !IsStale(*session, call.now)) {
      continue;
    }
    if (IsOver(*session)) {
      Forget(call, key, *session);
    } else {
      RETURN_IF_ERROR(Expire(call, key, *session));
    }
  }
  return absl::OkStatus();
}

}  // namespace renkei::domain
