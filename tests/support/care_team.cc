#include "tests/support/care_team.h"

#include <string>

#include "server/domain/audience.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/random.h"

namespace renkei::testing {
namespace {

template <typename Tag>
std::string Bytes(const Id<Tag>& id) {
  return std::string(id.bytes());
}

PatientId AddPatient(World& world, const FacilityId& facility) {
  PatientId id;
  world.Change([&](storage::Transaction& tx) {
    id = tx.NewId<PatientId>();
    storage::v1::PatientRecord record;
    record.set_display_name("調布 花子");
    record.set_display_name_reading("ちょうふ はなこ");
    record.set_birth_date("1941-03-12");
    record.set_revision(1);
    record.set_registered_facility(Bytes(facility));
    record.set_created_at_micros(absl::ToUnixMicros(tx.now()));
    return tx.Put(storage::kPatients, {world.network(), id}, record);
  });
  return id;
}

absl::Status PutConsent(storage::Transaction& tx, World& world,
                        const CareTeam& team) {
  storage::v1::ConsentRecord consent;
  consent.set_form_version("第3版");
  consent.set_signer_name("調布 花子");
  consent.set_signer_relation(storage::v1::SIGNER_RELATION_SELF);
  consent.set_signed_date("2026-03-31");
  consent.set_paper_location("連携室");
  consent.set_recorded_by(Bytes(team.nurse.person));
  consent.set_recorded_at_micros(absl::ToUnixMicros(tx.now()));
  return tx.Put(storage::kConsents, {world.network(), team.group, team.consent},
                consent);
}

absl::Status PutGroup(storage::Transaction& tx, World& world,
                      const CareTeam& team) {
  const int64_t now = absl::ToUnixMicros(tx.now());
  storage::v1::GroupRecord group;
  group.set_kind(storage::v1::GROUP_KIND_PATIENT);
  group.set_state(storage::v1::GROUP_STATE_OPEN);
  group.set_patient(Bytes(team.patient));
  group.set_hosting_facility(Bytes(team.clinic));
  group.set_created_by(Bytes(team.nurse.person));
  group.set_created_at_micros(now);
  group.set_updated_at_micros(now);
  group.set_access_version(1);
  group.set_revision(1);
  group.set_consent(Bytes(team.consent));
  group.set_latest_consent(Bytes(team.consent));
  RETURN_IF_ERROR(
      tx.Put(storage::kGroups, {world.network(), team.group}, group));
  const storage::PatientKey key{world.network(), team.patient};
  ASSIGN_OR_RETURN(auto patient, tx.Get(storage::kPatients, key));
  patient.set_open_group(Bytes(team.group));
  return tx.Put(storage::kPatients, key, patient);
}

absl::Status PutMember(storage::Transaction& tx, World& world,
                       const CareTeam& team, const Actor& actor,
                       uint64_t visible_from) {
  const storage::GroupKey key{world.network(), team.group};
  ASSIGN_OR_RETURN(auto group, tx.Get(storage::kGroups, key));
  group.set_access_version(group.access_version() + 1);
  group.set_revision(group.revision() + 1);
  group.set_active_members(group.active_members() + 1);
  storage::v1::MembershipRecord member;
  member.set_state(storage::v1::MEMBERSHIP_STATE_ACTIVE);
  member.set_affiliation(Bytes(actor.affiliation));
  member.set_professional_lane(true);
  member.set_attending_physician(actor.person == team.physician.person);
  member.mutable_history()->set_scope(
      visible_from <= 1 ? storage::v1::HISTORY_SCOPE_ALL
                        : storage::v1::HISTORY_SCOPE_FROM_NOW);
  member.set_visible_from(visible_from);
  member.set_begin_at_micros(absl::ToUnixMicros(tx.now()));
  member.set_revision(1);
  domain::ChangeAudience(group, member);
  RETURN_IF_ERROR(tx.Put(storage::kGroups, key, group));
  RETURN_IF_ERROR(tx.Put(storage::kMemberships,
                         {world.network(), team.group, actor.person}, member));
  storage::v1::PersonGroupRecord mine;
  mine.set_active(true);
  return tx.Put(storage::kPersonGroups,
                {world.network(), actor.person, team.group}, mine);
}

}  // namespace

CareTeam MakePeople(World& world) {
  CareTeam team;
  team.clinic = world.AddFacility("けやき在宅クリニック");
  team.station = world.AddFacility("訪問看護ステーションひばり");
  team.office = world.AddFacility("くすのきケアセンター");
  team.physician = world.AddPerson("佐須 健一", "physician", team.clinic);
  team.nurse = world.AddPerson("染地 由美", "visiting_nurse", team.station);
  team.care_manager =
      world.AddPerson("国領 真理子", "care_manager", team.office);
  team.stranger = world.AddPerson("飛田 勇", "pharmacist", team.clinic);
  team.patient = AddPatient(world, team.clinic);
  return team;
}

CareTeam MakeCareTeam(World& world) {
  CareTeam team = MakePeople(world);
  team.group = GroupId::Make(world.now(), crypto::RandomIdBytes());
  team.consent = ConsentId::Make(world.now(), crypto::RandomIdBytes());
  world.AddGroupKey(team.group);
  world.Change([&](storage::Transaction& tx) -> absl::Status {
    RETURN_IF_ERROR(PutConsent(tx, world, team));
    RETURN_IF_ERROR(PutGroup(tx, world, team));
    for (const Actor& actor : {team.nurse, team.physician, team.care_manager}) {
      RETURN_IF_ERROR(PutMember(tx, world, team, actor, 1));
    }
    return absl::OkStatus();
  });
  return team;
}

void AddMember(World& world, const CareTeam& team, const Actor& actor,
               uint64_t visible_from) {
  world.Change([&](storage::Transaction& tx) {
    return PutMember(tx, world, team, actor, visible_from);
  });
}

}  // namespace renkei::testing
