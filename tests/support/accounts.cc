#include "tests/support/accounts.h"

#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/domain/credentials.h"
#include "server/domain/second_factor.h"
#include "storage/base/check.h"
#include "storage/crypto/hash.h"
#include "storage/crypto/password.h"
#include "storage/crypto/totp.h"

namespace renkei::testing {
namespace {

using domain::Action;
using domain::ReadCall;
using domain::WriteCall;

// Numbers of renkei.v1.AuditEventType, as the rpcs' rules name them.
constexpr uint32_t kPasswordAccepted = 10;
constexpr uint32_t kSignInSucceeded = 11;
constexpr uint32_t kSessionRefreshed = 16;
constexpr uint32_t kPasswordChanged = 30;
constexpr uint32_t kTotpEnrolmentStarted = 31;
constexpr uint32_t kTotpConfirmed = 32;
constexpr uint32_t kRecoveryCodesCreated = 33;
constexpr uint32_t kNone = 1;

domain::Request PublicRequest(Action action, uint32_t event_type) {
  domain::Request request;
  request.action = action;
  request.event_type = event_type;
  request.needs_caller = false;
  request.origin.client_address = "192.0.2.7";
  return request;
}

// What `operation` answered; the door's status where there is no answer.
template <typename Answer>
absl::StatusOr<Answer> Answered(
    World& world, domain::Request request,
    std::function<absl::StatusOr<std::optional<Answer>>(WriteCall&)>
        operation) {
  std::optional<Answer> answer;
  RETURN_IF_ERROR(
      world.Write(std::move(request), [&](WriteCall& call) -> absl::Status {
        ASSIGN_OR_RETURN(answer, operation(call));
        return absl::OkStatus();
      }));
  CHECK(answer.has_value());
  return *std::move(answer);
}

template <typename Proof>
absl::StatusOr<Proof> Prepared(
    World& world, const domain::Request& request,
    absl::FunctionRef<absl::StatusOr<Proof>(ReadCall&)> prepare) {
  Proof proof;
  RETURN_IF_ERROR(
      world.door().Look(request, [&](ReadCall& call) -> absl::Status {
        ASSIGN_OR_RETURN(proof, prepare(call));
        return absl::OkStatus();
      }));
  return proof;
}

absl::StatusOr<domain::PasswordProof> OwnProof(World& world,
                                               const domain::Request& request,
                                               absl::string_view password) {
  return Prepared<domain::PasswordProof>(world, request, [&](ReadCall& call) {
    return domain::ProveOwnPassword(call, password, kCheapCost);
  });
}

}  // namespace

Account AddAccount(World& world, absl::string_view login,
                   const FacilityId& facility) {
  Account account;
  account.login = std::string(login);
  account.actor = world.AddPerson(login, "visiting_nurse", facility);
  auto initial =
      domain::NewInitialCredentials(world.keys(), world.network(), kCheapCost);
  CHECK_OK(initial.status());
  account.password = initial->one_time_password;
  world.Change([&](storage::Transaction& tx) -> absl::Status {
    const storage::PersonKey key{world.network(), account.actor.person};
    ASSIGN_OR_RETURN(auto person, tx.Get(storage::kPeople, key));
    person.set_login(account.login);
    RETURN_IF_ERROR(tx.Put(storage::kPeople, key, person));
    ASSIGN_OR_RETURN(
        const Hash32 hash,
        domain::LoginHash(world.keys(), world.network(), account.login));
    storage::v1::PersonRef ref;
    ref.set_person(std::string(account.actor.person.bytes()));
    RETURN_IF_ERROR(tx.Put(storage::kLogins, {world.network(), hash}, ref));
    domain::WriteCall call = domain::NewWriteCall(tx, {}, {}, world.keys());
    // The world's own session is none that this account signed in for.
    RETURN_IF_ERROR(domain::EndAllSessions(
        call, world.network(), account.actor.person, domain::kEndedBySignOut));
    return domain::PutInitialCredentials(call, world.network(),
                                         account.actor.person, initial->hash);
  });
  return account;
}

Account AddEnrolledAccount(World& world, absl::string_view login,
                           const FacilityId& facility) {
  Account account = AddAccount(world, login, facility);
  account.password = "雨の日は窓辺で読書をする";
  const crypto::Secret secret =
      crypto::Secret::Random(crypto::kTotpSecretBytes);
  account.totp_secret = std::string(secret.bytes());
  auto pepper = domain::PasswordPepper(world.keys(), world.network());
  CHECK_OK(pepper.status());
  auto hash = crypto::HashPassword(account.password, **pepper, kCheapCost);
  CHECK_OK(hash.status());
  world.Change([&](storage::Transaction& tx) -> absl::Status {
    const storage::PersonKey key{world.network(), account.actor.person};
    storage::v1::CredentialsRecord credentials;
    credentials.set_password_hash(*hash);
    ASSIGN_OR_RETURN(*credentials.mutable_totp_secret(),
                     domain::SealTotpSecret(world.keys(), key, secret));
    credentials.set_totp_confirmed(true);
    return tx.Put(storage::kCredentials, key, credentials);
  });
  return account;
}

std::string CodeOf(const World& world, const Account& account, int steps) {
  return crypto::TotpCode(crypto::Secret::CopyOf(account.totp_secret),
                          crypto::TotpStepAt(world.now()) + steps);
}

std::string PendingSecretOf(const World& world, const Account& account) {
  const storage::PersonKey key{world.network(), account.actor.person};
  const auto credentials = world.Look().Get(storage::kCredentials, key);
  CHECK_OK(credentials.status());
  const auto secret = domain::OpenTotpSecret(
      world.keys(), key, credentials->totp_pending_secret());
  CHECK_OK(secret.status());
  return std::string(secret->bytes());
}

absl::StatusOr<domain::SignInAnswer> SignIn(World& world,
                                            const domain::Login& login) {
  const domain::Request request =
      PublicRequest(Action::kSignIn, kPasswordAccepted);
  ASSIGN_OR_RETURN(
      const domain::PasswordProof proof,
      Prepared<domain::PasswordProof>(world, request, [&](ReadCall& call) {
        return domain::ProveLogin(call, login.network_code, login.login,
                                  login.password, kCheapCost);
      }));
  return Answered<domain::SignInAnswer>(
      world, request,
      [&](WriteCall& call)
          -> absl::StatusOr<std::optional<domain::SignInAnswer>> {
        ASSIGN_OR_RETURN(auto answer, domain::SignIn(call, login, proof));
        return std::optional<domain::SignInAnswer>(std::move(answer));
      });
}

absl::StatusOr<domain::SignInAnswer> SignIn(World& world,
                                            const Account& account) {
  return SignIn(world,
                {"chofu", account.login, account.password, {"tablet", "往診"}});
}

absl::StatusOr<domain::SessionTokens> VerifySecondFactor(
    World& world, const domain::SecondFactor& factor) {
  return Answered<domain::SessionTokens>(
      world, PublicRequest(Action::kVerifySecondFactor, kSignInSucceeded),
      [&](WriteCall& call) {
        return domain::VerifySecondFactor(call, factor);
      });
}

absl::StatusOr<domain::SessionTokens> Refresh(World& world,
                                              absl::string_view refresh_token) {
  return Answered<domain::SessionTokens>(
      world, PublicRequest(Action::kRefreshSession, kSessionRefreshed),
      [&](WriteCall& call) {
        return domain::RefreshSession(call, crypto::Sha256(refresh_token));
      });
}

absl::StatusOr<domain::SessionView> ChangePassword(
    World& world, const Actor& actor, const domain::PasswordChange& change) {
  const domain::Request request =
      world.RequestOf(actor, Action::kChangePassword, kPasswordChanged);
  ASSIGN_OR_RETURN(const auto proof, Prepared<domain::PasswordChangeProof>(
                                         world, request, [&](ReadCall& call) {
                                           return domain::ProvePasswordChange(
                                               call, change, kCheapCost);
                                         }));
  return Answered<domain::SessionView>(world, request, [&](WriteCall& call) {
    return domain::ChangePassword(call, proof);
  });
}

absl::StatusOr<domain::TotpEnrolment> EnrolTotp(World& world,
                                                const Actor& actor,
                                                absl::string_view password) {
  const domain::Request request =
      world.RequestOf(actor, Action::kEnrolTotp, kTotpEnrolmentStarted);
  ASSIGN_OR_RETURN(const auto proof, OwnProof(world, request, password));
  return Answered<domain::TotpEnrolment>(world, request, [&](WriteCall& call) {
    return domain::EnrolTotp(call, proof);
  });
}

absl::StatusOr<domain::SessionView> ConfirmTotp(World& world,
                                                const Actor& actor,
                                                absl::string_view code) {
  return Answered<domain::SessionView>(
      world, world.RequestOf(actor, Action::kConfirmTotp, kTotpConfirmed),
      [&](WriteCall& call)
          -> absl::StatusOr<std::optional<domain::SessionView>> {
        ASSIGN_OR_RETURN(auto session, domain::ConfirmTotp(call, code));
        return std::optional<domain::SessionView>(std::move(session));
      });
}

absl::StatusOr<std::vector<std::string>> CreateRecoveryCodes(
    World& world, const Actor& actor, absl::string_view password) {
  const domain::Request request = world.RequestOf(
      actor, Action::kCreateRecoveryCodes, kRecoveryCodesCreated);
  ASSIGN_OR_RETURN(const auto proof, OwnProof(world, request, password));
  return Answered<std::vector<std::string>>(
      world, request, [&](WriteCall& call) {
        return domain::CreateRecoveryCodes(call, proof);
      });
}

absl::StatusOr<domain::CurrentPerson> GetCurrentPerson(World& world,
                                                       const Actor& actor) {
  domain::CurrentPerson current;
  RETURN_IF_ERROR(world.Read(actor, Action::kGetCurrentPerson, kNone,
                             [&](ReadCall& call) -> absl::Status {
                               ASSIGN_OR_RETURN(current,
                                                domain::GetCurrentPerson(call));
                               return absl::OkStatus();
                             }));
  return current;
}

Hash32 TicketOf(World& world, const Account& account) {
  auto answer = SignIn(world, account);
  CHECK_OK(answer.status());
  return crypto::Sha256(std::get<domain::SecondFactorTicket>(*answer).ticket);
}

domain::SessionTokens SignInFully(World& world, const Account& account) {
  const Hash32 ticket = TicketOf(world, account);
  auto tokens =
      VerifySecondFactor(world, {ticket,
                                 domain::TotpCode{CodeOf(world, account, 0)},
                                 {"tablet", "往診"}});
  CHECK_OK(tokens.status());
  // The code is spent: another sign-in has to wait for the next one.
  world.Advance(absl::Seconds(30));
  return *std::move(tokens);
}

Actor Holder(const Account& account, const domain::SessionTokens& tokens) {
  Actor actor = account.actor;
  actor.session = tokens.session;
  actor.token = crypto::Sha256(tokens.access_token);
  return actor;
}

}  // namespace renkei::testing
