// Enrolment, changing the password, TOTP and recovery codes.
#include "server/domain/own_account.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/domain/audit.h"
#include "server/domain/authorize.h"
#include "server/domain/credentials.h"
#include "server/domain/refusal.h"
#include "storage/base/check.h"
#include "storage/crypto/totp.h"
#include "tests/support/accounts.h"
#include "tests/support/status_matchers.h"

namespace renkei::testing {
namespace {

using domain::Action;
using domain::AuditType;
using domain::Reason;
using domain::SessionTokens;

constexpr uint32_t kPeopleRead = 121;
constexpr absl::string_view kNewPassword = "川沿いを自転車で通う毎朝";
constexpr absl::string_view kWrongPassword = "not the password at all";

class OwnAccountTest : public ::testing::Test {
 protected:
  OwnAccountTest() : clinic_(world_.AddFacility("調布医院")) {}

  Actor Enrolling(const Account& account) {
    const auto answer = SignIn(world_, account);
    CHECK_OK(answer.status());
    return Holder(account, std::get<SessionTokens>(*answer));
  }
  absl::Status Change(const Actor& actor, absl::string_view current,
                      absl::string_view wanted) {
    return ChangePassword(world_, actor,
                          {std::string(current), std::string(wanted)})
        .status();
  }
  // The secret, raw.
  std::string Enrol(const Account& account, const Actor& actor) {
    const auto enrolment = EnrolTotp(world_, actor, account.password);
    CHECK_OK(enrolment.status());
    const std::string secret = PendingSecretOf(world_, account);
    EXPECT_EQ(enrolment->secret,
              crypto::TotpSecretText(crypto::Secret::CopyOf(secret)));
    EXPECT_TRUE(absl::StrContains(enrolment->uri, enrolment->secret));
    return secret;
  }
  absl::Status DoAnythingElse(const Actor& actor) {
    return world_.Read(actor, Action::kListPeople, kPeopleRead,
                       [&](domain::ReadCall& call) {
                         return Authorize(call, Action::kListPeople,
                                          {.network = world_.network()});
                       });
  }

  World world_;
  FacilityId clinic_;
};

TEST_F(OwnAccountTest, EnrolmentEndsInAFullSession) {
  Account nurse = AddAccount(world_, "hana.nurse", clinic_);
  const Actor actor = Enrolling(nurse);
  const absl::Status early = DoAnythingElse(actor);
  EXPECT_THAT(early, RefusedWith(Reason::kEnrolmentRequired));
  EXPECT_EQ(domain::MetadataOf(early)["missing"], "password,totp");
  auto current = GetCurrentPerson(world_, actor);
  ASSERT_OK(current);
  EXPECT_TRUE(current->password_change_required);
  EXPECT_TRUE(current->totp_enrolment_required);

  ASSERT_OK(Change(actor, nurse.password, kNewPassword));
  EXPECT_EQ(domain::MetadataOf(DoAnythingElse(actor))["missing"], "totp");
  nurse.password = std::string(kNewPassword);
  nurse.totp_secret = Enrol(nurse, actor);
  const auto session = ConfirmTotp(world_, actor, CodeOf(world_, nurse, 0));
  ASSERT_OK(session);
  EXPECT_EQ(session->record.state(), storage::v1::SESSION_STATE_ACTIVE);
  EXPECT_OK(DoAnythingElse(actor));
  current = GetCurrentPerson(world_, actor);
  EXPECT_FALSE(current->password_change_required);
  EXPECT_FALSE(current->totp_enrolment_required);

  // The code that confirmed is spent.
  EXPECT_THAT(
      VerifySecondFactor(world_, {TicketOf(world_, nurse),
                                  domain::TotpCode{CodeOf(world_, nurse, 0)},
                                  {"tablet", ""}}),
      RefusedWith(Reason::kSignInFailed));
  world_.Advance(absl::Seconds(30));
  SignInFully(world_, nurse);
}

TEST_F(OwnAccountTest, EnrolmentTakesTheStepsInEitherOrder) {
  Account nurse = AddAccount(world_, "hana.nurse", clinic_);
  const Actor actor = Enrolling(nurse);
  nurse.totp_secret = Enrol(nurse, actor);
  const auto confirmed = ConfirmTotp(world_, actor, CodeOf(world_, nurse, 0));
  ASSERT_OK(confirmed);
  EXPECT_EQ(confirmed->record.state(), storage::v1::SESSION_STATE_ENROLMENT);
  const auto changed = ChangePassword(
      world_, actor, {nurse.password, std::string(kNewPassword)});
  ASSERT_OK(changed);
  EXPECT_EQ(changed->record.state(), storage::v1::SESSION_STATE_ACTIVE);
}

TEST_F(OwnAccountTest, AOneTimePasswordIsGoodForTwoWeeks) {
  const Account nurse = AddAccount(world_, "hana.nurse", clinic_);
  world_.Advance(domain::kInitialPasswordLifetime - absl::Seconds(1));
  EXPECT_OK(SignIn(world_, nurse));
  world_.Advance(absl::Seconds(1));
  EXPECT_THAT(SignIn(world_, nurse), RefusedWith(Reason::kSignInFailed));
}

TEST_F(OwnAccountTest, NewInitialCredentialsVoidWhatWasBefore) {
  const Account nurse = AddEnrolledAccount(world_, "hana.nurse", clinic_);
  const Hash32 ticket = TicketOf(world_, nurse);
  auto fresh = domain::NewInitialCredentials(world_.keys(), world_.network(),
                                             kCheapCost);
  ASSERT_OK(fresh);
  EXPECT_EQ(fresh->one_time_password.size(), 19u);
  world_.Change([&](storage::Transaction& tx) {
    domain::WriteCall call = domain::NewWriteCall(tx, {}, {}, world_.keys());
    return domain::PutInitialCredentials(call, world_.network(),
                                         nurse.actor.person, fresh->hash);
  });
  EXPECT_THAT(SignIn(world_, nurse), RefusedWith(Reason::kSignInFailed));
  EXPECT_THAT(
      VerifySecondFactor(
          world_,
          {ticket, domain::TotpCode{CodeOf(world_, nurse, 0)}, {"tablet", ""}}),
      RefusedWith(Reason::kSignInFailed));
  Account again = nurse;
  again.password = fresh->one_time_password;
  const Actor actor = Enrolling(again);
  EXPECT_THAT(Change(actor, again.password, nurse.password),
              RefusedWith(Reason::kPasswordRefused));
}

TEST_F(OwnAccountTest, AChangedPasswordEndsTheOtherSessions) {
  const Account nurse = AddEnrolledAccount(world_, "hana.nurse", clinic_);
  const Actor other = Holder(nurse, SignInFully(world_, nurse));
  const Actor here = Holder(nurse, SignInFully(world_, nurse));
  const Hash32 ticket = TicketOf(world_, nurse);
  ASSERT_OK(Change(here, nurse.password, kNewPassword));
  EXPECT_OK(GetCurrentPerson(world_, here));
  EXPECT_THAT(GetCurrentPerson(world_, other),
              RefusedWith(Reason::kSessionEnded));
  EXPECT_THAT(
      VerifySecondFactor(
          world_,
          {ticket, domain::TotpCode{CodeOf(world_, nurse, 0)}, {"tablet", ""}}),
      RefusedWith(Reason::kSignInFailed));
  EXPECT_THAT(SignIn(world_, nurse), RefusedWith(Reason::kSignInFailed));
}

TEST_F(OwnAccountTest, NoneOfTheLastFivePasswordsComesBack) {
  Account nurse = AddEnrolledAccount(world_, "hana.nurse", clinic_);
  const Actor actor = Holder(nurse, SignInFully(world_, nurse));
  std::vector<std::string> used = {nurse.password};
  EXPECT_THAT(Change(actor, nurse.password, nurse.password),
              RefusedWith(Reason::kPasswordRefused));
  for (const char* season : {"春", "夏", "秋", "冬", "梅雨", "盆"}) {
    const std::string next = absl::StrCat(season, "の坂道をのぼる郵便配達");
    ASSERT_OK(Change(actor, used.back(), next));
    used.push_back(next);
  }
  for (size_t i = 1; i < used.size(); ++i) {
    const absl::Status refused = Change(actor, used.back(), used[i]);
    EXPECT_THAT(refused, RefusedWith(Reason::kPasswordRefused));
    EXPECT_EQ(domain::MetadataOf(refused)["rule"], "reused");
  }
  EXPECT_OK(Change(actor, used.back(), used.front()));
}

TEST_F(OwnAccountTest, APasswordMadeOfOnesOwnNameIsRefused) {
  const Account nurse = AddEnrolledAccount(world_, "hana.nurse", clinic_);
  const Actor actor = Holder(nurse, SignInFully(world_, nurse));
  const absl::Status refused =
      Change(actor, nurse.password, "hana.nurse-kzqwvtpl");
  EXPECT_THAT(refused, RefusedWith(Reason::kPasswordRefused));
  EXPECT_EQ(domain::MetadataOf(refused)["rule"], "blocked");
  EXPECT_OK(SignIn(world_, nurse));
}

TEST_F(OwnAccountTest, AWrongCurrentPasswordCountsTowardsTheLock) {
  const Account nurse = AddEnrolledAccount(world_, "hana.nurse", clinic_);
  const Actor actor = Holder(nurse, SignInFully(world_, nurse));
  EXPECT_THAT(Change(actor, kWrongPassword, kNewPassword),
              RefusedWith(Reason::kPasswordWrong));
  EXPECT_THAT(EnrolTotp(world_, actor, kWrongPassword),
              RefusedWith(Reason::kPasswordWrong));
  EXPECT_THAT(CreateRecoveryCodes(world_, actor, kWrongPassword),
              RefusedWith(Reason::kPasswordWrong));
  EXPECT_THAT(Change(actor, kWrongPassword, kNewPassword),
              RefusedWith(Reason::kPasswordWrong));
  ASSERT_OK(GetCurrentPerson(world_, actor));
  EXPECT_THAT(Change(actor, kWrongPassword, kNewPassword),
              RefusedWith(Reason::kPasswordWrong));
  EXPECT_THAT(GetCurrentPerson(world_, actor),
              RefusedWith(Reason::kSessionEnded));
  EXPECT_THAT(SignIn(world_, nurse), RefusedWith(Reason::kSignInFailed));
}

TEST_F(OwnAccountTest, ANewTotpSecretCountsOnceConfirmed) {
  Account nurse = AddEnrolledAccount(world_, "hana.nurse", clinic_);
  const Actor other = Holder(nurse, SignInFully(world_, nurse));
  const Actor actor = Holder(nurse, SignInFully(world_, nurse));
  Account renewed = nurse;
  renewed.totp_secret = Enrol(nurse, actor);
  SignInFully(world_, nurse);
  EXPECT_THAT(ConfirmTotp(world_, actor, CodeOf(world_, nurse, 0)),
              RefusedWith(Reason::kSignInFailed));
  ASSERT_OK(ConfirmTotp(world_, actor, CodeOf(world_, renewed, 0)));
  world_.Advance(absl::Seconds(30));
  SignInFully(world_, renewed);
  EXPECT_THAT(
      VerifySecondFactor(world_, {TicketOf(world_, nurse),
                                  domain::TotpCode{CodeOf(world_, nurse, 0)},
                                  {"tablet", ""}}),
      RefusedWith(Reason::kSignInFailed));
  EXPECT_THAT(GetCurrentPerson(world_, other),
              RefusedWith(Reason::kSessionEnded));
  EXPECT_OK(GetCurrentPerson(world_, actor));
}

TEST_F(OwnAccountTest, ThereMustBeASecretToConfirm) {
  const Account nurse = AddEnrolledAccount(world_, "hana.nurse", clinic_);
  const Actor actor = Holder(nurse, SignInFully(world_, nurse));
  EXPECT_THAT(ConfirmTotp(world_, actor, CodeOf(world_, nurse, 0)),
              RefusedWith(Reason::kStateWrong));
}

TEST_F(OwnAccountTest, NothingWorksWithoutASession) {
  const Account nurse = AddEnrolledAccount(world_, "hana.nurse", clinic_);
  EXPECT_THAT(Change(nurse.actor, nurse.password, kNewPassword),
              RefusedWith(Reason::kSessionEnded));
  EXPECT_THAT(GetCurrentPerson(world_, nurse.actor),
              RefusedWith(Reason::kSessionEnded));
}

}  // namespace
}  // namespace renkei::testing
