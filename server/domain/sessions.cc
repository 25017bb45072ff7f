#include "server/domain/sessions.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/domain/audit.h"
#include "server/domain/authorize.h"
#include "server/domain/refusal.h"
#include "server/domain/session_end.h"
#include "server/domain/session_proof.h"
#include "server/domain/standing.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/hash.h"
#include "storage/crypto/random.h"

namespace renkei::domain {
namespace {

using storage::v1::SessionRecord;
using storage::v1::TokenRecord;

// Twelve hours of refreshing every ten minutes are 72; of a client that
// refreshes more often the oldest ones are forgotten.
constexpr size_t kRetiredTokensMax = 80;

absl::Status PutToken(WriteCall& call, const Hash32& hash,
                      storage::v1::TokenKind kind, const SessionTokens& tokens,
                      absl::Time expires_at) {
  TokenRecord record;
  record.set_kind(kind);
  record.set_network(std::string(tokens.network.bytes()));
  record.set_person(std::string(tokens.person.bytes()));
  record.set_session(std::string(tokens.session.bytes()));
  record.set_expires_at_micros(absl::ToUnixMicros(expires_at));
  return call.tx.Put(storage::kTokens, {hash}, record);
}

void DeleteToken(WriteCall& call, const std::string& hash) {
  if (const auto key = Hash32::FromBytes(hash)) {
    call.tx.Delete(storage::kTokens, {*key});
  }
}

// Makes new tokens the newest of the session and puts the session.
absl::StatusOr<SessionTokens> IssueTokens(WriteCall& call,
                                          const storage::SessionKey& key,
                                          SessionRecord& session) {
  SessionTokens tokens;
  tokens.network = key.network;
  tokens.person = *PersonId::FromBytes(session.person());
  tokens.session = key.session;
  tokens.access_token = crypto::RandomToken();
  tokens.refresh_token = crypto::RandomToken();
  tokens.session_expires_at = absl::FromUnixMicros(session.expires_at_micros());
  tokens.access_expires_at =
      std::min(call.now + kAccessTokenLifetime, tokens.session_expires_at);
  const Hash32 access = crypto::Sha256(tokens.access_token);
  const Hash32 refresh = crypto::Sha256(tokens.refresh_token);
  RETURN_IF_ERROR(PutToken(call, access, storage::v1::TOKEN_KIND_ACCESS, tokens,
                           tokens.access_expires_at));
  RETURN_IF_ERROR(PutToken(call, refresh, storage::v1::TOKEN_KIND_REFRESH,
                           tokens, tokens.session_expires_at));
  session.set_access_token_hash(std::string(access.bytes()));
  session.set_access_expires_at_micros(
      absl::ToUnixMicros(tokens.access_expires_at));
  session.set_refresh_token_hash(std::string(refresh.bytes()));
  RETURN_IF_ERROR(call.tx.Put(storage::kSessions, key, session));
  return tokens;
}

// The newest tokens become the superseded ones, those the retired ones.
void Rotate(WriteCall& call, SessionRecord& session) {
  std::string& retired = *session.mutable_retired_refresh_token_hashes();
  retired += session.superseded_refresh_token_hash();
  while (retired.size() > kRetiredTokensMax * kHash32Bytes) {
    DeleteToken(call, retired.substr(0, kHash32Bytes));
    retired.erase(0, kHash32Bytes);
  }
  DeleteToken(call, session.superseded_access_token_hash());
  session.set_superseded_refresh_token_hash(session.refresh_token_hash());
  session.set_superseded_access_token_hash(session.access_token_hash());
  session.set_successor_used(false);
}

// The answer with the newest tokens was lost: others take their place.
void ReplaceNewest(WriteCall& call, const SessionRecord& session) {
  DeleteToken(call, session.refresh_token_hash());
  DeleteToken(call, session.access_token_hash());
}

absl::Status EndForReuse(WriteCall& call, const storage::SessionKey& key) {
  call.note.type = static_cast<uint32_t>(AuditType::kTokenReuseDetected);
  RETURN_IF_ERROR(
      EndSession(call, key.network, key.session, kEndedByTokenReuse));
  call.answer =
      Refuse(absl::StatusCode::kUnauthenticated, Reason::kRefreshTokenInvalid,
             "the refresh token was used again, which ended the session");
  return absl::OkStatus();
}

// The token's session if both may go on; otherwise the refusal.
absl::StatusOr<SessionRecord> FindRefreshable(
    WriteCall& call, const std::optional<TokenRecord>& token) {
  if (!token || token->kind() != storage::v1::TOKEN_KIND_REFRESH) {
    return Refuse(absl::StatusCode::kUnauthenticated,
                  Reason::kRefreshTokenInvalid, "no such refresh token");
  }
  const NetworkId network = *NetworkId::FromBytes(token->network());
  const PersonId person = *PersonId::FromBytes(token->person());
  ASSIGN_OR_RETURN(
      auto session,
      call.tx.Find(storage::kSessions,
                   {network, *SessionId::FromBytes(token->session())}));
  ASSIGN_OR_RETURN(const auto record,
                   call.tx.Find(storage::kPeople, {network, person}));
  if (!session || !record || !InGoodStanding(*record, call.now)) {
    return Refuse(absl::StatusCode::kUnauthenticated, Reason::kSessionEnded,
                  "the session has ended: sign in again");
  }
  RETURN_IF_ERROR(CheckSession(*session, call.now));
  NoteActor(call, {network, person}, *record);
  return *std::move(session);
}

// Ends the oldest ones of so many that another has no room.
absl::Status MakeRoom(WriteCall& call, const storage::PersonKey& person) {
  std::vector<SessionId> oldest_first;
  RETURN_IF_ERROR(call.tx.Scan(
      storage::kPersonSessions,
      storage::KeysUnder(storage::kPersonSessions, person.network,
                         person.person),
      storage::Direction::kForward,
      [&](const storage::PersonSessionKey& key, const storage::v1::Mark&) {
        oldest_first.push_back(key.session);
        return true;
      }));
  for (size_t i = 0; i + kSessionsMax <= oldest_first.size(); ++i) {
    RETURN_IF_ERROR(
        EndSession(call, person.network, oldest_first[i], kEndedByLimit));
  }
  return absl::OkStatus();
}

}  // namespace

std::string SessionText(const storage::PersonKey& person,
                        const SessionId& session) {
  return absl::StrCat("networks/", person.network.ToText(), "/people/",
                      person.person.ToText(), "/sessions/", session.ToText());
}

absl::StatusOr<SessionTokens> BeginSession(WriteCall& call,
                                           const storage::PersonKey& person,
                                           storage::v1::SessionState state,
                                           const Device& device) {
  RETURN_IF_ERROR(MakeRoom(call, person));
  const auto id = call.tx.NewId<SessionId>();
  SessionRecord session;
  session.set_person(std::string(person.person.bytes()));
  session.set_state(state);
  session.set_device_id(device.id);
  session.set_device_name(device.name);
  session.set_client_address(call.origin.client_address);
  session.set_created_at_micros(absl::ToUnixMicros(call.now));
  session.set_last_active_at_micros(absl::ToUnixMicros(call.now));
  session.set_expires_at_micros(
      absl::ToUnixMicros(call.now + kSessionLifetime));
  session.set_successor_used(true);  // there is no predecessor
  RETURN_IF_ERROR(call.tx.Put(storage::kPersonSessions,
                              {person.network, person.person, id},
                              storage::v1::Mark()));
  call.note.target = SessionText(person, id);
  return IssueTokens(call, {person.network, id}, session);
}

absl::StatusOr<std::optional<SessionTokens>> RefreshSession(
    WriteCall& call, const Hash32& refresh_token) {
  RETURN_IF_ERROR(Authorize(call, Action::kRefreshSession, Target{}));
  ASSIGN_OR_RETURN(const auto token,
                   call.tx.Find(storage::kTokens, {refresh_token}));
  absl::StatusOr<SessionRecord> session = FindRefreshable(call, token);
  if (!session.ok()) {
    // As with an access token that opens nothing: counted, no event.
    call.note.type = static_cast<uint32_t>(AuditType::kNone);
    return session.status();
  }
  const storage::SessionKey key{*NetworkId::FromBytes(token->network()),
                                *SessionId::FromBytes(token->session())};
  call.note.target = SessionText(
      {key.network, *PersonId::FromBytes(token->person())}, key.session);
  if (session->refresh_token_hash() == refresh_token.bytes()) {
    Rotate(call, *session);
  } else if (session->superseded_refresh_token_hash() ==
                 refresh_token.bytes() &&
             !session->successor_used()) {
    ReplaceNewest(call, *session);
  } else {
    RETURN_IF_ERROR(EndForReuse(call, key));
    return std::optional<SessionTokens>();
  }
  ASSIGN_OR_RETURN(SessionTokens tokens, IssueTokens(call, key, *session));
  return std::optional<SessionTokens>(std::move(tokens));
}

absl::Status SignOut(WriteCall& call) {
  const Caller& caller = CallerOf(call);
  RETURN_IF_ERROR(
      Authorize(call, Action::kSignOut,
                Target{.network = caller.network, .person = caller.person}));
  return EndSession(call, caller.network, caller.session, kEndedBySignOut);
}

absl::StatusOr<SessionPage> ListSessions(ReadCall& call,
                                         const SessionsQuery& query) {
  RETURN_IF_ERROR(
      Authorize(call, Action::kListSessions,
                Target{.network = query.network, .person = query.person}));
  std::vector<SessionId> ids;
  RETURN_IF_ERROR(call.view.Scan(
      storage::kPersonSessions,
      storage::KeysUnder(storage::kPersonSessions, query.network, query.person),
      storage::Direction::kBackward,
      [&](const storage::PersonSessionKey& key, const storage::v1::Mark&) {
        if (!query.before || key.session < *query.before) {
          ids.push_back(key.session);
        }
        return ids.size() <= query.limit;
      }));
  SessionPage page;
  for (const SessionId& id : ids) {
    if (page.sessions.size() == query.limit) {
      page.next = page.sessions.back().id;
      break;
    }
    ASSIGN_OR_RETURN(auto record,
                     call.view.Get(storage::kSessions, {query.network, id}));
    page.sessions.push_back(
        {query.network, id, std::move(record), id == CallerOf(call).session});
  }
  return page;
}

absl::StatusOr<SessionView> RevokeSession(WriteCall& call,
                                          const NetworkId& network,
                                          const PersonId& person,
                                          const SessionId& session) {
  RETURN_IF_ERROR(Authorize(call, Action::kRevokeSession,
                            Target{.network = network, .person = person}));
  const storage::SessionKey key{network, session};
  ASSIGN_OR_RETURN(const auto found, call.tx.Find(storage::kSessions, key));
  if (!found || found->person() != person.bytes()) {
    return RefuseUnknown();
  }
  call.note.target = SessionText({network, person}, session);
  RETURN_IF_ERROR(EndSession(call, network, session, kEndedByRevocation));
  ASSIGN_OR_RETURN(auto record, call.tx.Get(storage::kSessions, key));
  return SessionView{network, session, std::move(record),
                     session == CallerOf(call).session};
}

absl::StatusOr<SessionView> CurrentSession(const ReadCall& call) {
  const Caller& caller = CallerOf(call);
  ASSIGN_OR_RETURN(
      auto record,
      call.view.Get(storage::kSessions, {caller.network, caller.session}));
  return SessionView{caller.network, caller.session, std::move(record), true};
}

}  // namespace renkei::domain
