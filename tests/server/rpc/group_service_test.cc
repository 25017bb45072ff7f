// The group service over gRPC: what goes in and comes out in the API's terms.
#include "server/rpc/group_service.h"

#include <atomic>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/rpc/names.h"
#include "tests/support/care_team.h"
#include "tests/support/rpc_world.h"
#include "tests/support/status_matchers.h"

namespace renkei::testing {
namespace {

class GroupServiceTest : public ::testing::Test {
 protected:
  GroupServiceTest()
      : team_(MakePeople(world_)),
        rpcs_(world_),
        handler_(rpcs_.calls(), rpcs_.workers(),
                 [this](const NetworkId&, const GroupId& group, absl::Time) {
                   world_.AddGroupKey(group);
                   ++keys_made_;
                   return absl::OkStatus();
                 }),
        stub_(v1::GroupService::NewStub(rpcs_.Serve(handler_))) {}

  std::string Network() const {
    return rpc::Format(rpc::NetworkName{world_.network()});
  }
  std::string Person(const Actor& actor) const {
    return rpc::Format(rpc::PersonName{world_.network(), actor.person});
  }
  std::string Facility(const FacilityId& facility) const {
    return rpc::Format(rpc::FacilityName{world_.network(), facility});
  }

  v1::CreateGroupRequest NewGroup() const {
    v1::CreateGroupRequest request;
    request.set_parent(Network());
    request.mutable_group()->set_patient(
        rpc::Format(rpc::PatientName{world_.network(), team_.patient}));
    request.mutable_group()->set_hosting_facility(Facility(team_.clinic));
    request.set_request_id(NewRequestId());
    return request;
  }

  v1::Group CreateGroup(const Actor& actor) {
    v1::Group group;
    EXPECT_TRUE(
        stub_->CreateGroup(rpcs_.As(actor).get(), NewGroup(), &group).ok());
    return group;
  }

  v1::RecordConsentRequest NewConsent(const v1::Group& group) const {
    v1::RecordConsentRequest request;
    request.set_parent(group.name());
    v1::Consent& consent = *request.mutable_consent();
    consent.set_form_version("第3版");
    consent.set_signer("調布 花子");
    consent.set_relation(v1::Consent::RELATION_SELF);
    consent.set_sign_date("2026-03-31");
    consent.set_paper_location("連携室");
    request.set_request_id(NewRequestId());
    return request;
  }

  v1::InviteMemberRequest NewInvitation(const v1::Group& group,
                                        const Actor& invitee) const {
    v1::InviteMemberRequest request;
    request.set_parent(group.name());
    request.mutable_invitation()->set_invitee(Person(invitee));
    request.mutable_invitation()->set_history(v1::HISTORY_VISIBILITY_ALL);
    request.set_request_id(NewRequestId());
    return request;
  }

  World world_;
  CareTeam team_;
  RpcWorld rpcs_;
  std::atomic<int> keys_made_{0};
  rpc::GroupServiceHandler handler_;
  std::unique_ptr<v1::GroupService::Stub> stub_;
};

TEST_F(GroupServiceTest, TakesAGroupFromDraftToTwoMembers) {
  v1::Group group = CreateGroup(team_.physician);
  EXPECT_EQ(group.state(), v1::Group::STATE_DRAFT);
  EXPECT_EQ(group.display_name(), "調布 花子");
  EXPECT_EQ(group.attending_physicians(0), Person(team_.physician));

  v1::Consent consent;
  ASSERT_TRUE(stub_
                  ->RecordConsent(rpcs_.As(team_.physician).get(),
                                  NewConsent(group), &consent)
                  .ok());
  EXPECT_EQ(consent.state(), v1::Consent::STATE_IN_FORCE);

  v1::Invitation invitation;
  ASSERT_TRUE(stub_
                  ->InviteMember(rpcs_.As(team_.physician).get(),
                                 NewInvitation(group, team_.nurse), &invitation)
                  .ok());
  EXPECT_EQ(invitation.invitee_signature().profession(), "visiting_nurse");
  EXPECT_EQ(invitation.group_display_name(), "調布 花子");

  v1::ListInvitationsRequest own;
  own.set_parent(absl::StrCat(Network(), "/groups/-"));
  v1::ListInvitationsResponse waiting;
  ASSERT_TRUE(
      stub_->ListInvitations(rpcs_.As(team_.nurse).get(), own, &waiting).ok());
  ASSERT_EQ(waiting.invitations_size(), 1);

  v1::AcceptInvitationRequest accept;
  accept.set_name(waiting.invitations(0).name());
  accept.set_request_id(NewRequestId());
  v1::Member member;
  ASSERT_TRUE(
      stub_->AcceptInvitation(rpcs_.As(team_.nurse).get(), accept, &member)
          .ok());
  EXPECT_EQ(member.state(), v1::Member::STATE_ACTIVE);
  EXPECT_EQ(member.signature().facility_display_name(),
            "訪問看護ステーションひばり");
  EXPECT_EQ(member.inviter(), Person(team_.physician));

  v1::GetGroupRequest get;
  get.set_name(group.name());
  ASSERT_TRUE(stub_->GetGroup(rpcs_.As(team_.nurse).get(), get, &group).ok());
  EXPECT_EQ(group.state(), v1::Group::STATE_OPEN);
  EXPECT_EQ(group.member_count(), 2);
  EXPECT_EQ(group.consent().name(), consent.name());
}

TEST_F(GroupServiceTest, AnswersARepeatedCreationWithTheSameGroup) {
  const v1::CreateGroupRequest request = NewGroup();
  v1::Group first;
  v1::Group again;
  ASSERT_TRUE(
      stub_->CreateGroup(rpcs_.As(team_.physician).get(), request, &first)
          .ok());
  ASSERT_TRUE(
      stub_->CreateGroup(rpcs_.As(team_.physician).get(), request, &again)
          .ok());
  EXPECT_EQ(first.SerializeAsString(), again.SerializeAsString());
  EXPECT_EQ(keys_made_, 1);
}

TEST_F(GroupServiceTest, MakesNoKeyForWhoIsRefused) {
  v1::Group group;
  const grpc::Status status =
      stub_->CreateGroup(rpcs_.As(team_.nurse).get(), NewGroup(), &group);
  EXPECT_EQ(ReasonIn(status), "PERMISSION_NEEDED");
  EXPECT_EQ(keys_made_, 0);
  EXPECT_EQ(world_.Audit().back().leaf.outcome(),
            storage::v1::AUDIT_OUTCOME_DENIED);
}

TEST_F(GroupServiceTest, RefusesMalformedRequests) {
  v1::Group group = CreateGroup(team_.physician);
  v1::CloseGroupRequest close;
  close.set_name(group.name());
  close.set_request_id(NewRequestId());
  const auto reason_of_close = [&] {
    v1::Group closed;
    return ReasonIn(
        stub_->CloseGroup(rpcs_.As(team_.physician).get(), close, &closed));
  };
  EXPECT_EQ(reason_of_close(), "FIELD_INVALID");
  close.set_reason(v1::Group::CLOSE_REASON_CONSENT_WITHDRAWN);
  EXPECT_EQ(reason_of_close(), "FIELD_INVALID");
  close.set_reason(v1::Group::CLOSE_REASON_OTHER);
  EXPECT_EQ(reason_of_close(), "FIELD_INVALID");

  const auto reason_of_consent = [&](const v1::RecordConsentRequest& request) {
    v1::Consent consent;
    return ReasonIn(stub_->RecordConsent(rpcs_.As(team_.physician).get(),
                                         request, &consent));
  };
  v1::RecordConsentRequest consent = NewConsent(group);
  consent.mutable_consent()->set_sign_date("2026-02-30");
  EXPECT_EQ(reason_of_consent(consent), "FIELD_INVALID");
  consent = NewConsent(group);
  consent.mutable_consent()->add_covered_professions("wizard");
  EXPECT_EQ(reason_of_consent(consent), "FIELD_INVALID");
  consent = NewConsent(group);
  consent.mutable_consent()->add_covered_facilities(rpc::Format(
      rpc::FacilityName{NetworkId::Make(world_.now(), {8}), team_.clinic}));
  EXPECT_EQ(reason_of_consent(consent), "NOT_FOUND");

  v1::InviteMemberRequest invite = NewInvitation(group, team_.nurse);
  invite.mutable_invitation()->clear_history();
  v1::Invitation invitation;
  EXPECT_EQ(ReasonIn(stub_->InviteMember(rpcs_.As(team_.physician).get(),
                                         invite, &invitation)),
            "FIELD_INVALID");
}

TEST_F(GroupServiceTest, PagesThroughGroups) {
  for (int i = 0; i < 3; ++i) {
    world_.Advance(absl::Minutes(1));
    v1::Group group = CreateGroup(team_.physician);
    v1::CloseGroupRequest close;
    close.set_name(group.name());
    close.set_reason(v1::Group::CLOSE_REASON_MOVED);
    close.set_request_id(NewRequestId());
    ASSERT_TRUE(
        stub_->CloseGroup(rpcs_.As(team_.physician).get(), close, &group).ok());
    EXPECT_EQ(group.close_reason(), v1::Group::CLOSE_REASON_MOVED);
  }
  v1::ListGroupsRequest list;
  list.set_parent(Network());
  list.set_page_size(2);
  v1::ListGroupsResponse page;
  ASSERT_TRUE(
      stub_->ListGroups(rpcs_.As(team_.physician).get(), list, &page).ok());
  EXPECT_EQ(page.groups_size(), 2);
  list.set_page_token(page.next_page_token());
  ASSERT_TRUE(
      stub_->ListGroups(rpcs_.As(team_.physician).get(), list, &page).ok());
  EXPECT_EQ(page.groups_size(), 1);
  EXPECT_EQ(page.next_page_token(), "");
  EXPECT_EQ(
      ReasonIn(stub_->ListGroups(rpcs_.As(team_.nurse).get(), list, &page)),
      "PAGE_TOKEN_INVALID");
}

TEST_F(GroupServiceTest, RemovesAndLetsLeave) {
  const v1::Group group = CreateGroup(team_.physician);
  team_.group = rpc::ParseGroupName("name", group.name())->group;
  AddMember(world_, team_, team_.nurse, 1);
  AddMember(world_, team_, team_.care_manager, 1);

  v1::RemoveMemberRequest remove;
  remove.set_name(rpc::Format(
      rpc::MemberName{world_.network(), team_.group, team_.nurse.person}));
  remove.set_reason("異動");
  remove.set_request_id(NewRequestId());
  v1::Member member;
  ASSERT_TRUE(
      stub_->RemoveMember(rpcs_.As(team_.physician).get(), remove, &member)
          .ok());
  EXPECT_EQ(member.state(), v1::Member::STATE_REMOVED);

  v1::LeaveGroupRequest leave;
  leave.set_name(group.name());
  leave.set_request_id(NewRequestId());
  ASSERT_TRUE(
      stub_->LeaveGroup(rpcs_.As(team_.care_manager).get(), leave, &member)
          .ok());
  EXPECT_EQ(member.state(), v1::Member::STATE_LEFT);

  v1::ListMembersRequest list;
  list.set_parent(group.name());
  list.set_include_former(true);
  list.set_page_size(2);
  v1::ListMembersResponse page;
  ASSERT_TRUE(
      stub_->ListMembers(rpcs_.As(team_.physician).get(), list, &page).ok());
  EXPECT_EQ(page.members_size(), 2);
  EXPECT_FALSE(page.audience_etag().empty());
  list.set_page_token(page.next_page_token());
  ASSERT_TRUE(
      stub_->ListMembers(rpcs_.As(team_.physician).get(), list, &page).ok());
  EXPECT_EQ(page.members_size(), 1);
  list.clear_page_token();
  EXPECT_EQ(
      stub_->ListMembers(rpcs_.As(team_.nurse).get(), list, &page).error_code(),
      grpc::StatusCode::NOT_FOUND);
}

}  // namespace
}  // namespace renkei::testing
