// Signing in with a password and a second factor, and what is refused.
#include "server/domain/sign_in.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "gtest/gtest.h"
#include "server/domain/audit.h"
#include "server/domain/credentials.h"
#include "storage/crypto/hash.h"
#include "tests/support/accounts.h"
#include "tests/support/status_matchers.h"

namespace renkei::testing {
namespace {

using domain::AuditType;
using domain::Reason;
using domain::RecoveryCode;
using domain::SecondFactorTicket;
using domain::SessionTokens;
using domain::TotpCode;

constexpr absl::string_view kWrongPassword = "not the password at all";

class SignInTest : public ::testing::Test {
 protected:
  SignInTest()
      : clinic_(world_.AddFacility("調布医院")),
        nurse_(AddEnrolledAccount(world_, "hana.nurse", clinic_)) {}

  absl::Status SignInWith(absl::string_view network, absl::string_view login,
                          absl::string_view password) {
    return SignIn(world_, {std::string(network),
                           std::string(login),
                           std::string(password),
                           {"tablet", ""}})
        .status();
  }
  absl::Status FailOnce() {
    return SignInWith("chofu", nurse_.login, kWrongPassword);
  }
  absl::StatusOr<SessionTokens> Verify(const Hash32& ticket,
                                       absl::string_view code) {
    return VerifySecondFactor(
        world_, {ticket, TotpCode{std::string(code)}, {"tablet", ""}});
  }
  storage::v1::CredentialsRecord Credentials() {
    return *world_.Look().Get(storage::kCredentials,
                              {world_.network(), nurse_.actor.person});
  }
  size_t Events(AuditType type) {
    size_t count = 0;
    for (const domain::AuditEvent& event : world_.Audit()) {
      count += event.leaf.type() == static_cast<uint32_t>(type) ? 1 : 0;
    }
    return count;
  }

  World world_;
  FacilityId clinic_;
  Account nurse_;
};

TEST_F(SignInTest, TakesBothFactorsAndWritesWhoItWas) {
  const auto answer = SignIn(world_, nurse_);
  ASSERT_OK(answer);
  ASSERT_TRUE(std::holds_alternative<SecondFactorTicket>(*answer));
  const auto& ticket = std::get<SecondFactorTicket>(*answer);
  EXPECT_EQ(ticket.expires_at, world_.now() + absl::Minutes(5));
  const auto tokens =
      Verify(crypto::Sha256(ticket.ticket), CodeOf(world_, nurse_, 0));
  ASSERT_OK(tokens);
  EXPECT_EQ(tokens->person, nurse_.actor.person);
  EXPECT_EQ(tokens->access_expires_at, world_.now() + absl::Minutes(10));
  EXPECT_EQ(tokens->session_expires_at, world_.now() + absl::Hours(12));
  const auto current = GetCurrentPerson(world_, Holder(nurse_, *tokens));
  ASSERT_OK(current);
  EXPECT_EQ(current->session.record.state(), storage::v1::SESSION_STATE_ACTIVE);
  EXPECT_EQ(current->session.record.client_address(), "192.0.2.7");

  const auto events = world_.Audit();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].leaf.type(),
            static_cast<uint32_t>(AuditType::kPasswordAccepted));
  EXPECT_EQ(events[1].leaf.type(),
            static_cast<uint32_t>(AuditType::kSignInSucceeded));
  EXPECT_EQ(events[1].leaf.actor(), nurse_.actor.person.bytes());
  EXPECT_EQ(events[1].leaf.actor_facility(), clinic_.bytes());
  EXPECT_NE(events[1].leaf.target().find(tokens->session.ToText()),
            std::string::npos);
}

TEST_F(SignInTest, FindsLoginAndNetworkInAnyCase) {
  EXPECT_OK(SignInWith("CHOFU", "Hana.Nurse", nurse_.password));
}

TEST_F(SignInTest, TakesAPasswordTypedOnAnotherKindOfKeyboard) {
  Account account = AddAccount(world_, "taro.nurse", clinic_);
  const auto answer = SignIn(world_, account);
  const Actor actor = Holder(account, std::get<SessionTokens>(*answer));
  // "が" as one code point and as two.
  ASSERT_OK(ChangePassword(
      world_, actor, {account.password, "\u304cっこうの庭に咲く朝顔と虹"}));
  EXPECT_OK(SignInWith("chofu", "taro.nurse",
                       "\u304b\u3099っこうの庭に咲く朝顔と虹"));
}

TEST_F(SignInTest, AnswersAlikeWhateverIsWrong) {
  Account locked = AddEnrolledAccount(world_, "locked.nurse", clinic_);
  for (int i = 0; i < 5; ++i) {
    SignInWith("chofu", locked.login, kWrongPassword).IgnoreError();
  }
  Account leaver = AddEnrolledAccount(world_, "leaver.nurse", clinic_);
  world_.Change([&](storage::Transaction& tx) -> absl::Status {
    const storage::PersonKey key{world_.network(), leaver.actor.person};
    ASSIGN_OR_RETURN(auto person, tx.Get(storage::kPeople, key));
    person.mutable_affiliations(0)->set_state(
        storage::v1::AFFILIATION_STATE_ENDED);
    return tx.Put(storage::kPeople, key, person);
  });
  const std::vector<absl::Status> answers = {
      SignInWith("nowhere", nurse_.login, nurse_.password),
      SignInWith("chofu", "nobody", nurse_.password),
      SignInWith("chofu", nurse_.login, kWrongPassword),
      SignInWith("chofu", locked.login, locked.password),
      SignInWith("chofu", leaver.login, leaver.password),
      Verify(crypto::Sha256("no ticket"), "123456").status(),
      Verify(TicketOf(world_, nurse_), "000000").status(),
  };
  for (const absl::Status& answer : answers) {
    EXPECT_THAT(answer, RefusedWith(Reason::kSignInFailed));
    EXPECT_EQ(answer, answers.front());
  }
}

TEST_F(SignInTest, TellsTheServersOwnLogOfUnknownLogins) {
  SignInWith("chofu", "nobody", kWrongPassword).IgnoreError();
  EXPECT_TRUE(world_.Audit().empty());
  const auto events = world_.Audit(NetworkId());
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].leaf.type(),
            static_cast<uint32_t>(AuditType::kSignInFailed));
  EXPECT_EQ(events[0].leaf.SerializeAsString().find("nobody"),
            std::string::npos);
  const std::vector<std::pair<std::string, std::string>> details(
      events[0].details.begin(), events[0].details.end());
  EXPECT_THAT(details, ::testing::Contains(std::make_pair("login", "nobody")));
}

TEST_F(SignInTest, LocksTheAccountAfterFiveFailures) {
  const SessionTokens earlier = SignInFully(world_, nurse_);
  for (int i = 0; i < 4; ++i) {
    FailOnce().IgnoreError();
  }
  EXPECT_OK(SignIn(world_, nurse_));
  FailOnce().IgnoreError();
  EXPECT_THAT(SignIn(world_, nurse_), RefusedWith(Reason::kSignInFailed));
  EXPECT_EQ(Events(AuditType::kAccountLocked), 1u);
  EXPECT_THAT(GetCurrentPerson(world_, Holder(nurse_, earlier)),
              RefusedWith(Reason::kSessionEnded));
  bool told = false;
  for (const domain::Outcome& outcome : world_.published()) {
    for (const SessionId& ended : outcome.ended_sessions) {
      told = told || ended == earlier.session;
    }
  }
  EXPECT_TRUE(told);
}

TEST_F(SignInTest, CountsFailuresAcrossARestart) {
  for (int i = 0; i < 4; ++i) {
    FailOnce().IgnoreError();
  }
  world_.Reopen();
  FailOnce().IgnoreError();
  EXPECT_EQ(Events(AuditType::kAccountLocked), 1u);
}

TEST_F(SignInTest, ForgetsFailuresOnlyWhenBothFactorsWereRight) {
  for (int i = 0; i < 3; ++i) {
    FailOnce().IgnoreError();
  }
  const Hash32 ticket = TicketOf(world_, nurse_);
  EXPECT_EQ(Credentials().failed_attempts(), 3u);
  ASSERT_OK(Verify(ticket, CodeOf(world_, nurse_, 0)));
  EXPECT_EQ(Credentials().failed_attempts(), 0u);
}

TEST_F(SignInTest, LocksAlsoWhenOnlyTheSecondFactorIsGuessed) {
  const Hash32 ticket = TicketOf(world_, nurse_);
  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(Verify(ticket, "000000"), RefusedWith(Reason::kSignInFailed));
  }
  EXPECT_EQ(Events(AuditType::kSecondFactorFailed), 5u);
  EXPECT_EQ(Events(AuditType::kAccountLocked), 1u);
  EXPECT_THAT(Verify(ticket, CodeOf(world_, nurse_, 0)),
              RefusedWith(Reason::kSignInFailed));
}

TEST_F(SignInTest, LiftingTheLockLetsThePersonInAgain) {
  for (int i = 0; i < 5; ++i) {
    FailOnce().IgnoreError();
  }
  world_.Change([&](storage::Transaction& tx) {
    domain::WriteCall call = domain::NewWriteCall(tx, {}, {}, world_.keys());
    return domain::LiftLock(call, world_.network(), nurse_.actor.person);
  });
  EXPECT_OK(SignIn(world_, nurse_));
}

TEST_F(SignInTest, TakesATicketFiveMinutesAndOnce) {
  const Hash32 late = TicketOf(world_, nurse_);
  world_.Advance(absl::Minutes(5));
  EXPECT_THAT(Verify(late, CodeOf(world_, nurse_, 0)),
              RefusedWith(Reason::kSignInFailed));
  const Hash32 once = TicketOf(world_, nurse_);
  ASSERT_OK(Verify(once, CodeOf(world_, nurse_, 0)));
  world_.Advance(absl::Seconds(30));
  EXPECT_THAT(Verify(once, CodeOf(world_, nurse_, 0)),
              RefusedWith(Reason::kSignInFailed));
}

TEST_F(SignInTest, TicketsAreNoAccessTokens) {
  Actor actor = nurse_.actor;
  actor.token = TicketOf(world_, nurse_);
  EXPECT_THAT(GetCurrentPerson(world_, actor),
              RefusedWith(Reason::kCredentialsMissing));
}

TEST_F(SignInTest, KeepsThreeTicketsOpenAtMost) {
  const Hash32 first = TicketOf(world_, nurse_);
  for (int i = 0; i < 3; ++i) {
    TicketOf(world_, nurse_);
  }
  EXPECT_THAT(Verify(first, CodeOf(world_, nurse_, 0)),
              RefusedWith(Reason::kSignInFailed));
}

TEST_F(SignInTest, TakesTheCodesOfNeighbouringStepsButNoCodeTwice) {
  EXPECT_THAT(Verify(TicketOf(world_, nurse_), CodeOf(world_, nurse_, 2)),
              RefusedWith(Reason::kSignInFailed));
  const std::string code = CodeOf(world_, nurse_, 0);
  ASSERT_OK(Verify(TicketOf(world_, nurse_), code));
  EXPECT_THAT(Verify(TicketOf(world_, nurse_), code),
              RefusedWith(Reason::kSignInFailed));
  // An earlier one is spent with it.
  EXPECT_THAT(Verify(TicketOf(world_, nurse_), CodeOf(world_, nurse_, -1)),
              RefusedWith(Reason::kSignInFailed));
  EXPECT_OK(Verify(TicketOf(world_, nurse_), CodeOf(world_, nurse_, 1)));
}

TEST_F(SignInTest, TakesARecoveryCodeOnceHoweverItIsTyped) {
  const Actor actor = Holder(nurse_, SignInFully(world_, nurse_));
  const auto codes = CreateRecoveryCodes(world_, actor, nurse_.password);
  ASSERT_OK(codes);
  ASSERT_EQ(codes->size(), 10u);
  std::string typed = absl::AsciiStrToUpper(codes->front());
  typed.erase(std::remove(typed.begin(), typed.end(), '-'), typed.end());
  const auto verify = [&](const std::string& code) {
    return VerifySecondFactor(
        world_, {TicketOf(world_, nurse_), RecoveryCode{code}, {"tablet", ""}});
  };
  ASSERT_OK(verify(typed));
  EXPECT_EQ(Events(AuditType::kRecoveryCodeUsed), 1u);
  EXPECT_EQ(GetCurrentPerson(world_, actor)->recovery_codes_left, 9u);
  EXPECT_THAT(verify(typed), RefusedWith(Reason::kSignInFailed));
  EXPECT_THAT(verify("no code"), RefusedWith(Reason::kSignInFailed));
  // New ones void the old ones.
  ASSERT_OK(CreateRecoveryCodes(world_, actor, nurse_.password));
  EXPECT_THAT(verify((*codes)[1]), RefusedWith(Reason::kSignInFailed));
}

TEST_F(SignInTest, ProvesNothingOnceTheCredentialsHaveChanged) {
  domain::PasswordProof proof;
  domain::Request request;
  request.needs_caller = false;
  ASSERT_OK(world_.door().Look(request, [&](domain::ReadCall& call) {
    auto proven = domain::ProveLogin(call, "chofu", nurse_.login,
                                     nurse_.password, kCheapCost);
    proof = *proven;
    return proven.status();
  }));
  ASSERT_TRUE(proof.right);
  const Actor actor = Holder(nurse_, SignInFully(world_, nurse_));
  ASSERT_OK(ChangePassword(world_, actor,
                           {nurse_.password, "港の見える丘で待ち合わせ"}));
  request.event_type = static_cast<uint32_t>(AuditType::kPasswordAccepted);
  EXPECT_THAT(world_.Write(request,
                           [&](domain::WriteCall& call) {
                             return domain::SignIn(call, {}, proof).status();
                           }),
              RefusedWith(Reason::kSignInFailed));
  EXPECT_EQ(Credentials().failed_attempts(), 0u);
}

TEST_F(SignInTest, HashesAnewWhenTheCostWasRaised) {
  const std::string before = Credentials().password_hash();
  domain::PasswordProof proof;
  domain::Request request;
  request.needs_caller = false;
  request.event_type = static_cast<uint32_t>(AuditType::kPasswordAccepted);
  ASSERT_OK(world_.door().Look(request, [&](domain::ReadCall& call) {
    auto proven = domain::ProveLogin(call, "chofu", nurse_.login,
                                     nurse_.password, {16, 1, 1});
    proof = *proven;
    return proven.status();
  }));
  ASSERT_OK(world_.Write(request, [&](domain::WriteCall& call) {
    return domain::SignIn(call, {}, proof).status();
  }));
  EXPECT_NE(Credentials().password_hash(), before);
  EXPECT_OK(SignIn(world_, nurse_));
}

TEST_F(SignInTest, LeavesNoSecretInTheStoreAsItWasGiven) {
  const SessionTokens tokens = SignInFully(world_, nurse_);
  const auto look = world_.Look();
  EXPECT_EQ(Credentials().SerializeAsString().find(nurse_.totp_secret),
            std::string::npos);
  EXPECT_EQ(Credentials().SerializeAsString().find(nurse_.password),
            std::string::npos);
  const auto session =
      look.Get(storage::kSessions, {world_.network(), tokens.session});
  ASSERT_OK(session);
  EXPECT_EQ(session->SerializeAsString().find(tokens.access_token),
            std::string::npos);
  EXPECT_EQ(session->SerializeAsString().find(tokens.refresh_token),
            std::string::npos);
}

}  // namespace
}  // namespace renkei::testing
