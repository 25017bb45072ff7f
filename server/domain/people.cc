#include "server/domain/people.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "server/domain/audit.h"
#include "server/domain/authorize.h"
#include "server/domain/credentials.h"
#include "server/domain/refusal.h"
#include "server/domain/standing.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/hash.h"

namespace renkei::domain {
namespace {

using storage::v1::PersonRecord;

bool HoldsAdministration(const PersonRecord& person,
                         const FacilityId& facility) {
  return std::any_of(
      person.roles().begin(), person.roles().end(),
      [&facility](const storage::v1::RoleGrant& grant) {
        return grant.role() == storage::v1::ROLE_FACILITY_ADMINISTRATOR &&
               grant.facility() == facility.bytes() && InForce(grant);
      });
}

absl::StatusOr<std::vector<PersonId>> PeopleOf(
    const ReadCall& call, const NetworkId& network, const FacilityId& facility,
    const std::optional<PersonId>& after, size_t limit) {
  storage::KeyRange range =
      storage::KeysUnder(storage::kFacilityPeople, network, facility);
  if (after) {
    range = KeysAfter(storage::kFacilityPeople, std::move(range),
                      {network, facility, *after});
  }
  std::vector<PersonId> people;
  RETURN_IF_ERROR(call.view.Scan(
      storage::kFacilityPeople, range, storage::Direction::kForward,
      [&](const storage::FacilityPersonKey& key, const storage::v1::Mark&) {
        people.push_back(key.person);
        return people.size() < limit;
      }));
  return people;
}

// A suspended administrator may come back and still counts.
absl::StatusOr<bool> HasAdministrator(const ReadCall& call,
                                      const FacilityId& facility) {
  ASSIGN_OR_RETURN(
      const std::vector<PersonId> people,
      PeopleOf(call, CallerOf(call).network, facility, std::nullopt, SIZE_MAX));
  for (const PersonId& person : people) {
    ASSIGN_OR_RETURN(const PersonRecord record, ReadPerson(call, person));
    if (HoldsAdministration(record, facility)) {
      return true;
    }
  }
  return false;
}

absl::Status CheckCreator(ReadCall& call, const NewPerson& person) {
  ASSIGN_OR_RETURN(const PersonRecord actor, ActorOf(call));
  if (!person.first_administrator) {
    return Administers(actor, person.facility.bytes(), call.now)
               ? absl::OkStatus()
               : Deny(call, "office_registers_first_administrators_only");
  }
  if (!HasRole(actor, storage::v1::ROLE_NETWORK_OFFICE)) {
    return Deny(call, "first_administrators_by_network_office");
  }
  ASSIGN_OR_RETURN(const bool has_one, HasAdministrator(call, person.facility));
  return has_one ? Deny(call, "facility_has_an_administrator")
                 : absl::OkStatus();
}

PersonRecord NewRecord(WriteCall& call, const NewPerson& person) {
  const int64_t now = absl::ToUnixMicros(call.now);
  PersonRecord record;
  record.set_login(person.login);
  record.set_display_name(person.display_name);
  record.set_display_name_reading(person.reading);
  record.set_access_version(1);
  record.set_revision(1);
  record.set_created_at_micros(now);
  record.set_updated_at_micros(now);
  record.set_created_by(std::string(CallerOf(call).person.bytes()));
  storage::v1::Affiliation& affiliation = *record.add_affiliations();
  affiliation.set_affiliation(
      std::string(call.tx.NewId<AffiliationId>().bytes()));
  affiliation.set_facility(std::string(person.facility.bytes()));
  affiliation.set_profession(person.profession);
  affiliation.set_state(storage::v1::AFFILIATION_STATE_ACTIVE);
  affiliation.set_begin_at_micros(now);
  affiliation.set_revision(1);
  if (person.first_administrator) {
    storage::v1::RoleGrant& grant = *record.add_roles();
    grant.set_grant(std::string(call.tx.NewId<RoleGrantId>().bytes()));
    grant.set_role(storage::v1::ROLE_FACILITY_ADMINISTRATOR);
    grant.set_facility(std::string(person.facility.bytes()));
    grant.set_requested_by(std::string(CallerOf(call).person.bytes()));
    grant.set_requested_at_micros(now);
    grant.set_approved_at_micros(now);
  }
  return record;
}

absl::Status PutNewPerson(WriteCall& call, const NewPerson& person,
                          const PersonId& id, const PersonRecord& record) {
  ASSIGN_OR_RETURN(const Hash32 login,
                   LoginHash(call.keys, person.network, person.login));
  storage::v1::PersonRef ref;
  ref.set_person(std::string(id.bytes()));
  RETURN_IF_ERROR(call.tx.Put(storage::kLogins, {person.network, login}, ref));
  RETURN_IF_ERROR(call.tx.Put(storage::kFacilityPeople,
                              {person.network, person.facility, id},
                              storage::v1::Mark()));
  return call.tx.Put(storage::kPeople, {person.network, id}, record);
}

}  // namespace

absl::Status CheckNewPerson(ReadCall& call, const NewPerson& person) {
  RETURN_IF_ERROR(
      Authorize(call, Action::kCreatePerson,
                {.network = person.network, .facility = person.facility}));
  RETURN_IF_ERROR(CheckFacility(call, person.facility));
  RETURN_IF_ERROR(CheckCreator(call, person));
  ASSIGN_OR_RETURN(const Hash32 login,
                   LoginHash(call.keys, person.network, person.login));
  ASSIGN_OR_RETURN(const auto taken,
                   call.view.Find(storage::kLogins, {person.network, login}));
  return taken ? Refuse(absl::StatusCode::kAlreadyExists, Reason::kLoginTaken,
                        "the login is taken in this network")
               : absl::OkStatus();
}

absl::StatusOr<PersonView> CreatePerson(WriteCall& call,
                                        const NewPerson& person,
                                        absl::string_view password_hash) {
  RETURN_IF_ERROR(CheckNewPerson(call, person));
  const PersonId id = call.tx.NewId<PersonId>();
  PersonRecord record = NewRecord(call, person);
  call.note.target_person = id;
  RETURN_IF_ERROR(PutNewPerson(call, person, id, record));
  RETURN_IF_ERROR(
      PutInitialCredentials(call, person.network, id, password_hash));
  if (person.first_administrator) {
    RETURN_IF_ERROR(
        AppendAuditAs(call, AuditType::kRoleGrantApproved, absl::OkStatus()));
  }
  return ViewOf(call, id, std::move(record));
}

absl::StatusOr<PersonView> GetPerson(ReadCall& call, const NetworkId& network,
                                     const PersonId& person) {
  RETURN_IF_ERROR(Authorize(call, Action::kGetPerson,
                            {.network = network, .person = person}));
  ASSIGN_OR_RETURN(PersonRecord record, ReadPerson(call, person));
  return ViewOf(call, person, std::move(record));
}

absl::StatusOr<Page<PersonView>> ListPeople(
    ReadCall& call, const PeopleFilter& filter,
    const std::optional<PersonId>& after, size_t limit) {
  RETURN_IF_ERROR(
      Authorize(call, Action::kListPeople,
                {.network = filter.network,
                 .facility = filter.facility.value_or(FacilityId())}));
  std::vector<PersonId> people;
  if (filter.facility) {
    RETURN_IF_ERROR(CheckFacility(call, *filter.facility));
    ASSIGN_OR_RETURN(people, PeopleOf(call, filter.network, *filter.facility,
                                      after, limit + 1));
  } else {
    storage::KeyRange range =
        storage::KeysUnder(storage::kPeople, filter.network);
    if (after) {
      range = KeysAfter(storage::kPeople, std::move(range),
                        {filter.network, *after});
    }
    RETURN_IF_ERROR(
        call.view.Scan(storage::kPeople, range, storage::Direction::kForward,
                       [&](const storage::PersonKey& key, const PersonRecord&) {
                         people.push_back(key.person);
                         return people.size() <= limit;
                       }));
  }
  Page<PersonView> page;
  page.more = people.size() > limit;
  people.resize(std::min(people.size(), limit));
  for (const PersonId& person : people) {
    ASSIGN_OR_RETURN(PersonRecord record, ReadPerson(call, person));
    ASSIGN_OR_RETURN(PersonView view, ViewOf(call, person, std::move(record)));
    page.items.push_back(std::move(view));
  }
  return page;
}

absl::StatusOr<PersonView> UpdatePerson(WriteCall& call,
                                        const PersonChange& change) {
  RETURN_IF_ERROR(
      Authorize(call, Action::kUpdatePerson,
                {.network = change.network, .person = change.person}));
  ASSIGN_OR_RETURN(PersonRecord record, ReadPerson(call, change.person));
  RETURN_IF_ERROR(CheckEtag(change.etag, record.revision()));
  call.note.previous_content_hash =
      std::string(crypto::Sha256(record.SerializeAsString()).bytes());
  if (change.human_name) {
    call.note.details.emplace_back("display_name", change.human_name->text);
    record.set_display_name(change.human_name->text);
    record.set_display_name_reading(change.human_name->reading);
  }
  record.set_revision(record.revision() + 1);
  record.set_updated_at_micros(absl::ToUnixMicros(call.now));
  RETURN_IF_ERROR(
      call.tx.Put(storage::kPeople, {change.network, change.person}, record));
  return ViewOf(call, change.person, std::move(record));
}

}  // namespace renkei::domain
