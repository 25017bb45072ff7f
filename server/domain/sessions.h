// Sessions: begun, kept alive by new tokens, seen and ended.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "renkei/storage/v1/records.pb.h"
#include "server/domain/call.h"
#include "storage/base/hash32.h"
#include "storage/base/id.h"

namespace renkei::domain {

// With one more, the person's oldest session ends.
inline constexpr size_t kSessionsMax = 20;

struct Device {
  std::string id;
  std::string name;
};

// Given once; the store keeps only their hashes.
struct SessionTokens {
  NetworkId network;
  PersonId person;
  SessionId session;
  std::string access_token;
  absl::Time access_expires_at;
  std::string refresh_token;
  absl::Time session_expires_at;
};

struct SessionView {
  NetworkId network;
  SessionId id;
  storage::v1::SessionRecord record;
  bool current = false;  // the caller's own
};

struct SessionsQuery {
  NetworkId network;
  PersonId person;
  std::optional<SessionId> before;  // nullopt: from the newest
  size_t limit = 0;
};
struct SessionPage {
  std::vector<SessionView> sessions;  // newest first
  std::optional<SessionId> next;      // the `before` to go on with
};

// What the audit log names a session: its resource name, of ids only.
std::string SessionText(const storage::PersonKey& person,
                        const SessionId& session);

// Begins a session for who has proven to be `person`. No operation of its own:
// part of signing in.
absl::StatusOr<SessionTokens> BeginSession(WriteCall& call,
                                           const storage::PersonKey& person,
                                           storage::v1::SessionState state,
                                           const Device& device);

// nullopt: call.answer says why not. A refresh token is good until its
// successors have been used; after that it ends the session.
absl::StatusOr<std::optional<SessionTokens>> RefreshSession(
    WriteCall& call, const Hash32& refresh_token);

absl::Status SignOut(WriteCall& call);

// Those that have not ended; a locked one is listed until it is swept away.
absl::StatusOr<SessionPage> ListSessions(ReadCall& call,
                                         const SessionsQuery& query);

// The session as it is now; ending it again changes nothing. NOT_FOUND unless
// it is this person's.
absl::StatusOr<SessionView> RevokeSession(WriteCall& call,
                                          const NetworkId& network,
                                          const PersonId& person,
                                          const SessionId& session);

// The caller's session. REQUIRES: call.caller.
absl::StatusOr<SessionView> CurrentSession(const ReadCall& call);

}  // namespace renkei::domain
