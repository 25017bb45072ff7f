#include "tests/bench/core/care_network.h"

#include <future>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/domain/audience.h"
#include "server/domain/session_proof.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/hash.h"
#include "storage/crypto/random.h"

namespace renkei::bench {
namespace {

using crypto::KeyScope;

constexpr size_t kFacilities = 8;

template <typename Tag>
std::string Bytes(const Id<Tag>& id) {
  return std::string(id.bytes());
}

crypto::Secret NewSecret() { return crypto::Secret::Random(crypto::kKeyBytes); }

// As the server sets its store up, but for the low-water mark.
storage::StoreOptions OptionsOf(const std::string& directory) {
  storage::StoreOptions options;
  options.directory = absl::StrCat(directory, "/messages");
  options.log_sizes_path = absl::StrCat(directory, "/audit_mark");
  options.store_id = "bench";
  options.low_water_bytes = 1;
  options.clock = [] { return absl::Now(); };
  options.random = [](absl::Span<uint8_t> bytes) { crypto::FillRandom(bytes); };
  options.on_fence = [](const absl::Status& why) { CHECK_OK(why); };
  return options;
}

}  // namespace

CareNetwork::CareNetwork(const std::string& directory, size_t groups,
                         size_t members) {
  network_ = NetworkId::Make(absl::Now(), crypto::RandomIdBytes());
  keys_.Add(KeyScope::Server(), {++last_key_id_, 1}, NewSecret());
  keys_.Add(KeyScope::Network(network_), {++last_key_id_, 1}, NewSecret());
  auto store = storage::Store::Open(OptionsOf(directory), keys_);
  CHECK_OK(store.status());
  store_ = *std::move(store);
  door_ = std::make_unique<domain::Door>(
      *store_, keys_, [] { return absl::Now(); },
      [](const domain::Outcome&) {});
  Change([this](storage::Transaction& tx) { return PutNetwork(tx); });
  for (size_t i = 0; i < groups; ++i) {
    Team& team = teams_.emplace_back();
    team.group = GroupId::Make(absl::Now(), crypto::RandomIdBytes());
    team.members.resize(members);
    keys_.Add(KeyScope::Group(network_, team.group), {++last_key_id_, 1},
              NewSecret());
    Change(
        [this, &team](storage::Transaction& tx) { return PutTeam(tx, team); });
  }
}

void CareNetwork::Change(storage::Store::Body body) {
  std::promise<absl::Status> done;
  store_->Write(
      storage::WriteKind::kChange, std::move(body),
      [&done](const absl::Status& status) { done.set_value(status); });
  CHECK_OK(done.get_future().get());
}

absl::Status CareNetwork::PutNetwork(storage::Transaction& tx) {
  storage::v1::NetworkRecord record;
  record.set_code("bench");
  record.set_display_name("ちょうふ");
  record.set_revision(1);
  RETURN_IF_ERROR(tx.Put(storage::kNetworks, {network_}, record));
  for (size_t i = 0; i < kFacilities; ++i) {
    facilities_.push_back(tx.NewId<FacilityId>());
    storage::v1::FacilityRecord facility;
    facility.set_number(absl::StrCat(1310000000 + i));
    facility.set_display_name(absl::StrCat("訪問看護ステーションひばり", i));
    facility.set_state(storage::v1::FACILITY_STATE_ACTIVE);
    RETURN_IF_ERROR(
        tx.Put(storage::kFacilities, {network_, facilities_.back()}, facility));
  }
  return absl::OkStatus();
}

absl::Status CareNetwork::PutTeam(storage::Transaction& tx, Team& team) {
  team.patient = tx.NewId<PatientId>();
  storage::v1::PatientRecord patient;
  patient.set_display_name("調布 花子");
  patient.set_open_group(Bytes(team.group));
  patient.set_registered_facility(Bytes(facilities_[0]));
  RETURN_IF_ERROR(
      tx.Put(storage::kPatients, {network_, team.patient}, patient));
  const ConsentId consent = tx.NewId<ConsentId>();
  storage::v1::GroupRecord group;
  group.set_kind(storage::v1::GROUP_KIND_PATIENT);
  group.set_state(storage::v1::GROUP_STATE_OPEN);
  group.set_patient(Bytes(team.patient));
  group.set_hosting_facility(Bytes(facilities_[0]));
  group.set_access_version(1);
  group.set_revision(1);
  group.set_consent(Bytes(consent));
  group.set_latest_consent(Bytes(consent));
  group.set_active_members(static_cast<uint32_t>(team.members.size()));
  group.set_professional_audience(team.members.size());
  RETURN_IF_ERROR(tx.Put(storage::kGroups, {network_, team.group}, group));
  for (Member& member : team.members) {
    RETURN_IF_ERROR(PutMember(tx, team, member));
  }
  return absl::OkStatus();
}

absl::Status CareNetwork::PutMember(storage::Transaction& tx, const Team& team,
                                    Member& member) {
  const int64_t now = absl::ToUnixMicros(tx.now());
  member.person = tx.NewId<PersonId>();
  member.affiliation = tx.NewId<AffiliationId>();
  member.session = tx.NewId<SessionId>();
  member.token = crypto::Sha256(member.session.bytes());
  member.facility = facilities_[member.person.bytes().back() % kFacilities];
  const int64_t expires =
      absl::ToUnixMicros(tx.now() + domain::kSessionLifetime);

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
  affiliation.set_begin_at_micros(now);
  RETURN_IF_ERROR(tx.Put(storage::kPeople, {network_, member.person}, person));

  storage::v1::TokenRecord token;
  token.set_kind(storage::v1::TOKEN_KIND_ACCESS);
  token.set_network(Bytes(network_));
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
  RETURN_IF_ERROR(
      tx.Put(storage::kSessions, {network_, member.session}, session));

  storage::v1::MembershipRecord membership;
  membership.set_state(storage::v1::MEMBERSHIP_STATE_ACTIVE);
  membership.set_affiliation(Bytes(member.affiliation));
  membership.set_professional_lane(true);
  membership.set_visible_from(1);
  membership.set_begin_at_micros(now);
  RETURN_IF_ERROR(tx.Put(storage::kMemberships,
                         {network_, team.group, member.person}, membership));
  storage::v1::PersonGroupRecord mine;
  mine.set_active(true);
  return tx.Put(storage::kPersonGroups, {network_, member.person, team.group},
                mine);
}

domain::Request CareNetwork::RequestOf(const Member& member,
                                       domain::Action action,
                                       uint32_t event_type) const {
  domain::Request request;
  request.action = action;
  request.event_type = event_type;
  request.token = member.token;
  request.origin.client_address = "192.0.2.7";
  request.origin.correlation_id =
      SessionId::Make(absl::Now(), crypto::RandomIdBytes()).ToText();
  request.id = RequestId::Make(absl::Now(), crypto::RandomIdBytes());
  request.content = crypto::Sha256(request.id->bytes());
  request.deadline = absl::Now() + absl::Seconds(30);
  return request;
}

}  // namespace renkei::bench
