#include "server/domain/authorize.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/str_join.h"
#include "server/domain/refusal.h"
#include "server/domain/standing.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

using storage::v1::GroupRecord;
using storage::v1::MembershipRecord;
using storage::v1::PersonRecord;

// A resource of the caller's network; another network's does not exist.
bool Foreign(const Caller& caller, const Target& target) {
  return !target.network.IsZero() && target.network != caller.network;
}

bool IsProfessional(const storage::v1::Affiliation& affiliation) {
  const Profession* profession = FindProfession(affiliation.profession());
  return profession != nullptr &&
         profession->group != ProfessionGroup::kGuest &&
         profession->group != ProfessionGroup::kPatientSide;
}

uint32_t RolesOf(const PersonRecord& actor, absl::Time now) {
  uint32_t relations = 0;
  if (InGoodStanding(actor, now)) {
    relations |= kSignedIn;
  }
  if (HasRole(actor, storage::v1::ROLE_NETWORK_OFFICE)) {
    relations |= kNetworkOffice;
  }
  if (HasRole(actor, storage::v1::ROLE_COORDINATOR)) {
    relations |= kCoordinator;
  }
  if (HasRole(actor, storage::v1::ROLE_PRIVACY_OFFICER)) {
    relations |= kPrivacyOfficer;
  }
  if (HasRole(actor, storage::v1::ROLE_AUDITOR)) {
    relations |= kAuditor;
  }
  for (const storage::v1::Affiliation& affiliation : actor.affiliations()) {
    if (!InForce(affiliation, now)) {
      continue;
    }
    if (Administers(actor, affiliation.facility(), now)) {
      relations |= kAnyAdministrator;
    }
    if (IsProfessional(affiliation)) {
      relations |= kProfessional;
    }
  }
  return relations;
}

void NoteAffiliation(ReadCall& call,
                     const storage::v1::Affiliation& affiliation) {
  call.note.actor_affiliation =
      *AffiliationId::FromBytes(affiliation.affiliation());
  call.note.actor_facility = *FacilityId::FromBytes(affiliation.facility());
  call.note.actor_profession = affiliation.profession();
}

absl::Status AddInvitation(const ReadCall& call, const Target& target,
                           Facts& facts) {
  const Caller& caller = CallerOf(call);
  ASSIGN_OR_RETURN(
      const auto invitation,
      call.view.Find(storage::kInvitations,
                     {caller.network, target.group, target.invitation}));
  if (!invitation) {
    return absl::OkStatus();
  }
  if (invitation->invitee() == caller.person.bytes()) {
    facts.relations |= kInvitee;
  }
  if (invitation->inviter() == caller.person.bytes()) {
    facts.relations |= kInviter;
  }
  facts.visible =
      facts.visible || (facts.relations & (kInvitee | kInviter)) != 0;
  return absl::OkStatus();
}

void AddMembership(ReadCall& call, const GroupRecord& group,
                   const MembershipRecord& membership,
                   const PersonRecord& actor, storage::v1::Lane lane,
                   Facts& facts) {
  if (!InForce(membership, actor, call.now)) {
    return;
  }
  const storage::v1::Affiliation* affiliation =
      FindAffiliation(actor, membership.affiliation());
  NoteAffiliation(call, *affiliation);
  facts.visible = true;
  if (!InLane(membership, lane)) {
    return;
  }
  facts.relations |= kMember;
  if (membership.professional_lane() && IsProfessional(*affiliation)) {
    facts.relations |= kCareMember;
  }
  if (membership.attending_physician()) {
    facts.relations |= kAttending;
  }
  if (affiliation->facility() == group.hosting_facility()) {
    facts.relations |= kHostMember;
  }
}

absl::Status AddGroup(ReadCall& call, const GroupId& id, const Target& target,
                      const PersonRecord& actor, Facts& facts) {
  const Caller& caller = CallerOf(call);
  ASSIGN_OR_RETURN(
      const auto group,
      call.view.FindShared(storage::kGroups, {caller.network, id}));
  if (!group) {
    return absl::OkStatus();
  }
  facts.group_state = group->state();
  facts.consent_in_force = !group->consent().empty();
  facts.access_version += group->access_version();
  ASSIGN_OR_RETURN(const auto membership,
                   call.view.FindShared(storage::kMemberships,
                                        {caller.network, id, caller.person}));
  if (membership) {
    AddMembership(call, *group, *membership, actor, target.lane, facts);
  }
  if (!target.invitation.IsZero()) {
    RETURN_IF_ERROR(AddInvitation(call, target, facts));
  }
  if (Administers(actor, group->hosting_facility(), call.now)) {
    facts.relations |= kHostAdministrator;
  }
  call.note.group = id;
  if (const auto patient = PatientId::FromBytes(group->patient())) {
    call.note.patient = *patient;
  }
  if (const auto host = FacilityId::FromBytes(group->hosting_facility())) {
    call.note.hosting_facility = *host;
  }
  return absl::OkStatus();
}

absl::Status AddPerson(ReadCall& call, const Target& target,
                       const PersonRecord& actor, Facts& facts) {
  const Caller& caller = CallerOf(call);
  call.note.target_person = target.person;
  if (target.person == caller.person) {
    facts.relations |= kSelf;
  }
  ASSIGN_OR_RETURN(
      const auto person,
      call.view.FindShared(storage::kPeople, {caller.network, target.person}));
  if (!person) {
    facts.visible = false;
    return absl::OkStatus();
  }
  for (const storage::v1::Affiliation& affiliation : person->affiliations()) {
    if (affiliation.state() != storage::v1::AFFILIATION_STATE_ENDED &&
        Administers(actor, affiliation.facility(), call.now)) {
      facts.relations |= kFacilityAdministrator;
    }
  }
  return absl::OkStatus();
}

absl::Status AddFacility(ReadCall& call, const Target& target,
                         const PersonRecord& actor, Facts& facts) {
  call.note.target_facility = target.facility;
  ASSIGN_OR_RETURN(
      const auto facility,
      call.view.FindShared(storage::kFacilities,
                           {CallerOf(call).network, target.facility}));
  if (!facility) {
    facts.visible = false;
  } else if (Administers(actor, target.facility.bytes(), call.now)) {
    facts.relations |= kFacilityAdministrator;
  }
  return absl::OkStatus();
}

// Whoever has left the facility that registered a patient does not know the
// patient by that any more.
bool Registered(const storage::v1::PatientRecord& patient, const Caller& caller,
                const PersonRecord& actor, absl::Time now) {
  return patient.created_by() == caller.person.bytes() &&
         std::any_of(actor.affiliations().begin(), actor.affiliations().end(),
                     [&](const storage::v1::Affiliation& affiliation) {
                       return affiliation.facility() ==
                                  patient.registered_facility() &&
                              InForce(affiliation, now);
                     });
}

absl::Status AddPatient(ReadCall& call, const Target& target,
                        const PersonRecord& actor, Facts& facts) {
  facts.visible = false;
  ASSIGN_OR_RETURN(const auto patient,
                   call.view.Find(storage::kPatients,
                                  {CallerOf(call).network, target.patient}));
  if (!patient) {
    return absl::OkStatus();
  }
  call.note.patient = target.patient;
  if (Administers(actor, patient->registered_facility(), call.now)) {
    facts.relations |= kHostAdministrator;
  }
  if (Registered(*patient, CallerOf(call), actor, call.now)) {
    facts.relations |= kRegistrar;
  }
  if (const auto group = GroupId::FromBytes(patient->open_group())) {
    RETURN_IF_ERROR(AddGroup(call, *group, target, actor, facts));
  }
  return absl::OkStatus();
}

absl::Status AddTarget(ReadCall& call, const Target& target,
                       const PersonRecord& actor, Facts& facts) {
  facts.group_asked = !target.group.IsZero();
  facts.visible = !facts.group_asked;
  if (facts.group_asked) {
    RETURN_IF_ERROR(AddGroup(call, target.group, target, actor, facts));
  }
  if (!target.person.IsZero()) {
    RETURN_IF_ERROR(AddPerson(call, target, actor, facts));
  }
  if (!target.patient.IsZero()) {
    RETURN_IF_ERROR(AddPatient(call, target, actor, facts));
  }
  if (!target.facility.IsZero()) {
    RETURN_IF_ERROR(AddFacility(call, target, actor, facts));
  }
  if (target.by_law_allows) {
    facts.relations |= kByLawCreator;
  }
  return absl::OkStatus();
}

// Says what is outstanding, so that a client knows where to lead the person.
absl::Status RefuseUntilEnrolled(const ReadCall& call) {
  const Caller& caller = CallerOf(call);
  ASSIGN_OR_RETURN(
      const auto credentials,
      call.view.Find(storage::kCredentials, {caller.network, caller.person}));
  std::vector<absl::string_view> missing;
  if (!credentials || credentials->password_is_initial()) {
    missing.push_back("password");
  }
  if (!credentials || !credentials->totp_confirmed()) {
    missing.push_back("totp");
  }
  return Refuse(absl::StatusCode::kPermissionDenied, Reason::kEnrolmentRequired,
                "change the first password and confirm the second factor first",
                {{"missing", absl::StrJoin(missing, ",")}});
}

absl::Status Refusal(const ReadCall& call, const Facts& facts,
                     const Decision& decision) {
  switch (decision.reason) {
    case Reason::kCredentialsMissing:
    case Reason::kSessionEnded:
      return Refuse(absl::StatusCode::kUnauthenticated, decision.reason,
                    "sign in again");
    case Reason::kNotFound:
      return RefuseUnknown();
    case Reason::kGroupClosed:
      return Refuse(absl::StatusCode::kFailedPrecondition, decision.reason,
                    "the group is closed");
    case Reason::kConsentMissing:
      return Refuse(absl::StatusCode::kFailedPrecondition, decision.reason,
                    "no consent of the patient is in force");
    case Reason::kEnrolmentRequired:
      return RefuseUntilEnrolled(call);
    default:
      // Who may not see it learns nothing, not even that it exists.
      return facts.visible ? Refuse(absl::StatusCode::kPermissionDenied,
                                    decision.reason, "not permitted")
                           : RefuseUnknown();
  }
}

}  // namespace

void NoteActor(ReadCall& call, const storage::PersonKey& person,
               const PersonRecord& record) {
  call.note.network = person.network;
  call.note.actor = person.person;
  const storage::v1::Affiliation* affiliation = FirstInForce(record, call.now);
  if (affiliation == nullptr && !record.affiliations().empty()) {
    affiliation = &*record.affiliations().rbegin();
  }
  if (affiliation != nullptr) {
    NoteAffiliation(call, *affiliation);
  }
}

absl::StatusOr<Facts> FactsAbout(ReadCall& call, const Target& target) {
  Facts facts;
  facts.relations = kAnybody;
  facts.visible = true;
  if (call.origin.operator_socket) {
    facts.relations |= kOperator;
  }
  if (!call.caller) {
    return facts;
  }
  const Caller& caller = *call.caller;
  facts.proven = true;
  facts.enrolment = caller.enrolment;
  ASSIGN_OR_RETURN(
      const auto actor,
      call.view.FindShared(storage::kPeople, {caller.network, caller.person}));
  if (!actor) {
    return facts;
  }
  facts.standing = InGoodStanding(*actor, call.now);
  facts.access_version = actor->access_version();
  facts.relations |= RolesOf(*actor, call.now);
  if (const storage::v1::Affiliation* first = FirstInForce(*actor, call.now)) {
    NoteAffiliation(call, *first);
  }
  if (Foreign(caller, target)) {
    facts.group_asked = true;  // of a group that does not exist
    facts.visible = false;
    return facts;
  }
  RETURN_IF_ERROR(AddTarget(call, target, *actor, facts));
  return facts;
}

absl::Status Authorize(ReadCall& call, Action action, const Target& target) {
  ASSIGN_OR_RETURN(const Facts facts, FactsAbout(call, target));
  const Decision decision = Decide(RuleOf(action), facts);
  call.authorizations.push_back({action, target, decision});
  return decision.allowed ? absl::OkStatus() : Refusal(call, facts, decision);
}

}  // namespace renkei::domain
