// Consent opens a group, its withdrawal closes it.
#include "server/domain/consents.h"

#include "gtest/gtest.h"
#include "server/domain/authorize.h"
#include "server/domain/groups.h"
#include "storage/crypto/random.h"
#include "tests/support/care_team.h"
#include "tests/support/status_matchers.h"

namespace renkei::testing {
namespace {

using domain::Action;
using domain::Reason;

constexpr uint32_t kCreated = 200;
constexpr uint32_t kReopened = 204;
constexpr uint32_t kRecorded = 210;
constexpr uint32_t kWithdrawn = 211;
constexpr uint32_t kMessageSent = 300;

storage::v1::ConsentRecord Paper() {
  storage::v1::ConsentRecord paper;
  paper.set_form_version("第3版");
  paper.set_signer_name("調布 太郎");
  paper.set_signer_relation(storage::v1::SIGNER_RELATION_CHILD);
  paper.set_signed_date("2026-04-01");
  paper.set_paper_location("連携室");
  return paper;
}

absl::StatusOr<ConsentId> Record(World& world, const Actor& actor,
                                 const GroupId& group,
                                 const storage::v1::ConsentRecord& paper) {
  ConsentId id;
  RETURN_IF_ERROR(world.Write(actor, Action::kRecordConsent, kRecorded,
                              [&](domain::WriteCall& call) -> absl::Status {
                                ASSIGN_OR_RETURN(
                                    const auto view,
                                    domain::RecordConsent(
                                        call, {world.network(), group}, paper));
                                id = view.id;
                                return absl::OkStatus();
                              }));
  return id;
}

absl::Status Withdraw(World& world, const Actor& actor, const GroupId& group,
                      const ConsentId& consent) {
  return world.Write(actor, Action::kWithdrawConsent, kWithdrawn,
                     [&](domain::WriteCall& call) {
                       return domain::WithdrawConsent(
                                  call, {world.network(), group, consent},
                                  "家族の希望")
                           .status();
                     });
}

absl::Status MayPost(World& world, const Actor& actor, const GroupId& group) {
  return world.Write(
      actor, Action::kSendMessage, kMessageSent, [&](domain::WriteCall& call) {
        return Authorize(call, Action::kSendMessage,
                         {.network = world.network(),
                          .group = group,
                          .lane = storage::v1::LANE_PROFESSIONAL});
      });
}

GroupId CreateDraft(World& world, const CareTeam& team) {
  const GroupId id = GroupId::Make(world.now(), crypto::RandomIdBytes());
  world.AddGroupKey(id);
  EXPECT_OK(world.Write(team.physician, Action::kCreateGroup, kCreated,
                        [&](domain::WriteCall& call) {
                          domain::NewGroup form;
                          form.network = world.network();
                          form.patient = team.patient;
                          form.hosting_facility = team.clinic;
                          return domain::CreateGroup(call, form, id).status();
                        }));
  return id;
}

storage::v1::GroupRecord GroupOf(World& world, const GroupId& group) {
  return *world.Look().Get(storage::kGroups, {world.network(), group});
}

TEST(RecordConsent, OpensADraft) {
  World world;
  const CareTeam team = MakePeople(world);
  const GroupId group = CreateDraft(world, team);
  EXPECT_THAT(MayPost(world, team.physician, group),
              RefusedWith(Reason::kConsentMissing));
  ASSERT_OK(Record(world, team.physician, group, Paper()));
  EXPECT_OK(MayPost(world, team.physician, group));
  EXPECT_EQ(GroupOf(world, group).state(), storage::v1::GROUP_STATE_OPEN);
}

TEST(RecordConsent, IsForProfessionalMembers) {
  World world;
  CareTeam team = MakePeople(world);
  team.group = CreateDraft(world, team);
  EXPECT_THAT(Record(world, team.stranger, team.group, Paper()),
              RefusedWith(Reason::kNotFound));
  const Actor guest =
      world.AddPerson("民生委員", "welfare_volunteer", team.office);
  AddMember(world, team, guest, 1);
  EXPECT_THAT(Record(world, guest, team.group, Paper()),
              RefusedWith(Reason::kNotPermitted));
}

TEST(RecordConsent, RefusesASecondWhileOneIsInForce) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  const auto second = Record(world, team.nurse, team.group, Paper());
  ASSERT_THAT(second, RefusedWith(Reason::kConsentExists));
  EXPECT_THAT(domain::MetadataOf(second.status()).at("consent"),
              ::testing::HasSubstr(team.consent.ToText()));
}

TEST(RecordConsent, RefusesTomorrowAndFacilitiesOfNobody) {
  World world;
  const CareTeam team = MakePeople(world);
  const GroupId group = CreateDraft(world, team);
  auto paper = Paper();
  paper.set_signed_date("2026-04-02");
  EXPECT_THAT(Record(world, team.physician, group, paper),
              RefusedWith(Reason::kFieldInvalid));
  paper = Paper();
  paper.add_covered_facilities(std::string(kIdBytes, 'x'));
  EXPECT_THAT(Record(world, team.physician, group, paper),
              RefusedWith(Reason::kFieldInvalid));
}

TEST(RecordConsent, MustCoverEveryMember) {
  World world;
  const CareTeam team = MakePeople(world);
  const GroupId group = CreateDraft(world, team);
  auto paper = Paper();
  paper.add_covered_facilities(std::string(team.station.bytes()));
  EXPECT_THAT(Record(world, team.physician, group, paper),
              RefusedWith(Reason::kFieldInvalid));
  paper.add_covered_facilities(std::string(team.clinic.bytes()));
  EXPECT_OK(Record(world, team.physician, group, paper));
}

TEST(WithdrawConsent, ClosesTheGroupToPostsAtOnce) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  const uint64_t before = GroupOf(world, team.group).access_version();
  EXPECT_OK(MayPost(world, team.nurse, team.group));
  ASSERT_OK(Withdraw(world, team.nurse, team.group, team.consent));
  EXPECT_THAT(MayPost(world, team.nurse, team.group),
              RefusedWith(Reason::kGroupClosed));
  EXPECT_GT(GroupOf(world, team.group).access_version(), before);
  EXPECT_EQ(GroupOf(world, team.group).close_reason(),
            storage::v1::CLOSE_REASON_CONSENT_WITHDRAWN);
  EXPECT_THAT(Withdraw(world, team.nurse, team.group, team.consent),
              RefusedWith(Reason::kStateWrong));
}

TEST(WithdrawConsent, IsForMembersAndAConsentThatIsThere) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  EXPECT_THAT(Withdraw(world, team.stranger, team.group, team.consent),
              RefusedWith(Reason::kNotFound));
  EXPECT_THAT(Withdraw(world, team.nurse, team.group,
                       ConsentId::Make(world.now(), {7})),
              RefusedWith(Reason::kNotFound));
}

TEST(WithdrawConsent, LeavesADraftBehindWhenReopened) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  ASSERT_OK(Withdraw(world, team.nurse, team.group, team.consent));
  ASSERT_OK(world.Write(
      team.physician, Action::kReopenGroup, kReopened,
      [&](domain::WriteCall& call) {
        return domain::ReopenGroup(call, {world.network(), team.group, "", ""});
      }));
  EXPECT_THAT(MayPost(world, team.nurse, team.group),
              RefusedWith(Reason::kConsentMissing));
  ASSERT_OK(Record(world, team.nurse, team.group, Paper()));
  EXPECT_OK(MayPost(world, team.nurse, team.group));
}

}  // namespace
}  // namespace renkei::testing
