#include "server/domain/affiliations.h"

#include <algorithm>
#include <utility>

#include "server/domain/affiliation_groups.h"
#include "server/domain/authorize.h"
#include "server/domain/directory_entries.h"
#include "server/domain/refusal.h"
#include "server/domain/session_end.h"
#include "server/domain/standing.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

using storage::v1::Affiliation;
using storage::v1::PersonRecord;

constexpr int kAffiliationsMax = 16;

bool Ended(const Affiliation& affiliation) {
  return affiliation.state() == storage::v1::AFFILIATION_STATE_ENDED;
}

absl::string_view StateName(const Affiliation& affiliation) {
  switch (affiliation.state()) {
    case storage::v1::AFFILIATION_STATE_ACTIVE:
      return "ACTIVE";
    case storage::v1::AFFILIATION_STATE_SUSPENDED:
      return "SUSPENDED";
    default:
      return "ENDED";
  }
}

Affiliation* FindMutable(PersonRecord& person, const AffiliationId& id) {
  for (Affiliation& affiliation : *person.mutable_affiliations()) {
    if (affiliation.affiliation() == id.bytes()) {
      return &affiliation;
    }
  }
  return nullptr;
}

absl::Status CheckNew(const NewAffiliation& wanted,
                      const PersonRecord& person) {
  for (const Affiliation& affiliation : person.affiliations()) {
    if (!Ended(affiliation) &&
        affiliation.facility() == wanted.facility.bytes() &&
        affiliation.profession() == wanted.profession) {
      return Refuse(
          absl::StatusCode::kAlreadyExists, Reason::kAffiliationExists,
          "the person has an affiliation with this facility and profession",
          {{"affiliation",
            AffiliationResource(
                wanted.network, wanted.person,
                *AffiliationId::FromBytes(affiliation.affiliation()))}});
    }
  }
  return person.affiliations_size() < kAffiliationsMax
             ? absl::OkStatus()
             : RefuseLimit("affiliations_of_a_person", kAffiliationsMax);
}

absl::StatusOr<AffiliationView> ViewOf(const ReadCall& call,
                                       const PersonId& person,
                                       Affiliation affiliation) {
  ASSIGN_OR_RETURN(std::string name,
                   FacilityNameOf(call, affiliation.facility()));
  return AffiliationView{person, std::move(affiliation), std::move(name)};
}

// The person whose affiliation is to change, once the caller may change it.
absl::StatusOr<PersonRecord> BeginChange(WriteCall& call, Action action,
                                         const AffiliationChange& change) {
  call.note.target_person = change.person;
  call.note.target =
      AffiliationResource(change.network, change.person, change.affiliation);
  ASSIGN_OR_RETURN(
      auto person,
      call.tx.Find(storage::kPeople, {CallerOf(call).network, change.person}));
  const Affiliation* const affiliation =
      person ? FindAffiliation(*person, change.affiliation.bytes()) : nullptr;
  Target target{.network = change.network};
  if (affiliation == nullptr) {
    target.person = change.person;
  } else {
    target.facility = *FacilityId::FromBytes(affiliation->facility());
  }
  RETURN_IF_ERROR(Authorize(call, action, target));
  if (affiliation == nullptr) {
    return RefuseUnknown();
  }
  RETURN_IF_ERROR(CheckEtag(change.etag, affiliation->revision()));
  if (!change.reason.empty()) {
    call.note.details.emplace_back("reason", change.reason);
  }
  return *std::move(person);
}

// Keeps what became of the affiliation and carries it to sessions and groups.
absl::StatusOr<AffiliationView> FinishChange(WriteCall& call,
                                             const AffiliationChange& change,
                                             PersonRecord person,
                                             AffiliationTurn turn) {
  Affiliation& affiliation = *FindMutable(person, change.affiliation);
  affiliation.set_state_reason(change.reason);
  affiliation.set_revision(affiliation.revision() + 1);
  RETURN_IF_ERROR(KeepPerson(call, change.person, person));
  RETURN_IF_ERROR(CarryToGroups(call, change.person, affiliation, turn));
  if (FirstInForce(person, call.now) == nullptr) {
    RETURN_IF_ERROR(
        EndAllSessions(call, change.network, change.person, kEndedByDirectory));
  }
  return ViewOf(call, change.person, affiliation);
}

// What hangs on the facility as a whole goes with the last affiliation there.
void LeaveFacility(WriteCall& call, const AffiliationChange& change,
                   const std::string& facility, PersonRecord& person) {
  const bool stays = std::any_of(
      person.affiliations().begin(), person.affiliations().end(),
      [&facility](const Affiliation& affiliation) {
        return !Ended(affiliation) && affiliation.facility() == facility;
      });
  if (stays) {
    return;
  }
  auto& roles = *person.mutable_roles();
  roles.erase(std::remove_if(roles.begin(), roles.end(),
                             [&](const storage::v1::RoleGrant& grant) {
                               return grant.facility() == facility;
                             }),
              roles.end());
  call.tx.Delete(
      storage::kFacilityPeople,
      {change.network, *FacilityId::FromBytes(facility), change.person});
}

}  // namespace

absl::StatusOr<AffiliationView> CreateAffiliation(
    WriteCall& call, const NewAffiliation& affiliation) {
  call.note.target_person = affiliation.person;
  RETURN_IF_ERROR(Authorize(
      call, Action::kCreateAffiliation,
      {.network = affiliation.network, .facility = affiliation.facility}));
  ASSIGN_OR_RETURN(PersonRecord person, ReadPerson(call, affiliation.person));
  RETURN_IF_ERROR(CheckNew(affiliation, person));
  const AffiliationId id = call.tx.NewId<AffiliationId>();
  Affiliation& made = *person.add_affiliations();
  made.set_affiliation(std::string(id.bytes()));
  made.set_facility(std::string(affiliation.facility.bytes()));
  made.set_profession(affiliation.profession);
  made.set_state(storage::v1::AFFILIATION_STATE_ACTIVE);
  made.set_begin_at_micros(absl::ToUnixMicros(call.now));
  made.set_revision(1);
  call.note.target =
      AffiliationResource(affiliation.network, affiliation.person, id);
  RETURN_IF_ERROR(call.tx.Put(
      storage::kFacilityPeople,
      {affiliation.network, affiliation.facility, affiliation.person},
      storage::v1::Mark()));
  RETURN_IF_ERROR(KeepPerson(call, affiliation.person, person));
  return ViewOf(call, affiliation.person, made);
}

absl::StatusOr<AffiliationView> SuspendAffiliation(
    WriteCall& call, const AffiliationChange& change) {
  ASSIGN_OR_RETURN(PersonRecord person,
                   BeginChange(call, Action::kSuspendAffiliation, change));
  Affiliation& affiliation = *FindMutable(person, change.affiliation);
  if (affiliation.state() != storage::v1::AFFILIATION_STATE_ACTIVE) {
    return RefuseState(StateName(affiliation));
  }
  affiliation.set_state(storage::v1::AFFILIATION_STATE_SUSPENDED);
  return FinishChange(call, change, std::move(person), AffiliationTurn::kRests);
}

absl::StatusOr<AffiliationView> ResumeAffiliation(
    WriteCall& call, const AffiliationChange& change) {
  ASSIGN_OR_RETURN(PersonRecord person,
                   BeginChange(call, Action::kResumeAffiliation, change));
  Affiliation& affiliation = *FindMutable(person, change.affiliation);
  if (affiliation.state() != storage::v1::AFFILIATION_STATE_SUSPENDED) {
    return RefuseState(StateName(affiliation));
  }
  affiliation.set_state(storage::v1::AFFILIATION_STATE_ACTIVE);
  return FinishChange(call, change, std::move(person),
                      AffiliationTurn::kResumes);
}

absl::StatusOr<AffiliationView> EndAffiliation(
    WriteCall& call, const AffiliationChange& change) {
  ASSIGN_OR_RETURN(PersonRecord person,
                   BeginChange(call, Action::kEndAffiliation, change));
  Affiliation& affiliation = *FindMutable(person, change.affiliation);
  if (Ended(affiliation)) {
    return RefuseState(StateName(affiliation));
  }
  affiliation.set_state(storage::v1::AFFILIATION_STATE_ENDED);
  affiliation.set_end_at_micros(absl::ToUnixMicros(call.now));
  LeaveFacility(call, change, affiliation.facility(), person);
  return FinishChange(call, change, std::move(person), AffiliationTurn::kEnds);
}

}  // namespace renkei::domain
