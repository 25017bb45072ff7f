// The life of a session through the public API.
#include "server/rpc/session_service.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "storage/crypto/totp.h"
#include "tests/support/accounts.h"
#include "tests/support/rpc_world.h"

namespace renkei::testing {
namespace {

using Stub = v1::SessionService::Stub;

constexpr absl::string_view kNewPassword = "川沿いを自転車で通う毎朝";
constexpr absl::string_view kRequestId = "7d7b4a0c-3c0e-4bb5-9a37-0d6f7f0f6b11";

// Calls `method` with this access token, or none.
template <typename Request, typename Response>
grpc::Status Call(Stub& stub,
                  grpc::Status (Stub::*method)(grpc::ClientContext*,
                                               const Request&, Response*),
                  absl::string_view access_token, const Request& request,
                  Response& response) {
  grpc::ClientContext context;
  if (!access_token.empty()) {
    context.AddMetadata("authorization", absl::StrCat("Bearer ", access_token));
  }
  return (stub.*method)(&context, request, &response);
}

class SessionServiceTest : public ::testing::Test {
 protected:
  SessionServiceTest()
      : clinic_(world_.AddFacility("調布医院")),
        api_(world_),
        handler_(api_.calls(), api_.workers(), kCheapCost),
        stub_(v1::SessionService::NewStub(api_.Serve(handler_))) {}

  v1::SignInRequest SignInRequestOf(const Account& account) {
    v1::SignInRequest request;
    request.set_network_code("chofu");
    request.set_login(account.login);
    request.set_password(account.password);
    request.set_device_id("tablet-1");
    request.set_device_name("往診用タブレット");
    return request;
  }
  v1::SignInResponse PasswordStep(const Account& account) {
    v1::SignInResponse response;
    const grpc::Status status =
        Call(*stub_, &Stub::SignIn, "", SignInRequestOf(account), response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  v1::Tokens BothSteps(const Account& account) {
    v1::VerifySecondFactorRequest request;
    request.set_ticket(PasswordStep(account).second_factor().ticket());
    request.set_totp_code(CodeOf(world_, account, 0));
    request.set_device_id("tablet-1");
    request.set_device_name("往診用タブレット");
    v1::Tokens tokens;
    const grpc::Status status =
        Call(*stub_, &Stub::VerifySecondFactor, "", request, tokens);
    EXPECT_TRUE(status.ok()) << status.error_message();
    world_.Advance(absl::Seconds(30));
    return tokens;
  }
  template <typename Request, typename Response>
  std::string Refusal(grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                   const Request&, Response*),
                      absl::string_view token, const Request& request) {
    Response response;
    const grpc::Status status = Call(*stub_, method, token, request, response);
    return status.ok() ? "OK" : ReasonIn(status);
  }
  std::string PersonText(const Account& account) {
    return absl::StrCat("networks/", world_.network().ToText(), "/people/",
                        account.actor.person.ToText());
  }

  World world_;
  FacilityId clinic_;
  RpcWorld api_;
  rpc::SessionServiceHandler handler_;
  std::unique_ptr<Stub> stub_;
};

TEST_F(SessionServiceTest,
       LeadsANewPersonFromTheOneTimePasswordToAFullSession) {
  Account nurse = AddAccount(world_, "hana.nurse", clinic_);
  const v1::Tokens tokens = PasswordStep(nurse).enrolment();
  ASSERT_FALSE(tokens.access_token().empty());
  EXPECT_EQ(tokens.idle_timeout_seconds(), 900);
  v1::ListSessionsRequest list;
  list.set_parent(PersonText(nurse));
  EXPECT_EQ(Refusal(&Stub::ListSessions, tokens.access_token(), list),
            "ENROLMENT_REQUIRED");

  v1::ChangePasswordRequest change;
  change.set_current_password(nurse.password);
  change.set_new_password(std::string(kNewPassword));
  v1::ChangePasswordResponse changed;
  ASSERT_TRUE(Call(*stub_, &Stub::ChangePassword, tokens.access_token(), change,
                   changed)
                  .ok());
  EXPECT_EQ(changed.session().state(), v1::Session::STATE_ENROLLING);
  nurse.password = std::string(kNewPassword);

  v1::EnrolTotpRequest enrol;
  enrol.set_current_password(nurse.password);
  v1::EnrolTotpResponse enrolled;
  ASSERT_TRUE(
      Call(*stub_, &Stub::EnrolTotp, tokens.access_token(), enrol, enrolled)
          .ok());
  EXPECT_EQ(enrolled.secret().size(), 32u);
  nurse.totp_secret = PendingSecretOf(world_, nurse);

  v1::ConfirmTotpRequest confirm;
  confirm.set_totp_code(CodeOf(world_, nurse, 0));
  v1::ConfirmTotpResponse confirmed;
  ASSERT_TRUE(Call(*stub_, &Stub::ConfirmTotp, tokens.access_token(), confirm,
                   confirmed)
                  .ok());
  EXPECT_EQ(confirmed.session().state(), v1::Session::STATE_ACTIVE);
  EXPECT_EQ(confirmed.session().name(), tokens.session());
  EXPECT_EQ(Refusal(&Stub::ListSessions, tokens.access_token(), list), "OK");

  v1::CreateRecoveryCodesRequest create;
  create.set_current_password(nurse.password);
  v1::CreateRecoveryCodesResponse created;
  ASSERT_TRUE(Call(*stub_, &Stub::CreateRecoveryCodes, tokens.access_token(),
                   create, created)
                  .ok());
  ASSERT_EQ(created.recovery_codes_size(), 10);
  v1::VerifySecondFactorRequest verify;
  verify.set_ticket(PasswordStep(nurse).second_factor().ticket());
  verify.set_recovery_code(created.recovery_codes(3));
  verify.set_device_id("tablet-2");
  EXPECT_EQ(Refusal(&Stub::VerifySecondFactor, "", verify), "OK");
}

TEST_F(SessionServiceTest, ListsAndRevokesSessions) {
  const Account nurse = AddEnrolledAccount(world_, "hana.nurse", clinic_);
  const v1::Tokens lost = BothSteps(nurse);
  const v1::Tokens here = BothSteps(nurse);
  v1::ListSessionsRequest list;
  list.set_parent(PersonText(nurse));
  list.set_page_size(1);
  v1::ListSessionsResponse page;
  ASSERT_TRUE(
      Call(*stub_, &Stub::ListSessions, here.access_token(), list, page).ok());
  ASSERT_EQ(page.sessions_size(), 1);
  EXPECT_EQ(page.sessions(0).name(), here.session());
  EXPECT_TRUE(page.sessions(0).current());
  EXPECT_EQ(page.sessions(0).device_name(), "往診用タブレット");
  list.set_page_token(page.next_page_token());
  ASSERT_TRUE(
      Call(*stub_, &Stub::ListSessions, here.access_token(), list, page).ok());
  EXPECT_EQ(page.sessions(0).name(), lost.session());
  EXPECT_TRUE(page.next_page_token().empty());

  v1::RevokeSessionRequest revoke;
  revoke.set_name(lost.session());
  revoke.set_request_id(std::string(kRequestId));
  v1::Session revoked;
  ASSERT_TRUE(
      Call(*stub_, &Stub::RevokeSession, here.access_token(), revoke, revoked)
          .ok());
  EXPECT_EQ(revoked.state(), v1::Session::STATE_ENDED);
  EXPECT_EQ(Refusal(&Stub::ListSessions, lost.access_token(), list),
            "SESSION_ENDED");
  v1::RefreshSessionRequest refresh;
  refresh.set_refresh_token(lost.refresh_token());
  EXPECT_EQ(Refusal(&Stub::RefreshSession, "", refresh), "SESSION_ENDED");
}

TEST_F(SessionServiceTest, TellsWhoTheCallerIs) {
  const Account nurse = AddEnrolledAccount(world_, "hana.nurse", clinic_);
  const v1::Tokens tokens = BothSteps(nurse);
  v1::CurrentPerson current;
  ASSERT_TRUE(Call(*stub_, &Stub::GetCurrentPerson, tokens.access_token(),
                   v1::GetCurrentPersonRequest(), current)
                  .ok());
  EXPECT_EQ(current.person().name(), PersonText(nurse));
  EXPECT_EQ(current.person().login(), nurse.login);
  EXPECT_EQ(current.person().account_state(), v1::Person::ACCOUNT_STATE_ACTIVE);
  ASSERT_EQ(current.person().affiliations_size(), 1);
  EXPECT_EQ(current.person().affiliations(0).facility_display_name(),
            "調布医院");
  EXPECT_EQ(current.session().name(), tokens.session());
  EXPECT_TRUE(current.session().current());
  EXPECT_FALSE(current.password_change_required());
  EXPECT_FALSE(current.totp_enrolment_required());
  EXPECT_EQ(current.recovery_codes_left(), 0);
}

TEST_F(SessionServiceTest, RefreshesAndSignsOut) {
  const Account nurse = AddEnrolledAccount(world_, "hana.nurse", clinic_);
  const v1::Tokens first = BothSteps(nurse);
  v1::RefreshSessionRequest refresh;
  refresh.set_refresh_token(first.refresh_token());
  v1::Tokens second;
  ASSERT_TRUE(Call(*stub_, &Stub::RefreshSession, "", refresh, second).ok());
  EXPECT_EQ(second.session(), first.session());
  EXPECT_EQ(
      Refusal(&Stub::SignOut, second.access_token(), v1::SignOutRequest()),
      "OK");
  EXPECT_EQ(
      Refusal(&Stub::SignOut, second.access_token(), v1::SignOutRequest()),
      "SESSION_ENDED");
}

TEST_F(SessionServiceTest, AnswersTheSameToUnknownLockedAndWrong) {
  Account locked = AddEnrolledAccount(world_, "locked.nurse", clinic_);
  const std::string password = locked.password;
  locked.password = "not the password at all";
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(Refusal(&Stub::SignIn, "", SignInRequestOf(locked)),
              "SIGN_IN_FAILED");
  }
  locked.password = password;
  Account nobody = locked;
  nobody.login = "nobody";
  const auto told = [&](const Account& account) {
    v1::SignInResponse response;
    const grpc::Status status =
        Call(*stub_, &Stub::SignIn, "", SignInRequestOf(account), response);
    EXPECT_EQ(response.ByteSizeLong(), 0u);
    return std::make_tuple(status.error_code(), status.error_message(),
                           ReasonIn(status));
  };
  EXPECT_EQ(told(locked), told(nobody));
  EXPECT_EQ(std::get<0>(told(nobody)), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(SessionServiceTest, RefusesFormsThatCanNeverWork) {
  const Account nurse = AddEnrolledAccount(world_, "hana.nurse", clinic_);
  v1::SignInRequest sign_in = SignInRequestOf(nurse);
  sign_in.set_device_id("no spaces");
  EXPECT_EQ(Refusal(&Stub::SignIn, "", sign_in), "FIELD_INVALID");
  sign_in = SignInRequestOf(nurse);
  sign_in.clear_password();
  EXPECT_EQ(Refusal(&Stub::SignIn, "", sign_in), "FIELD_INVALID");
  sign_in = SignInRequestOf(nurse);
  sign_in.set_password(std::string(1001, 'x'));
  EXPECT_EQ(Refusal(&Stub::SignIn, "", sign_in), "FIELD_INVALID");
  sign_in = SignInRequestOf(nurse);
  sign_in.clear_network_code();
  EXPECT_EQ(Refusal(&Stub::SignIn, "", sign_in), "FIELD_INVALID");

  v1::VerifySecondFactorRequest verify;
  verify.set_ticket("a ticket");
  verify.set_device_id("tablet-1");
  EXPECT_EQ(Refusal(&Stub::VerifySecondFactor, "", verify), "FIELD_INVALID");
  verify.set_totp_code("12345x");
  EXPECT_EQ(Refusal(&Stub::VerifySecondFactor, "", verify), "FIELD_INVALID");
  verify.set_totp_code("123456");
  EXPECT_EQ(Refusal(&Stub::VerifySecondFactor, "", verify), "SIGN_IN_FAILED");
  EXPECT_EQ(Refusal(&Stub::RefreshSession, "", v1::RefreshSessionRequest()),
            "FIELD_INVALID");

  const v1::Tokens tokens = BothSteps(nurse);
  v1::ListSessionsRequest list;
  list.set_parent("networks/chofu");
  EXPECT_EQ(Refusal(&Stub::ListSessions, tokens.access_token(), list),
            "FIELD_INVALID");
  list.set_parent(PersonText(nurse));
  list.set_page_token("no token");
  EXPECT_EQ(Refusal(&Stub::ListSessions, tokens.access_token(), list),
            "PAGE_TOKEN_INVALID");
  v1::ChangePasswordRequest change;
  change.set_current_password(nurse.password);
  change.set_new_password("short");
  EXPECT_EQ(Refusal(&Stub::ChangePassword, tokens.access_token(), change),
            "PASSWORD_REFUSED");
  change.set_new_password(std::string(kNewPassword));
  change.set_current_password("not the password at all");
  EXPECT_EQ(Refusal(&Stub::ChangePassword, tokens.access_token(), change),
            "PASSWORD_WRONG");
}

TEST_F(SessionServiceTest, RefusesPasswordsBeyondTheQueue) {
  const Account nurse = AddEnrolledAccount(world_, "hana.nurse", clinic_);
  rpc::Workers none(1, 0);
  RpcWorld api(world_);
  rpc::SessionServiceHandler handler(api.calls(), none, kCheapCost);
  const auto stub = v1::SessionService::NewStub(api.Serve(handler));
  v1::SignInResponse response;
  const grpc::Status status =
      Call(*stub, &Stub::SignIn, "", SignInRequestOf(nurse), response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonIn(status), "QUEUE_FULL");
  EXPECT_TRUE(world_.Audit().empty());
}

TEST_F(SessionServiceTest, LogsNoSecretAndNoLogin) {
  const Account nurse = AddEnrolledAccount(world_, "hana.nurse", clinic_);
  const v1::Tokens tokens = BothSteps(nurse);
  for (const std::string& secret :
       {nurse.login, nurse.password, tokens.access_token(),
        tokens.refresh_token(), std::string("往診")}) {
    EXPECT_EQ(api_.log().find(secret), std::string::npos);
  }
}

}  // namespace
}  // namespace renkei::testing
