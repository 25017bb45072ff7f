// Ending sessions, so that it bites at once: on the next call, on writes that
// wait and on open streams.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/domain/call.h"
#include "storage/base/id.h"

namespace renkei::domain {

// Why a session ended, as SessionRecord.end_reason keeps it for ever.
inline constexpr absl::string_view kEndedBySignOut = "signed_out";
inline constexpr absl::string_view kEndedByRevocation = "revoked";
inline constexpr absl::string_view kEndedByIdleness = "idle";
inline constexpr absl::string_view kEndedByAge = "expired";
inline constexpr absl::string_view kEndedByTokenReuse = "token_reuse";
inline constexpr absl::string_view kEndedByLock = "account_locked";
inline constexpr absl::string_view kEndedByNewCredentials = "new_credentials";
inline constexpr absl::string_view kEndedByLimit = "too_many_sessions";
inline constexpr absl::string_view kEndedByDirectory = "standing_lost";
inline constexpr absl::string_view kEndedByRestore = "restored";

// Nothing happens to a session that has ended or does not exist. `reason` is
// one of the above.
absl::Status EndSession(WriteCall& call, const NetworkId& network,
                        const SessionId& session, absl::string_view reason);

// Ends the person's sessions but `kept` (zero: all of them).
absl::Status EndOtherSessions(WriteCall& call, const NetworkId& network,
                              const PersonId& person, const SessionId& kept,
                              absl::string_view reason);

absl::Status EndAllSessions(WriteCall& call, const NetworkId& network,
                            const PersonId& person, absl::string_view reason);

}  // namespace renkei::domain
