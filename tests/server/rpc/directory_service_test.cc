// The directory service over gRPC: what goes in and comes out in the API's
// terms.
#include "server/rpc/directory_service.h"

#include <gtest/gtest.h>

#include "server/domain/professions.h"
#include "server/rpc/names.h"
#include "tests/support/accounts.h"
#include "tests/support/administration.h"
#include "tests/support/rpc_world.h"
#include "tests/support/status_matchers.h"

namespace renkei::testing {
namespace {

class DirectoryServiceTest : public ::testing::Test {
 protected:
  DirectoryServiceTest()
      : they_(MakeAdministration(world_)),
        rpcs_(world_),
        handler_(rpcs_.calls(), rpcs_.workers(), kCheapCost),
        stub_(v1::DirectoryService::NewStub(rpcs_.Serve(handler_))) {}

  std::string Network() const {
    return rpc::Format(rpc::NetworkName{world_.network()});
  }
  std::string Person(const Actor& actor) const {
    return rpc::Format(rpc::PersonName{world_.network(), actor.person});
  }
  std::string Facility(const FacilityId& facility) const {
    return rpc::Format(rpc::FacilityName{world_.network(), facility});
  }

  v1::CreatePersonRequest NewPerson(const std::string& login) const {
    v1::CreatePersonRequest request;
    request.set_parent(Network());
    request.mutable_person()->set_login(login);
    request.mutable_person()->mutable_human_name()->set_text("新人 五郎");
    request.mutable_affiliation()->set_facility(Facility(they_.clinic));
    request.mutable_affiliation()->set_profession("nurse");
    return request;
  }
  v1::CreateFacilityRequest NewFacility(const std::string& number) const {
    v1::CreateFacilityRequest request;
    request.set_parent(Network());
    request.mutable_facility()->set_display_name("新しい薬局");
    request.mutable_facility()->set_kind(v1::Facility::KIND_PHARMACY);
    request.mutable_facility()->set_number(number);
    request.set_request_id(NewRequestId());
    return request;
  }
  v1::CreatePatientRequest NewPatient(const std::string& number) const {
    v1::CreatePatientRequest request;
    request.set_parent(Network());
    request.mutable_patient()->set_insured_number(number);
    request.mutable_patient()->mutable_human_name()->set_text("調布 花子");
    request.mutable_patient()->set_birth_date("1941-03-07");
    request.set_request_id(NewRequestId());
    return request;
  }

  World world_;
  Administration they_;
  RpcWorld rpcs_;
  rpc::DirectoryServiceHandler handler_;
  std::unique_ptr<v1::DirectoryService::Stub> stub_;
};

TEST_F(DirectoryServiceTest, ShowsAndChangesTheNetwork) {
  v1::GetNetworkRequest get;
  get.set_name(Network());
  v1::Network network;
  ASSERT_TRUE(
      stub_->GetNetwork(rpcs_.As(they_.nurse).get(), get, &network).ok());
  EXPECT_EQ(network.code(), "chofu");
  EXPECT_EQ(network.by_law().group_creation(),
            v1::ByLaw::GROUP_CREATION_ATTENDING_PHYSICIAN_OR_PERMITTED);

  v1::UpdateNetworkRequest update;
  *update.mutable_network() = network;
  update.mutable_network()->set_display_name("ちょうふ在宅ネット");
  update.mutable_update_mask()->add_paths("display_name");
  update.set_request_id(NewRequestId());
  v1::Network updated;
  ASSERT_TRUE(
      stub_->UpdateNetwork(rpcs_.As(they_.office).get(), update, &updated)
          .ok());
  EXPECT_EQ(updated.display_name(), "ちょうふ在宅ネット");
  EXPECT_NE(updated.etag(), network.etag());
  update.set_request_id(NewRequestId());
  EXPECT_EQ(stub_->UpdateNetwork(rpcs_.As(they_.office).get(), update, &updated)
                .error_code(),
            grpc::StatusCode::ABORTED);
}

TEST_F(DirectoryServiceTest, ARepeatedRequestGetsTheFirstAnswer) {
  const v1::CreateFacilityRequest request = NewFacility("1310000001");
  v1::Facility first;
  ASSERT_TRUE(
      stub_->CreateFacility(rpcs_.As(they_.office).get(), request, &first)
          .ok());
  EXPECT_EQ(first.kind(), v1::Facility::KIND_PHARMACY);
  v1::Facility again;
  ASSERT_TRUE(
      stub_->CreateFacility(rpcs_.As(they_.office).get(), request, &again)
          .ok());
  EXPECT_EQ(again.SerializeAsString(), first.SerializeAsString());

  v1::GetFacilityRequest get;
  get.set_name(first.name());
  v1::Facility seen;
  ASSERT_TRUE(stub_->GetFacility(rpcs_.As(they_.nurse).get(), get, &seen).ok());
  EXPECT_EQ(seen.SerializeAsString(), first.SerializeAsString());

  v1::UpdateFacilityRequest update;
  update.mutable_facility()->set_name(first.name());
  update.mutable_facility()->set_telephone("042-480-0000");
  update.set_request_id(NewRequestId());
  ASSERT_TRUE(
      stub_->UpdateFacility(rpcs_.As(they_.office).get(), update, &seen).ok());
  EXPECT_EQ(seen.telephone(), "042-480-0000");
  EXPECT_EQ(seen.number(), "1310000001");
}

TEST_F(DirectoryServiceTest, AOneTimePasswordIsShownOnce) {
  const v1::CreatePersonRequest request = NewPerson("goro");
  v1::CreatePersonResponse made;
  ASSERT_TRUE(
      stub_->CreatePerson(rpcs_.As(they_.administrator).get(), request, &made)
          .ok());
  EXPECT_EQ(made.one_time_password().size(), 19U);
  EXPECT_EQ(made.person().login(), "goro");
  EXPECT_EQ(made.person().account_state(), v1::Person::ACCOUNT_STATE_ENROLLING);
  EXPECT_EQ(made.person().affiliations(0).facility_display_name(),
            "けやき在宅クリニック");
  v1::CreatePersonResponse again;
  EXPECT_EQ(
      stub_->CreatePerson(rpcs_.As(they_.administrator).get(), request, &again)
          .error_code(),
      grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(again.one_time_password(), "");

  v1::GetPersonRequest get;
  get.set_name(made.person().name());
  v1::Person seen;
  ASSERT_TRUE(stub_->GetPerson(rpcs_.As(they_.nurse).get(), get, &seen).ok());
  EXPECT_EQ(seen.human_name().text(), "新人 五郎");
  EXPECT_EQ(seen.login(), "");
  EXPECT_EQ(seen.account_state(), v1::Person::ACCOUNT_STATE_UNSPECIFIED);

  v1::UpdatePersonRequest update;
  *update.mutable_person() = made.person();
  update.mutable_person()->mutable_human_name()->set_text("新人 吾郎");
  update.set_request_id(NewRequestId());
  ASSERT_TRUE(
      stub_->UpdatePerson(rpcs_.As(they_.deputy).get(), update, &seen).ok());
  EXPECT_EQ(seen.human_name().text(), "新人 吾郎");
}

TEST_F(DirectoryServiceTest, ListsComeInPagesBoundToWhoAsks) {
  v1::ListPeopleRequest request;
  request.set_parent(Network());
  request.set_facility(Facility(they_.clinic));
  request.set_page_size(2);
  v1::ListPeopleResponse page;
  ASSERT_TRUE(
      stub_->ListPeople(rpcs_.As(they_.nurse).get(), request, &page).ok());
  ASSERT_EQ(page.people_size(), 2);
  ASSERT_NE(page.next_page_token(), "");
  request.set_page_token(page.next_page_token());
  EXPECT_EQ(stub_->ListPeople(rpcs_.As(they_.auditor).get(), request, &page)
                .error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  ASSERT_TRUE(
      stub_->ListPeople(rpcs_.As(they_.nurse).get(), request, &page).ok());
  ASSERT_EQ(page.people_size(), 1);
  EXPECT_EQ(page.people(0).name(), Person(they_.nurse));
  EXPECT_EQ(page.next_page_token(), "");

  v1::ListFacilitiesRequest facilities;
  facilities.set_parent(Network());
  v1::ListFacilitiesResponse listed;
  ASSERT_TRUE(
      stub_->ListFacilities(rpcs_.As(they_.nurse).get(), facilities, &listed)
          .ok());
  EXPECT_EQ(listed.facilities_size(), 3);
}

TEST_F(DirectoryServiceTest, AnAffiliationBeginsRestsAndEnds) {
  v1::CreateAffiliationRequest create;
  create.set_parent(Person(they_.nurse));
  create.mutable_affiliation()->set_facility(Facility(they_.station));
  create.mutable_affiliation()->set_profession("visiting_nurse");
  create.set_request_id(NewRequestId());
  v1::Affiliation affiliation;
  ASSERT_TRUE(stub_
                  ->CreateAffiliation(rpcs_.As(they_.neighbour).get(), create,
                                      &affiliation)
                  .ok());
  EXPECT_EQ(affiliation.state(), v1::Affiliation::STATE_ACTIVE);

  v1::SuspendAffiliationRequest suspend;
  suspend.set_name(affiliation.name());
  suspend.set_etag(affiliation.etag());
  suspend.set_request_id(NewRequestId());
  ASSERT_TRUE(stub_
                  ->SuspendAffiliation(rpcs_.As(they_.office).get(), suspend,
                                       &affiliation)
                  .ok());
  EXPECT_EQ(affiliation.state(), v1::Affiliation::STATE_SUSPENDED);

  v1::ResumeAffiliationRequest resume;
  resume.set_name(affiliation.name());
  resume.set_request_id(NewRequestId());
  ASSERT_TRUE(stub_
                  ->ResumeAffiliation(rpcs_.As(they_.neighbour).get(), resume,
                                      &affiliation)
                  .ok());

  v1::EndAffiliationRequest end;
  end.set_name(affiliation.name());
  end.set_request_id(NewRequestId());
  ASSERT_TRUE(
      stub_->EndAffiliation(rpcs_.As(they_.neighbour).get(), end, &affiliation)
          .ok());
  EXPECT_EQ(affiliation.state(), v1::Affiliation::STATE_ENDED);
  EXPECT_TRUE(affiliation.has_end_time());
}

TEST_F(DirectoryServiceTest, ARoleNeedsASecondPerson) {
  v1::GrantRoleRequest propose;
  propose.set_parent(Person(they_.nurse));
  propose.set_role(v1::ROLE_COORDINATOR);
  propose.set_request_id(NewRequestId());
  v1::RoleGrant grant;
  ASSERT_TRUE(
      stub_->GrantRole(rpcs_.As(they_.office).get(), propose, &grant).ok());
  EXPECT_EQ(grant.state(), v1::RoleGrant::STATE_REQUESTED);
  EXPECT_EQ(grant.requester(), Person(they_.office));
  EXPECT_EQ(grant.expire_time().seconds() - grant.request_time().seconds(),
            7 * 24 * 3600);

  v1::ApproveRoleGrantRequest approve;
  approve.set_name(grant.name());
  approve.set_request_id(NewRequestId());
  EXPECT_EQ(
      stub_->ApproveRoleGrant(rpcs_.As(they_.office).get(), approve, &grant)
          .error_code(),
      grpc::StatusCode::PERMISSION_DENIED);
  approve.set_request_id(NewRequestId());
  ASSERT_TRUE(stub_
                  ->ApproveRoleGrant(rpcs_.As(they_.second_office).get(),
                                     approve, &grant)
                  .ok());
  EXPECT_EQ(grant.state(), v1::RoleGrant::STATE_ACTIVE);
  EXPECT_EQ(grant.approver(), Person(they_.second_office));

  v1::RevokeRoleRequest revoke;
  revoke.set_name(grant.name());
  revoke.set_request_id(NewRequestId());
  ASSERT_TRUE(
      stub_->RevokeRole(rpcs_.As(they_.office).get(), revoke, &grant).ok());
  EXPECT_EQ(grant.state(), v1::RoleGrant::STATE_REVOKED);
}

TEST_F(DirectoryServiceTest, LostCredentialsAreResetByTwo) {
  v1::RequestCredentialResetRequest ask;
  ask.set_parent(Person(they_.nurse));
  ask.set_reason("電話機の紛失");
  ask.set_request_id(NewRequestId());
  v1::CredentialReset reset;
  ASSERT_TRUE(stub_
                  ->RequestCredentialReset(rpcs_.As(they_.administrator).get(),
                                           ask, &reset)
                  .ok());
  EXPECT_EQ(reset.state(), v1::CredentialReset::STATE_REQUESTED);

  v1::GetPersonRequest get;
  get.set_name(Person(they_.nurse));
  v1::Person seen;
  ASSERT_TRUE(stub_->GetPerson(rpcs_.As(they_.deputy).get(), get, &seen).ok());
  EXPECT_EQ(seen.credential_reset().SerializeAsString(),
            reset.SerializeAsString());

  v1::ApproveCredentialResetRequest approve;
  approve.set_name(reset.name());
  v1::ApproveCredentialResetResponse approved;
  EXPECT_EQ(stub_
                ->ApproveCredentialReset(rpcs_.As(they_.administrator).get(),
                                         approve, &approved)
                .error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
  ASSERT_TRUE(stub_
                  ->ApproveCredentialReset(rpcs_.As(they_.deputy).get(),
                                           approve, &approved)
                  .ok());
  EXPECT_EQ(approved.credential_reset().state(),
            v1::CredentialReset::STATE_APPROVED);
  EXPECT_EQ(approved.one_time_password().size(), 19U);
  EXPECT_EQ(
      stub_->GetPerson(rpcs_.As(they_.nurse).get(), get, &seen).error_code(),
      grpc::StatusCode::UNAUTHENTICATED);

  v1::UnlockAccountRequest unlock;
  unlock.set_name(Person(they_.nurse));
  unlock.set_request_id(NewRequestId());
  EXPECT_EQ(stub_->UnlockAccount(rpcs_.As(they_.deputy).get(), unlock, &seen)
                .error_code(),
            grpc::StatusCode::FAILED_PRECONDITION);
}

TEST_F(DirectoryServiceTest, APatientIsRegisteredFoundAndShown) {
  v1::CreatePatientResponse created;
  ASSERT_TRUE(stub_
                  ->CreatePatient(rpcs_.As(they_.nurse).get(),
                                  NewPatient("1234-5678"), &created)
                  .ok());
  EXPECT_EQ(created.patient().insured_number(), "1234-5678");
  EXPECT_EQ(created.patient().registering_facility(), Facility(they_.clinic));
  EXPECT_EQ(created.warnings_size(), 0);
  v1::CreatePatientResponse similar;
  ASSERT_TRUE(stub_
                  ->CreatePatient(rpcs_.As(they_.nurse).get(), NewPatient("9"),
                                  &similar)
                  .ok());
  ASSERT_EQ(similar.warnings_size(), 1);
  EXPECT_EQ(similar.warnings(0).code(), v1::Warning::CODE_SIMILAR_PATIENT);
  EXPECT_EQ(similar.warnings(0).resource(), created.patient().name());
  EXPECT_EQ(similar.warnings(0).texts_size(), 2);

  v1::SearchPatientsRequest search;
  search.set_parent(Network());
  search.set_insured_number("１２３４５６７８");
  v1::SearchPatientsResponse found;
  ASSERT_TRUE(
      stub_->SearchPatients(rpcs_.As(they_.auditor).get(), search, &found)
          .ok());
  ASSERT_EQ(found.patients_size(), 1);
  EXPECT_EQ(found.patients(0).name(), created.patient().name());
  EXPECT_EQ(found.patients(0).insured_number(), "");

  v1::GetPatientRequest get;
  get.set_name(created.patient().name());
  v1::Patient seen;
  ASSERT_TRUE(stub_->GetPatient(rpcs_.As(they_.nurse).get(), get, &seen).ok());
  EXPECT_EQ(seen.SerializeAsString(), created.patient().SerializeAsString());
  EXPECT_EQ(
      stub_->GetPatient(rpcs_.As(they_.deputy).get(), get, &seen).error_code(),
      grpc::StatusCode::NOT_FOUND);
}

TEST_F(DirectoryServiceTest, ListsEveryProfessionInTwoLanguages) {
  v1::ListProfessionsResponse listed;
  ASSERT_TRUE(
      stub_->ListProfessions(rpcs_.As(they_.nurse).get(), {}, &listed).ok());
  ASSERT_EQ(static_cast<size_t>(listed.professions_size()),
            domain::Professions().size());
  for (const v1::Profession& profession : listed.professions()) {
    EXPECT_NE(profession.kind(), v1::Profession::KIND_UNSPECIFIED);
    EXPECT_EQ(profession.display_names_size(), 2);
  }
}

}  // namespace
}  // namespace renkei::testing
