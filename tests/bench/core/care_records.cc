#include "tests/bench/core/care_records.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "server/domain/audience.h"
#include "server/domain/session_proof.h"
#include "storage/base/status_macros.h"

namespace renkei::bench {
namespace {

constexpr size_t kFacilities = 8;

template <typename Tag>
std::string Bytes(const Id<Tag>& id) {
  return std::string(id.bytes());
}

absl::Status PutMembership(storage::Transaction& tx, const NetworkId& network,
                           const GroupId& group, const Member& member) {
  storage::v1::MembershipRecord membership;
  membership.set_state(storage::v1::MEMBERSHIP_STATE_ACTIVE);
  membership.set_affiliation(Bytes(member.affiliation));
  membership.set_professional_lane(true);
  membership.set_visible_from(1);
  membership.set_begin_at_micros(absl::ToUnixMicros(tx.now()));
  RETURN_IF_ERROR(tx.Put(storage::kMemberships, {network, group, member.person},
                         membership));
  storage::v1::PersonGroupRecord mine;
  mine.set_active(true);
  return tx.Put(storage::kPersonGroups, {network, member.person, group}, mine);
}

}  // namespace

absl::StatusOr<std::vector<FacilityId>> PutFacilities(
    storage::Transaction& tx, const NetworkId& network) {
  std::vector<FacilityId> facilities;
  for (size_t i = 0; i < kFacilities; ++i) {
    facilities.push_back(tx.NewId<FacilityId>());
    storage::v1::FacilityRecord facility;
    facility.set_number(absl::StrCat(1310000000 + i));
    facility.set_display_name(absl::StrCat("訪問看護ステーションひばり", i));
    facility.set_state(storage::v1::FACILITY_STATE_ACTIVE);
    RETURN_IF_ERROR(
        tx.Put(storage::kFacilities, {network, facilities.back()}, facility));
  }
  return facilities;
}

absl::Status PutPerson(storage::Transaction& tx, const NetworkId& network,
                       const Member& member) {
  storage::v1::PersonRecord person;
  person.set_login(absl::StrCat("nurse-", member.person.ToText()));
  person.set_display_name("染地 由美");
  person.set_display_name_reading("そめち ゆみ");
  person.set_access_version(1);
  storage::v1::Affiliation& affiliation = *person.add_affiliations();
  affiliation.set_affiliation(Bytes(member.affiliation));
  affiliation.set_facility(Bytes(member.facility));
  affiliation.set_profession("visiting_nurse");
  affiliation.set_state(storage::v1::AFFILIATION_STATE_ACTIVE);
  affiliation.set_begin_at_micros(absl::ToUnixMicros(tx.now()));
  return tx.Put(storage::kPeople, {network, member.person}, person);
}

absl::Status PutSession(storage::Transaction& tx, const NetworkId& network,
                        const Member& member) {
  const int64_t now = absl::ToUnixMicros(tx.now());
  const int64_t expires =
      absl::ToUnixMicros(tx.now() + domain::kSessionLifetime);
  storage::v1::TokenRecord token;
  token.set_kind(storage::v1::TOKEN_KIND_ACCESS);
  token.set_network(Bytes(network));
  token.set_session(Bytes(member.session));
  token.set_person(Bytes(member.person));
  token.set_expires_at_micros(expires);
  RETURN_IF_ERROR(tx.Put(storage::kTokens, {member.token}, token));

  storage::v1::SessionRecord session;
  session.set_person(Bytes(member.person));
  session.set_state(storage::v1::SESSION_STATE_ACTIVE);
  session.set_device_id("5e0b4f0c-76b3-4f9e-9f6e-1b1d6b3f9c11");
  session.set_device_name("タブレット");
  session.set_created_at_micros(now);
  session.set_last_active_at_micros(now);
  session.set_expires_at_micros(expires);
  return tx.Put(storage::kSessions, {network, member.session}, session);
}

absl::Status PutTeam(storage::Transaction& tx, const NetworkId& network,
                     const NewTeam& team) {
  storage::v1::PatientRecord patient;
  patient.set_display_name("調布 花子");
  patient.set_open_group(Bytes(team.group));
  patient.set_registered_facility(Bytes(team.hosting));
  RETURN_IF_ERROR(tx.Put(storage::kPatients, {network, team.patient}, patient));
  const ConsentId consent = tx.NewId<ConsentId>();
  storage::v1::GroupRecord group;
  group.set_kind(storage::v1::GROUP_KIND_PATIENT);
  group.set_state(storage::v1::GROUP_STATE_OPEN);
  group.set_patient(Bytes(team.patient));
  group.set_hosting_facility(Bytes(team.hosting));
  group.set_access_version(1);
  group.set_revision(1);
  group.set_consent(Bytes(consent));
  group.set_latest_consent(Bytes(consent));
  group.set_active_members(static_cast<uint32_t>(team.members.size()));
  group.set_professional_audience(team.members.size());
  RETURN_IF_ERROR(tx.Put(storage::kGroups, {network, team.group}, group));
  for (const Member& member : team.members) {
    RETURN_IF_ERROR(PutMembership(tx, network, team.group, member));
  }
  return absl::OkStatus();
}

}  // namespace renkei::bench
