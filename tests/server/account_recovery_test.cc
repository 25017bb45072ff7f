#include "server/domain/account_recovery.h"

#include <gtest/gtest.h>

#include "server/domain/credentials.h"
#include "tests/support/administration.h"
#include "tests/support/perform.h"
#include "tests/support/status_matchers.h"

namespace renkei::testing {
namespace {

using domain::AccountState;
using domain::Action;
using domain::CredentialReset;
using domain::PersonView;
using domain::Reason;
using domain::WriteCall;

constexpr uint32_t kUnlocked = 35;
constexpr uint32_t kResetRequested = 36;
constexpr uint32_t kResetApproved = 37;

class AccountRecoveryTest : public ::testing::Test {
 protected:
  World world_;
  const Administration they_ = MakeAdministration(world_);

  void SetUp() override {
    world_.Change([&](storage::Transaction& tx) {
      storage::v1::CredentialsRecord credentials;
      credentials.set_password_hash("old");
      credentials.set_totp_confirmed(true);
      credentials.set_totp_secret("secret");
      return tx.Put(storage::kCredentials, Key(), credentials);
    });
  }
  storage::PersonKey Key() { return {world_.network(), they_.nurse.person}; }
  void Lock() {
    world_.Change([&](storage::Transaction& tx) -> absl::Status {
      ASSIGN_OR_RETURN(auto record, tx.Get(storage::kPeople, Key()));
      record.set_locked(true);
      return tx.Put(storage::kPeople, Key(), record);
    });
  }
  absl::StatusOr<PersonView> Unlock(const Actor& actor, const Actor& whom) {
    return PerformWrite(
        world_, actor, Action::kUnlockAccount, kUnlocked, [&](WriteCall& call) {
          return domain::UnlockAccount(call, world_.network(), whom.person);
        });
  }
  absl::StatusOr<CredentialReset> Request(const Actor& actor,
                                          const Actor& whom) {
    return PerformWrite(world_, actor, Action::kRequestCredentialReset,
                        kResetRequested, [&](WriteCall& call) {
                          return domain::RequestCredentialReset(
                              call, world_.network(), whom.person,
                              "電話機の紛失");
                        });
  }
  absl::StatusOr<CredentialReset> Approve(const Actor& actor,
                                          const Actor& whom) {
    return PerformWrite(world_, actor, Action::kApproveCredentialReset,
                        kResetApproved, [&](WriteCall& call) {
                          return domain::ApproveCredentialReset(
                              call, world_.network(), whom.person, "new");
                        });
  }
};

TEST_F(AccountRecoveryTest, AnAdministratorUnlocks) {
  EXPECT_THAT(Unlock(they_.administrator, they_.nurse),
              RefusedWith(Reason::kStateWrong));
  Lock();
  EXPECT_THAT(Unlock(they_.neighbour, they_.nurse),
              RefusedWith(Reason::kNotPermitted));
  const auto unlocked = Unlock(they_.administrator, they_.nurse);
  ASSERT_OK(unlocked);
  EXPECT_EQ(unlocked->account_state, AccountState::kActive);
  EXPECT_THAT(Unlock(they_.administrator, they_.administrator),
              RefusedWith(Reason::kSecondPersonNeeded));
}

TEST_F(AccountRecoveryTest, AResetTakesTwoAdministratorsAndEndsEverySession) {
  Lock();
  ASSERT_OK(Request(they_.administrator, they_.nurse));
  EXPECT_THAT(Approve(they_.administrator, they_.nurse),
              RefusedWith(Reason::kSecondPersonNeeded));
  EXPECT_THAT(Approve(they_.neighbour, they_.nurse),
              RefusedWith(Reason::kNotPermitted));
  const auto approved = Approve(they_.deputy, they_.nurse);
  ASSERT_OK(approved);
  EXPECT_EQ(approved->requester, they_.administrator.person);
  const auto credentials = world_.Look().Get(storage::kCredentials, Key());
  ASSERT_OK(credentials);
  EXPECT_EQ(credentials->password_hash(), "new");
  EXPECT_TRUE(credentials->password_is_initial());
  EXPECT_FALSE(credentials->totp_confirmed());
  EXPECT_EQ(credentials->totp_secret(), "");
  EXPECT_FALSE(world_.Look().Get(storage::kPeople, Key())->locked());
  const auto session = world_.Look().Get(
      storage::kSessions, {world_.network(), they_.nurse.session});
  ASSERT_OK(session);
  EXPECT_EQ(session->state(), storage::v1::SESSION_STATE_ENDED);
  EXPECT_EQ(world_.published().back().ended_sessions.size(), 1U);
  EXPECT_THAT(Approve(they_.deputy, they_.nurse),
              RefusedWith(Reason::kStateWrong));
}

TEST_F(AccountRecoveryTest, NobodyAsksForOrApprovesTheOwnReset) {
  EXPECT_THAT(Request(they_.administrator, they_.administrator),
              RefusedWith(Reason::kSecondPersonNeeded));
  ASSERT_OK(Request(they_.deputy, they_.administrator));
  EXPECT_THAT(Approve(they_.administrator, they_.administrator),
              RefusedWith(Reason::kSecondPersonNeeded));
  EXPECT_OK(Approve(they_.office, they_.administrator));
}

TEST_F(AccountRecoveryTest, OthersMayNotAsk) {
  EXPECT_THAT(Request(they_.nurse, they_.administrator),
              RefusedWith(Reason::kNotPermitted));
  EXPECT_THAT(Request(they_.neighbour, they_.nurse),
              RefusedWith(Reason::kNotPermitted));
}

TEST_F(AccountRecoveryTest, AReasonIsKeptInTheAuditEventsDetails) {
  ASSERT_OK(Request(they_.administrator, they_.nurse));
  const domain::AuditEvent event = world_.Audit().back();
  ASSERT_EQ(event.details.size(), 1U);
  EXPECT_EQ(event.details[0].second, "電話機の紛失");
  EXPECT_EQ(event.leaf.target_person(), they_.nurse.person.bytes());
}

TEST_F(AccountRecoveryTest, ARequestExpiresAfterADay) {
  ASSERT_OK(Request(they_.administrator, they_.nurse));
  world_.Advance(domain::kCredentialResetLifetime);
  const Actor later = world_.SignInAgain(they_.deputy, "desk");
  EXPECT_THAT(Approve(later, they_.nurse), RefusedWith(Reason::kStateWrong));
}

TEST_F(AccountRecoveryTest, ANewRequestTakesThePlaceOfTheFirst) {
  ASSERT_OK(Request(they_.administrator, they_.nurse));
  ASSERT_OK(Request(they_.deputy, they_.nurse));
  EXPECT_THAT(Approve(they_.deputy, they_.nurse),
              RefusedWith(Reason::kSecondPersonNeeded));
  EXPECT_OK(Approve(they_.administrator, they_.nurse));
}

TEST_F(AccountRecoveryTest, UnknownAndForeignPeopleAreNotFound) {
  Actor foreigner;
  foreigner.person = MakeAbroad(world_).person;
  for (const Actor& actor : {they_.office, they_.nurse}) {
    EXPECT_THAT(Unlock(actor, foreigner), RefusedWith(Reason::kNotFound));
    EXPECT_THAT(Request(actor, foreigner), RefusedWith(Reason::kNotFound));
    EXPECT_THAT(Approve(actor, foreigner), RefusedWith(Reason::kNotFound));
  }
}

}  // namespace
}  // namespace renkei::testing
