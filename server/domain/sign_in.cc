#include "server/domain/sign_in.h"

#include <utility>

#include "server/domain/audit.h"
#include "server/domain/authorize.h"
#include "server/domain/credentials.h"
#include "server/domain/refusal.h"
#include "server/domain/second_factor.h"
#include "server/domain/session_notices.h"
#include "server/domain/standing.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/hash.h"
#include "storage/crypto/random.h"

namespace renkei::domain {
namespace {

using storage::PersonKey;
using storage::v1::CredentialsRecord;
using storage::v1::PersonRecord;
using storage::v1::TokenRecord;

constexpr int kTicketsMax = 3;

// One answer for everything: it must not tell which accounts there are.
absl::Status SignInFailed() {
  return Refuse(absl::StatusCode::kUnauthenticated, Reason::kSignInFailed,
                "network, login, password or second factor is wrong, or the "
                "account may not sign in");
}

// The effects so far are kept; `cause` is for those who read the log.
void FailQuietly(WriteCall& call, AuditType type, absl::string_view cause) {
  call.note.type = static_cast<uint32_t>(type);
  call.note.details.emplace_back("cause", cause);
  call.answer = SignInFailed();
}

bool Outstanding(const CredentialsRecord& credentials) {
  return credentials.password_is_initial() || !credentials.totp_confirmed();
}

// Why this account may not sign in at all; empty if it may.
absl::string_view Obstacle(const PersonRecord& person,
                           const CredentialsRecord& credentials,
                           absl::Time now) {
  if (person.locked()) {
    return "locked";
  }
  if (!InGoodStanding(person, now)) {
    return "no_standing";
  }
  const bool expired =
      credentials.password_is_initial() &&
      absl::FromUnixMicros(credentials.initial_password_expires_at_micros()) <=
          now;
  return expired ? "one_time_password_expired" : absl::string_view();
}

absl::StatusOr<SecondFactorTicket> IssueTicket(WriteCall& call,
                                               const PersonKey& person,
                                               CredentialsRecord& credentials) {
  SecondFactorTicket ticket{crypto::RandomToken(), call.now + kTicketLifetime};
  const Hash32 hash = crypto::Sha256(ticket.ticket);
  TokenRecord record;
  record.set_kind(storage::v1::TOKEN_KIND_SIGN_IN_TICKET);
  record.set_network(std::string(person.network.bytes()));
  record.set_person(std::string(person.person.bytes()));
  record.set_expires_at_micros(absl::ToUnixMicros(ticket.expires_at));
  RETURN_IF_ERROR(call.tx.Put(storage::kTokens, {hash}, record));
  auto& open = *credentials.mutable_ticket_hashes();
  if (open.size() == kTicketsMax) {
    call.tx.Delete(storage::kTokens, {*Hash32::FromBytes(open[0])});
    open.erase(open.begin());
  }
  *open.Add() = std::string(hash.bytes());
  return ticket;
}

void ForgetTicket(WriteCall& call, const Hash32& ticket,
                  CredentialsRecord& credentials) {
  call.tx.Delete(storage::kTokens, {ticket});
  auto& open = *credentials.mutable_ticket_hashes();
  for (auto it = open.begin(); it != open.end(); ++it) {
    if (*it == ticket.bytes()) {
      open.erase(it);
      return;
    }
  }
}

absl::StatusOr<SignInAnswer> GoOn(WriteCall& call, const PersonKey& person,
                                  const Login& login,
                                  const PasswordProof& proof,
                                  CredentialsRecord& credentials) {
  if (!proof.renewed.empty()) {
    credentials.set_password_hash(proof.renewed);
  }
  if (!Outstanding(credentials)) {
    ASSIGN_OR_RETURN(SecondFactorTicket ticket,
                     IssueTicket(call, person, credentials));
    RETURN_IF_ERROR(call.tx.Put(storage::kCredentials, person, credentials));
    return ticket;
  }
  call.note.type = static_cast<uint32_t>(AuditType::kEnrolmentStarted);
  credentials.set_failed_attempts(0);
  RETURN_IF_ERROR(call.tx.Put(storage::kCredentials, person, credentials));
  return BeginSession(call, person, storage::v1::SESSION_STATE_ENROLMENT,
                      login.device);
}

struct OpenTicket {
  PersonKey person;
  TokenRecord record;
};

absl::StatusOr<std::optional<OpenTicket>> FindTicket(WriteCall& call,
                                                     const Hash32& ticket) {
  ASSIGN_OR_RETURN(auto token, call.tx.Find(storage::kTokens, {ticket}));
  if (!token || token->kind() != storage::v1::TOKEN_KIND_SIGN_IN_TICKET ||
      absl::FromUnixMicros(token->expires_at_micros()) <= call.now) {
    return std::optional<OpenTicket>();
  }
  const PersonKey person{*NetworkId::FromBytes(token->network()),
                         *PersonId::FromBytes(token->person())};
  return std::optional<OpenTicket>({person, *std::move(token)});
}

absl::StatusOr<bool> TakeCode(WriteCall& call, const PersonKey& person,
                              const SecondFactor& factor,
                              CredentialsRecord& credentials) {
  if (const auto* totp = std::get_if<TotpCode>(&factor.code)) {
    return TakeTotp(call.keys, person, totp->text, call.now, credentials);
  }
  return TakeRecoveryCode(
      call.keys, person, std::get<RecoveryCode>(factor.code).text, credentials);
}

absl::Status CountAgainst(WriteCall& call, const Hash32& hash,
                          OpenTicket& ticket, CredentialsRecord& credentials) {
  TokenRecord& record = ticket.record;
  record.set_failed_attempts(record.failed_attempts() + 1);
  if (record.failed_attempts() >= kTicketAttemptsMax) {
    ForgetTicket(call, hash, credentials);
  } else {
    RETURN_IF_ERROR(call.tx.Put(storage::kTokens, {hash}, record));
  }
  return CountFailure(call, ticket.person.network, ticket.person.person,
                      credentials);
}

}  // namespace

absl::StatusOr<SignInAnswer> SignIn(WriteCall& call, const Login& login,
                                    const PasswordProof& proof) {
  RETURN_IF_ERROR(Authorize(call, Action::kSignIn, Target{}));
  const PersonKey key{proof.network, proof.person};
  ASSIGN_OR_RETURN(const auto person, call.tx.Find(storage::kPeople, key));
  ASSIGN_OR_RETURN(auto credentials, call.tx.Find(storage::kCredentials, key));
  if (!person || !credentials) {
    call.note.details.emplace_back("network_code", login.network_code);
    call.note.details.emplace_back("login", login.login);
    FailQuietly(call, AuditType::kSignInFailed, "unknown");
    return Refused{};
  }
  NoteActor(call, key, *person);
  const absl::string_view obstacle = Obstacle(*person, *credentials, call.now);
  if (!obstacle.empty()) {
    FailQuietly(call, AuditType::kSignInFailed, obstacle);
    return Refused{};
  }
  if (StillRight(proof, *credentials)) {
    return GoOn(call, key, login, proof, *credentials);
  }
  // Who guessed at credentials that have changed since did not guess at these.
  if (proof.hash == credentials->password_hash()) {
    RETURN_IF_ERROR(CountFailure(call, key.network, key.person, *credentials));
  }
  FailQuietly(call, AuditType::kSignInFailed, "password");
  return Refused{};
}

absl::StatusOr<std::optional<SessionTokens>> VerifySecondFactor(
    WriteCall& call, const SecondFactor& factor) {
  const std::optional<SessionTokens> refused;
  RETURN_IF_ERROR(Authorize(call, Action::kVerifySecondFactor, Target{}));
  ASSIGN_OR_RETURN(auto ticket, FindTicket(call, factor.ticket));
  if (!ticket) {
    // As with an access token that opens nothing: counted, no event.
    call.note.type = static_cast<uint32_t>(AuditType::kNone);
    return SignInFailed();
  }
  const PersonKey& key = ticket->person;
  ASSIGN_OR_RETURN(const auto person, call.tx.Get(storage::kPeople, key));
  ASSIGN_OR_RETURN(auto credentials, call.tx.Get(storage::kCredentials, key));
  NoteActor(call, key, person);
  const absl::string_view obstacle = Obstacle(person, credentials, call.now);
  if (!obstacle.empty()) {
    FailQuietly(call, AuditType::kSecondFactorFailed, obstacle);
    return refused;
  }
  ASSIGN_OR_RETURN(const bool right, TakeCode(call, key, factor, credentials));
  if (!right) {
    RETURN_IF_ERROR(CountAgainst(call, factor.ticket, *ticket, credentials));
    FailQuietly(call, AuditType::kSecondFactorFailed, "code");
    return refused;
  }
  ForgetTicket(call, factor.ticket, credentials);
  credentials.set_failed_attempts(0);
  RETURN_IF_ERROR(call.tx.Put(storage::kCredentials, key, credentials));
  ASSIGN_OR_RETURN(SessionTokens tokens,
                   BeginSession(call, key, storage::v1::SESSION_STATE_ACTIVE,
                                factor.device));
  RETURN_IF_ERROR(NoticePerson(call, key.person, Notice::kSignedInElsewhere,
                               tokens.session));
  if (std::holds_alternative<RecoveryCode>(factor.code)) {
    RETURN_IF_ERROR(
        AppendAuditAs(call, AuditType::kRecoveryCodeUsed, absl::OkStatus()));
  }
  return std::optional<SessionTokens>(std::move(tokens));
}

}  // namespace renkei::domain
