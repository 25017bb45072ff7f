#include "server/domain/own_account.h"

#include <utility>

#include "server/domain/authorize.h"
#include "server/domain/credentials.h"
#include "server/domain/password_rules.h"
#include "server/domain/refusal.h"
#include "server/domain/second_factor.h"
#include "server/domain/session_end.h"
#include "server/domain/session_notices.h"
#include "server/domain/text.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/password.h"
#include "storage/crypto/secret.h"
#include "storage/crypto/totp.h"

namespace renkei::domain {
namespace {

using storage::PersonKey;
using storage::v1::CredentialsRecord;

PersonKey OwnKey(const ReadCall& call) {
  return {CallerOf(call).network, CallerOf(call).person};
}

Target OwnTarget(const ReadCall& call) {
  return Target{.network = CallerOf(call).network,
                .person = CallerOf(call).person};
}

// Not the present one and none of the earlier ones that are kept.
absl::Status CheckNotReused(absl::string_view password,
                            const crypto::Secret& pepper,
                            const CredentialsRecord& credentials) {
  std::vector<std::string> hashes(credentials.earlier_password_hashes().begin(),
                                  credentials.earlier_password_hashes().end());
  hashes.push_back(credentials.password_hash());
  for (const std::string& hash : hashes) {
    absl::Status same = crypto::VerifyPassword(password, pepper, hash);
    if (same.ok()) {
      return RefusePassword(PasswordRule::kReused);
    }
    if (!absl::IsUnauthenticated(same)) {
      return same;
    }
  }
  return absl::OkStatus();
}

// What an outsider could guess from: names of the person and the network.
absl::StatusOr<std::vector<std::string>> OwnNames(const ReadCall& call,
                                                  const PersonKey& key) {
  ASSIGN_OR_RETURN(const auto person, call.view.Get(storage::kPeople, key));
  ASSIGN_OR_RETURN(const auto network,
                   call.view.Get(storage::kNetworks, {key.network}));
  return std::vector<std::string>{person.login(), person.display_name(),
                                  person.display_name_reading(), network.code(),
                                  network.display_name()};
}

// Whoever else may hold a session was let in by the earlier credentials. The
// caller's own becomes a full one once nothing is outstanding.
absl::StatusOr<SessionView> SettleSessions(
    WriteCall& call, const CredentialsRecord& credentials) {
  const Caller& caller = CallerOf(call);
  RETURN_IF_ERROR(NoticePerson(call, caller.person, Notice::kCredentialsChanged,
                               SessionId()));
  RETURN_IF_ERROR(EndOtherSessions(call, caller.network, caller.person,
                                   caller.session, kEndedByNewCredentials));
  ASSIGN_OR_RETURN(SessionView session, CurrentSession(call));
  if (!credentials.password_is_initial() && credentials.totp_confirmed() &&
      session.record.state() == storage::v1::SESSION_STATE_ENROLMENT) {
    session.record.set_state(storage::v1::SESSION_STATE_ACTIVE);
    RETURN_IF_ERROR(call.tx.Put(
        storage::kSessions, {caller.network, caller.session}, session.record));
  }
  return session;
}

}  // namespace

absl::StatusOr<PasswordChangeProof> ProvePasswordChange(
    ReadCall& call, const PasswordChange& change,
    const crypto::Argon2Cost& cost) {
  RETURN_IF_ERROR(Authorize(call, Action::kChangePassword, OwnTarget(call)));
  const PersonKey key = OwnKey(call);
  PasswordChangeProof proof;
  ASSIGN_OR_RETURN(proof.current,
                   ProveOwnPassword(call, change.current_password, cost));
  if (!proof.current.right) {
    return proof;
  }
  const std::string password = ToNfc(change.new_password);
  ASSIGN_OR_RETURN(const auto names, OwnNames(call, key));
  RETURN_IF_ERROR(CheckPassword(password, names));
  ASSIGN_OR_RETURN(const auto pepper, PasswordPepper(call.keys, key.network));
  ASSIGN_OR_RETURN(const auto credentials,
                   call.view.Get(storage::kCredentials, key));
  RETURN_IF_ERROR(CheckNotReused(password, *pepper, credentials));
  ASSIGN_OR_RETURN(proof.new_hash,
                   crypto::HashPassword(password, *pepper, cost));
  return proof;
}

absl::StatusOr<std::optional<SessionView>> ChangePassword(
    WriteCall& call, const PasswordChangeProof& proof) {
  RETURN_IF_ERROR(Authorize(call, Action::kChangePassword, OwnTarget(call)));
  const PersonKey key = OwnKey(call);
  ASSIGN_OR_RETURN(auto credentials, call.tx.Get(storage::kCredentials, key));
  ASSIGN_OR_RETURN(const bool accepted,
                   AcceptOwnPassword(call, proof.current, credentials));
  if (!accepted) {
    return std::optional<SessionView>();
  }
  KeepEarlierPassword(credentials);
  credentials.set_password_hash(proof.new_hash);
  credentials.set_password_is_initial(false);
  credentials.clear_initial_password_expires_at_micros();
  credentials.set_failed_attempts(0);
  VoidTickets(call, credentials);
  RETURN_IF_ERROR(call.tx.Put(storage::kCredentials, key, credentials));
  ASSIGN_OR_RETURN(SessionView session, SettleSessions(call, credentials));
  return std::optional<SessionView>(std::move(session));
}

absl::StatusOr<std::optional<TotpEnrolment>> EnrolTotp(
    WriteCall& call, const PasswordProof& proof) {
  RETURN_IF_ERROR(Authorize(call, Action::kEnrolTotp, OwnTarget(call)));
  const PersonKey key = OwnKey(call);
  ASSIGN_OR_RETURN(auto credentials, call.tx.Get(storage::kCredentials, key));
  ASSIGN_OR_RETURN(const bool accepted,
                   AcceptOwnPassword(call, proof, credentials));
  if (!accepted) {
    return std::optional<TotpEnrolment>();
  }
  const crypto::Secret secret =
      crypto::Secret::Random(crypto::kTotpSecretBytes);
  ASSIGN_OR_RETURN(std::string sealed, SealTotpSecret(call.keys, key, secret));
  credentials.set_totp_pending_secret(std::move(sealed));
  RETURN_IF_ERROR(call.tx.Put(storage::kCredentials, key, credentials));
  ASSIGN_OR_RETURN(const auto person, call.tx.Get(storage::kPeople, key));
  ASSIGN_OR_RETURN(const auto network,
                   call.tx.Get(storage::kNetworks, {key.network}));
  return std::optional<TotpEnrolment>(
      {crypto::TotpSecretText(secret),
       crypto::TotpUri(secret, network.display_name(), person.login())});
}

absl::StatusOr<SessionView> ConfirmTotp(WriteCall& call,
                                        absl::string_view code) {
  RETURN_IF_ERROR(Authorize(call, Action::kConfirmTotp, OwnTarget(call)));
  const PersonKey key = OwnKey(call);
  ASSIGN_OR_RETURN(auto credentials, call.tx.Get(storage::kCredentials, key));
  if (credentials.totp_pending_secret().empty()) {
    return Refuse(absl::StatusCode::kFailedPrecondition, Reason::kStateWrong,
                  "no TOTP secret waits to be confirmed: EnrolTotp first",
                  {{"state", "NO_ENROLMENT"}});
  }
  credentials.set_totp_secret(credentials.totp_pending_secret());
  credentials.clear_totp_pending_secret();
  credentials.set_totp_confirmed(true);
  credentials.set_totp_last_step(0);
  ASSIGN_OR_RETURN(const bool right,
                   TakeTotp(call.keys, key, code, call.now, credentials));
  if (!right) {
    return Refuse(absl::StatusCode::kUnauthenticated, Reason::kSignInFailed,
                  "the code is not one of the new secret's at this time");
  }
  VoidTickets(call, credentials);
  RETURN_IF_ERROR(call.tx.Put(storage::kCredentials, key, credentials));
  return SettleSessions(call, credentials);
}

absl::StatusOr<std::optional<std::vector<std::string>>> CreateRecoveryCodes(
    WriteCall& call, const PasswordProof& proof) {
  RETURN_IF_ERROR(
      Authorize(call, Action::kCreateRecoveryCodes, OwnTarget(call)));
  const PersonKey key = OwnKey(call);
  ASSIGN_OR_RETURN(auto credentials, call.tx.Get(storage::kCredentials, key));
  ASSIGN_OR_RETURN(const bool accepted,
                   AcceptOwnPassword(call, proof, credentials));
  if (!accepted) {
    return std::optional<std::vector<std::string>>();
  }
  ASSIGN_OR_RETURN(std::vector<std::string> codes,
                   ReplaceRecoveryCodes(call.keys, key, credentials));
  RETURN_IF_ERROR(call.tx.Put(storage::kCredentials, key, credentials));
  RETURN_IF_ERROR(
      NoticePerson(call, key.person, Notice::kCredentialsChanged, SessionId()));
  return std::optional<std::vector<std::string>>(std::move(codes));
}

absl::StatusOr<CurrentPerson> GetCurrentPerson(ReadCall& call) {
  RETURN_IF_ERROR(Authorize(call, Action::kGetCurrentPerson, OwnTarget(call)));
  const PersonKey key = OwnKey(call);
  CurrentPerson current;
  ASSIGN_OR_RETURN(auto record, call.view.Get(storage::kPeople, key));
  ASSIGN_OR_RETURN(current.person, ViewOf(call, key.person, std::move(record)));
  ASSIGN_OR_RETURN(current.session, CurrentSession(call));
  ASSIGN_OR_RETURN(const auto credentials,
                   call.view.Find(storage::kCredentials, key));
  if (credentials) {
    current.password_change_required = credentials->password_is_initial();
    current.totp_enrolment_required = !credentials->totp_confirmed();
    current.recovery_codes_left =
        static_cast<size_t>(credentials->recovery_code_hashes_size());
  }
  return current;
}

}  // namespace renkei::domain
