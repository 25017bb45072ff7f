// Founding, closing and reopening groups, and who sees them.
#include "server/domain/groups.h"

#include "gtest/gtest.h"
#include "server/domain/group_views.h"
#include "server/domain/memberships.h"
#include "storage/crypto/random.h"
#include "tests/support/care_team.h"
#include "tests/support/status_matchers.h"

namespace renkei::testing {
namespace {

using domain::Action;
using domain::GroupView;
using domain::Insurance;
using domain::NewGroup;
using domain::Reason;
using storage::v1::ByLawVariant;

constexpr uint32_t kCreated = 200;
constexpr uint32_t kRead = 201;
constexpr uint32_t kListed = 202;
constexpr uint32_t kClosed = 203;
constexpr uint32_t kReopened = 204;

void SetByLaw(World& world, ByLawVariant variant) {
  world.Change([&](storage::Transaction& tx) {
    auto network = *tx.Get(storage::kNetworks, {world.network()});
    network.set_by_law_variant(variant);
    return tx.Put(storage::kNetworks, {world.network()}, network);
  });
}

NewGroup FormFor(const World& world, const CareTeam& team) {
  NewGroup form;
  form.network = world.network();
  form.patient = team.patient;
  form.hosting_facility = team.clinic;
  return form;
}

storage::v1::CreationPermission PermissionBy(const Actor& physician,
                                             absl::Time when) {
  storage::v1::CreationPermission permission;
  permission.set_granted_by(std::string(physician.person.bytes()));
  permission.set_granted_at_micros(absl::ToUnixMicros(when));
  permission.set_how("電話で許可");
  return permission;
}

absl::StatusOr<GroupId> Create(World& world, const Actor& actor,
                               const NewGroup& form) {
  const GroupId keyed = GroupId::Make(world.now(), crypto::RandomIdBytes());
  world.AddGroupKey(keyed);
  RETURN_IF_ERROR(world.Write(
      actor, Action::kCreateGroup, kCreated, [&](domain::WriteCall& call) {
        return domain::CreateGroup(call, form, keyed).status();
      }));
  return keyed;
}

absl::StatusOr<GroupView> Get(World& world, const Actor& actor,
                              const storage::GroupKey& key) {
  GroupView view;
  RETURN_IF_ERROR(world.Read(actor, Action::kGetGroup, kRead,
                             [&](domain::ReadCall& call) -> absl::Status {
                               ASSIGN_OR_RETURN(view,
                                                domain::GetGroup(call, key));
                               return absl::OkStatus();
                             }));
  return view;
}

absl::StatusOr<GroupView> Get(World& world, const Actor& actor,
                              const GroupId& group) {
  return Get(world, actor, storage::GroupKey{world.network(), group});
}

absl::StatusOr<domain::GroupsPage> List(World& world, const Actor& actor,
                                        const domain::GroupsQuery& query) {
  domain::GroupsPage page;
  RETURN_IF_ERROR(world.Read(actor, Action::kListGroups, kListed,
                             [&](domain::ReadCall& call) -> absl::Status {
                               ASSIGN_OR_RETURN(
                                   page, domain::ListGroups(call, query));
                               return absl::OkStatus();
                             }));
  return page;
}

absl::Status Close(World& world, const Actor& actor, const GroupId& group,
                   absl::string_view etag) {
  return world.Write(
      actor, Action::kCloseGroup, kClosed, [&](domain::WriteCall& call) {
        return domain::CloseGroup(
            call, {world.network(), group, storage::v1::CLOSE_REASON_CARE_ENDED,
                   "入院のため", std::string(etag)});
      });
}

absl::Status Reopen(World& world, const Actor& actor, const GroupId& group) {
  return world.Write(
      actor, Action::kReopenGroup, kReopened, [&](domain::WriteCall& call) {
        return domain::ReopenGroup(call, {world.network(), group, "退院", ""});
      });
}

TEST(CreateGroup, MakesADraftWithItsCreatorAsFirstMember) {
  World world;
  const CareTeam team = MakePeople(world);
  NewGroup form = FormFor(world, team);
  form.permission = PermissionBy(team.physician, world.now());
  const auto group = Create(world, team.nurse, form);
  ASSERT_OK(group);
  const auto view = Get(world, team.nurse, *group);
  ASSERT_OK(view);
  EXPECT_EQ(view->record.state(), storage::v1::GROUP_STATE_DRAFT);
  EXPECT_EQ(view->members, 1);
  EXPECT_EQ(domain::TitleOf(*view), "調布 花子");
  EXPECT_EQ(view->hosting_facility_name, "けやき在宅クリニック");
  EXPECT_TRUE(view->attending_physicians.empty());
  EXPECT_EQ(view->record.permission().how(), "電話で許可");
  const auto leaf = world.Audit().front().leaf;
  EXPECT_EQ(leaf.group(), group->bytes());
  EXPECT_EQ(leaf.patient(), team.patient.bytes());
  EXPECT_EQ(leaf.rule(), "by_law");
  EXPECT_EQ(leaf.group_head_hash().size(), 32);
}

TEST(CreateGroup, MakesAPhysicianWhoCreatesItAttending) {
  World world;
  const CareTeam team = MakePeople(world);
  const auto group = Create(world, team.physician, FormFor(world, team));
  ASSERT_OK(group);
  EXPECT_EQ(Get(world, team.physician, *group)->attending_physicians,
            std::vector<PersonId>{team.physician.person});
}

TEST(CreateGroup, FollowsTheByLawOfAttendingPhysicians) {
  World world;
  const CareTeam team = MakePeople(world);
  SetByLaw(world, storage::v1::BY_LAW_VARIANT_ATTENDING_PHYSICIAN);
  NewGroup form = FormFor(world, team);
  form.permission = PermissionBy(team.physician, world.now());
  EXPECT_THAT(Create(world, team.nurse, form),
              RefusedWith(Reason::kByLawForbids));
  EXPECT_OK(Create(world, team.physician, FormFor(world, team)));
}

TEST(CreateGroup, FollowsTheByLawOfPermittedNursesAndCareManagers) {
  World world;
  const CareTeam team = MakePeople(world);
  NewGroup form = FormFor(world, team);
  EXPECT_THAT(Create(world, team.nurse, form),
              RefusedWith(Reason::kPermissionNeeded));
  EXPECT_THAT(Create(world, team.care_manager, form),
              RefusedWith(Reason::kPermissionNeeded));
  form.permission = PermissionBy(team.physician, world.now());
  EXPECT_THAT(Create(world, team.stranger, form),
              RefusedWith(Reason::kByLawForbids));
  EXPECT_OK(Create(world, team.care_manager, form));
  EXPECT_EQ(world.Audit().front().leaf.outcome(),
            storage::v1::AUDIT_OUTCOME_DENIED);
}

TEST(CreateGroup, FollowsTheByLawOfInsurance) {
  World world;
  const CareTeam team = MakePeople(world);
  SetByLaw(world, storage::v1::BY_LAW_VARIANT_BY_INSURANCE);
  NewGroup form = FormFor(world, team);
  form.insurance = Insurance::kCare;
  EXPECT_THAT(Create(world, team.nurse, form),
              RefusedWith(Reason::kByLawForbids));
  EXPECT_THAT(Create(world, team.physician, form),
              RefusedWith(Reason::kByLawForbids));
  form.insurance = Insurance::kMedical;
  EXPECT_THAT(Create(world, team.care_manager, form),
              RefusedWith(Reason::kByLawForbids));
  EXPECT_OK(Create(world, team.nurse, form));
}

TEST(CreateGroup, FollowsTheByLawOfHostAdministrators) {
  World world;
  const CareTeam team = MakePeople(world);
  SetByLaw(world, storage::v1::BY_LAW_VARIANT_HOST_ADMINISTRATOR);
  world.GrantRole(team.nurse, storage::v1::ROLE_FACILITY_ADMINISTRATOR,
                  team.station);
  world.GrantRole(team.stranger, storage::v1::ROLE_FACILITY_ADMINISTRATOR,
                  team.clinic);
  EXPECT_THAT(Create(world, team.nurse, FormFor(world, team)),
              RefusedWith(Reason::kByLawForbids));
  EXPECT_OK(Create(world, team.stranger, FormFor(world, team)));
}

TEST(CreateGroup, PointsToThePatientsOpenGroupAndShowsNothingOfIt) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  const Actor other = world.AddPerson("別の医師", "physician", team.office);
  const auto second = Create(world, other, FormFor(world, team));
  ASSERT_THAT(second, RefusedWith(Reason::kGroupExists));
  EXPECT_EQ(domain::MetadataOf(second.status()).at("group"),
            "networks/" + world.network().ToText() + "/groups/" +
                team.group.ToText());
  EXPECT_THAT(Get(world, other, team.group), RefusedWith(Reason::kNotFound));
}

TEST(CreateGroup, RefusesWhatIsNotThere) {
  World world;
  const CareTeam team = MakePeople(world);
  NewGroup form = FormFor(world, team);
  form.patient = PatientId::Make(world.now(), {9});
  EXPECT_THAT(Create(world, team.physician, form),
              RefusedWith(Reason::kNotFound));
  form = FormFor(world, team);
  form.hosting_facility = FacilityId::Make(world.now(), {9});
  EXPECT_THAT(Create(world, team.physician, form),
              RefusedWith(Reason::kNotFound));
  form = FormFor(world, team);
  form.network = NetworkId::Make(world.now(), {9});
  EXPECT_THAT(Create(world, team.physician, form),
              RefusedWith(Reason::kNotFound));
  form = FormFor(world, team);
  form.affiliation = team.nurse.affiliation;
  EXPECT_THAT(Create(world, team.physician, form),
              RefusedWith(Reason::kAffiliationMissing));
}

TEST(CreateGroup, RefusesAPermissionOfTheFutureOrOfNoPhysician) {
  World world;
  const CareTeam team = MakePeople(world);
  NewGroup form = FormFor(world, team);
  form.permission = PermissionBy(team.physician, world.now() + absl::Hours(1));
  EXPECT_THAT(Create(world, team.nurse, form),
              RefusedWith(Reason::kFieldInvalid));
  form.permission = PermissionBy(team.care_manager, world.now());
  EXPECT_THAT(Create(world, team.nurse, form),
              RefusedWith(Reason::kFieldInvalid));
}

TEST(CreateGroup, AsksToTryAgainWhenNoKeyWasMade) {
  World world;
  const CareTeam team = MakePeople(world);
  EXPECT_THAT(world.Write(team.physician, Action::kCreateGroup, kCreated,
                          [&](domain::WriteCall& call) {
                            return domain::CreateGroup(
                                       call, FormFor(world, team), std::nullopt)
                                .status();
                          }),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST(CloseGroup, IsForTheHostAndTheAttendingPhysician) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  EXPECT_THAT(Close(world, team.stranger, team.group, ""),
              RefusedWith(Reason::kNotFound));
  EXPECT_THAT(Close(world, team.nurse, team.group, ""),
              RefusedWith(Reason::kNotPermitted));
  EXPECT_THAT(Close(world, team.physician, team.group, "g1"),
              RefusedWith(Reason::kEtagMismatch));
  const std::string etag =
      domain::GroupEtag(Get(world, team.physician, team.group)->record);
  EXPECT_OK(Close(world, team.physician, team.group, etag));
  const auto view = Get(world, team.nurse, team.group);
  EXPECT_EQ(view->record.state(), storage::v1::GROUP_STATE_CLOSED);
  EXPECT_EQ(view->record.closed_note(), "入院のため");
  EXPECT_THAT(Close(world, team.physician, team.group, ""),
              RefusedWith(Reason::kGroupClosed));
}

TEST(ReopenGroup, IsForTheHostWhileThePatientHasNoOtherGroup) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  EXPECT_THAT(Reopen(world, team.physician, team.group),
              RefusedWith(Reason::kStateWrong));
  ASSERT_OK(Close(world, team.physician, team.group, ""));
  EXPECT_THAT(Reopen(world, team.nurse, team.group),
              RefusedWith(Reason::kNotPermitted));
  const auto second = Create(world, team.physician, FormFor(world, team));
  ASSERT_OK(second);
  EXPECT_THAT(Reopen(world, team.physician, team.group),
              RefusedWith(Reason::kGroupExists));
  ASSERT_OK(Close(world, team.physician, *second, ""));
  ASSERT_OK(Reopen(world, team.physician, team.group));
  EXPECT_EQ(Get(world, team.nurse, team.group)->record.state(),
            storage::v1::GROUP_STATE_OPEN);
}

TEST(GetGroup, IsForMembersOfThisNetwork) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  EXPECT_OK(Get(world, team.nurse, team.group));
  EXPECT_THAT(Get(world, team.stranger, team.group),
              RefusedWith(Reason::kNotFound));
  EXPECT_THAT(Get(world, team.nurse, GroupId::Make(world.now(), {7})),
              RefusedWith(Reason::kNotFound));
  EXPECT_THAT(
      Get(world, team.nurse,
          storage::GroupKey{NetworkId::Make(world.now(), {7}), team.group}),
      RefusedWith(Reason::kNotFound));
}

TEST(ListGroups, PagesThroughTheCallersGroupsByLatestActivity) {
  World world;
  const CareTeam team = MakePeople(world);
  std::vector<GroupId> created;
  for (int i = 0; i < 3; ++i) {
    world.Advance(absl::Minutes(1));
    const auto group = Create(world, team.physician, FormFor(world, team));
    ASSERT_OK(group);
    created.push_back(*group);
    ASSERT_OK(Close(world, team.physician, *group, ""));
  }
  domain::GroupsQuery query{.network = world.network(), .limit = 2};
  auto page = List(world, team.physician, query);
  ASSERT_OK(page);
  ASSERT_EQ(page->groups.size(), 2);
  EXPECT_EQ(page->groups[0].id, created[2]);
  ASSERT_TRUE(page->next);
  query.after = page->next;
  page = List(world, team.physician, query);
  ASSERT_EQ(page->groups.size(), 1);
  EXPECT_EQ(page->groups[0].id, created[0]);
  EXPECT_FALSE(page->next);
  query.after.reset();
  query.state = storage::v1::GROUP_STATE_OPEN;
  EXPECT_TRUE(List(world, team.physician, query)->groups.empty());
  EXPECT_TRUE(List(world, team.nurse, query)->groups.empty());
}

TEST(ListGroups, LeavesAnEventAboutEachGroupItShowed) {
  World world;
  const CareTeam team = MakePeople(world);
  std::vector<GroupId> created;
  for (int i = 0; i < 2; ++i) {
    world.Advance(absl::Minutes(1));
    created.push_back(*Create(world, team.physician, FormFor(world, team)));
    ASSERT_OK(Close(world, team.physician, created.back(), ""));
  }
  const size_t before = world.Audit().size();
  ASSERT_OK(
      List(world, team.physician, {.network = world.network(), .limit = 10}));
  const std::vector<domain::AuditEvent> events = world.Audit();
  ASSERT_EQ(events.size(), before + 2);
  for (int i = 0; i < 2; ++i) {
    const storage::v1::AuditLeaf& leaf = events[before + i].leaf;
    EXPECT_EQ(leaf.type(), kListed);
    EXPECT_EQ(leaf.group(), created[1 - i].bytes());
    EXPECT_EQ(leaf.patient(), team.patient.bytes());
    EXPECT_EQ(leaf.hosting_facility(), team.clinic.bytes());
  }
}

}  // namespace
}  // namespace renkei::testing
