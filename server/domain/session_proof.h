// Whether an access token proves a live session, at this moment and in this
// view.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/domain/call.h"
#include "storage/base/hash32.h"

namespace renkei::domain {

inline constexpr absl::Duration kAccessTokenLifetime = absl::Minutes(10);
inline constexpr absl::Duration kIdleLock = absl::Minutes(15);
inline constexpr absl::Duration kSessionLifetime = absl::Hours(12);
// Activity is written down at most this often, so that reading does not become
// writing; a session locks up to so much earlier than kIdleLock.
inline constexpr absl::Duration kActivityStep = absl::Minutes(1);

// `token` is the SHA-256 of the access token. UNAUTHENTICATED with
// CREDENTIALS_MISSING, TOKEN_EXPIRED, SESSION_LOCKED or SESSION_ENDED.
absl::StatusOr<Caller> ProveCaller(const storage::Snapshot& view,
                                   absl::Time now, const Hash32& token);

// The same for a stream, which lives with its session, not with a token: only
// the session is looked at.
absl::Status ProveSession(const storage::Snapshot& view, absl::Time now,
                          const NetworkId& network, const SessionId& session);

// OK if the session lives; SESSION_LOCKED or SESSION_ENDED.
absl::Status CheckSession(const storage::v1::SessionRecord& session,
                          absl::Time now);

// Would NoteUse write anything?
bool UseIsNews(const Caller& caller, bool is_activity, absl::Time now);

// Notes that a call came in: that the session was active, if the call counts as
// that, and that its newest tokens have arrived, after which the earlier ones
// are void.
absl::Status NoteUse(storage::Transaction& tx, const Caller& caller,
                     bool is_activity);

}  // namespace renkei::domain
