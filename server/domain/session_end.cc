#include "server/domain/session_end.h"

#include <string>
#include <vector>

#include "storage/base/status_macros.h"

namespace renkei::domain {

absl::Status EndSession(WriteCall& call, const NetworkId& network,
                        const SessionId& session, absl::string_view reason) {
  const storage::SessionKey key{network, session};
  ASSIGN_OR_RETURN(auto record, call.tx.Find(storage::kSessions, key));
  if (!record || record->state() == storage::v1::SESSION_STATE_ENDED) {
    return absl::OkStatus();
  }
  // The tokens stay until the session is forgotten, so that who shows one
  // learns what became of it. What they open is decided by the state.
  record->set_state(storage::v1::SESSION_STATE_ENDED);
  record->set_end_reason(std::string(reason));
  record->set_ended_at_micros(absl::ToUnixMicros(call.now));
  call.tx.Delete(storage::kPersonSessions,
                 {network, *PersonId::FromBytes(record->person()), session});
  call.ended_sessions.push_back(session);
  return call.tx.Put(storage::kSessions, key, *record);
}

absl::Status EndOtherSessions(WriteCall& call, const NetworkId& network,
                              const PersonId& person, const SessionId& kept,
                              absl::string_view reason) {
  std::vector<SessionId> sessions;
  RETURN_IF_ERROR(call.tx.Scan(
      storage::kPersonSessions,
      storage::KeysUnder(storage::kPersonSessions, network, person),
      storage::Direction::kForward,
      [&](const storage::PersonSessionKey& key, const storage::v1::Mark&) {
        if (key.session != kept) {
          sessions.push_back(key.session);
        }
        return true;
      }));
  for (const SessionId& session : sessions) {
    RETURN_IF_ERROR(EndSession(call, network, session, reason));
  }
  return absl::OkStatus();
}

absl::Status EndAllSessions(WriteCall& call, const NetworkId& network,
                            const PersonId& person, absl::string_view reason) {
  return EndOtherSessions(call, network, person, SessionId(), reason);
}

}  // namespace renkei::domain
