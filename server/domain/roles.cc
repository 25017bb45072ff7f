#include "server/domain/roles.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "server/domain/audit.h"
#include "server/domain/authorize.h"
#include "server/domain/directory_entries.h"
#include "server/domain/person_view.h"
#include "server/domain/refusal.h"
#include "server/domain/session_end.h"
#include "server/domain/standing.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

using storage::v1::PersonRecord;
using storage::v1::RoleGrant;

constexpr int kRolesMax = 32;

// Of a person; nullptr if there is no such grant.
RoleGrant* FindGrant(PersonRecord& person, const RoleGrantId& grant) {
  const auto found = std::find_if(
      person.mutable_roles()->begin(), person.mutable_roles()->end(),
      [&grant](const RoleGrant& it) { return it.grant() == grant.bytes(); });
  return found == person.mutable_roles()->end() ? nullptr : &*found;
}

void DropGrant(PersonRecord& person, const std::string& grant) {
  auto& roles = *person.mutable_roles();
  roles.erase(std::remove_if(roles.begin(), roles.end(),
                             [&grant](const RoleGrant& it) {
                               return it.grant() == grant;
                             }),
              roles.end());
}

void DropExpired(PersonRecord& person, absl::Time now) {
  auto& roles = *person.mutable_roles();
  roles.erase(
      std::remove_if(roles.begin(), roles.end(),
                     [now](const RoleGrant& it) { return IsExpired(it, now); }),
      roles.end());
}

// How many people hold the network's office, counted up to `enough`. Nobody
// keeps that number: the office is few people, made early, and changes seldom.
absl::StatusOr<size_t> CountOffice(const ReadCall& call, size_t enough) {
  size_t count = 0;
  RETURN_IF_ERROR(call.view.Scan(
      storage::kPeople,
      storage::KeysUnder(storage::kPeople, CallerOf(call).network),
      storage::Direction::kForward,
      [&](const storage::PersonKey&, const PersonRecord& person) {
        count += HasRole(person, storage::v1::ROLE_NETWORK_OFFICE) ? 1 : 0;
        return count < enough;
      }));
  return count;
}

absl::Status CheckProposal(const ReadCall& call, const RoleProposal& proposal,
                           const PersonRecord& person) {
  for (const RoleGrant& grant : person.roles()) {
    const std::optional<FacilityId> facility =
        FacilityId::FromBytes(grant.facility());
    if (grant.role() == proposal.role &&
        facility.value_or(FacilityId()) == proposal.facility) {
      const RoleGrantId id =
          RoleGrantId::FromBytes(grant.grant()).value_or(RoleGrantId());
      return Refuse(absl::StatusCode::kAlreadyExists, Reason::kRoleGrantExists,
                    "the person has, or has been proposed for, this role",
                    {{"role_grant", RoleGrantResource(proposal.network,
                                                      proposal.person, id)}});
    }
  }
  if (!proposal.facility.IsZero() &&
      std::none_of(person.affiliations().begin(), person.affiliations().end(),
                   [&](const storage::v1::Affiliation& affiliation) {
                     return affiliation.facility() ==
                                proposal.facility.bytes() &&
                            InForce(affiliation, call.now);
                   })) {
    return Refuse(
        absl::StatusCode::kFailedPrecondition, Reason::kAffiliationMissing,
        "the person has no affiliation in force with this facility",
        {{"person", PersonResource(proposal.network, proposal.person)}});
  }
  return person.roles_size() < kRolesMax
             ? absl::OkStatus()
             : RefuseLimit("roles_of_a_person", kRolesMax);
}

// Uses the exception up.
absl::StatusOr<bool> FoundsOffice(WriteCall& call,
                                  const RoleProposal& proposal) {
  if (proposal.role != storage::v1::ROLE_NETWORK_OFFICE) {
    return false;
  }
  ASSIGN_OR_RETURN(auto network,
                   call.tx.Get(storage::kNetworks, {proposal.network}));
  ASSIGN_OR_RETURN(const size_t office, CountOffice(call, 2));
  if (network.office_founded() || office != 1) {
    return false;
  }
  network.set_office_founded(true);
  RETURN_IF_ERROR(call.tx.Put(storage::kNetworks, {proposal.network}, network));
  return true;
}

absl::Status EndSessionsWithoutStanding(WriteCall& call,
                                        const RoleGrantRef& ref,
                                        const PersonRecord& person) {
  return InGoodStanding(person, call.now)
             ? absl::OkStatus()
             : EndAllSessions(call, ref.network, ref.person, kEndedByDirectory);
}

}  // namespace

absl::StatusOr<RoleGrant> GrantRole(WriteCall& call,
                                    const RoleProposal& proposal) {
  call.note.target_person = proposal.person;
  RETURN_IF_ERROR(
      Authorize(call, Action::kGrantRole,
                {.network = proposal.network, .facility = proposal.facility}));
  ASSIGN_OR_RETURN(PersonRecord person, ReadPerson(call, proposal.person));
  if (!proposal.facility.IsZero()) {
    RETURN_IF_ERROR(CheckFacility(call, proposal.facility));
  }
  DropExpired(person, call.now);
  RETURN_IF_ERROR(CheckProposal(call, proposal, person));
  ASSIGN_OR_RETURN(const bool at_once, FoundsOffice(call, proposal));

  RoleGrant grant;
  const RoleGrantId id = call.tx.NewId<RoleGrantId>();
  grant.set_grant(std::string(id.bytes()));
  grant.set_role(proposal.role);
  if (!proposal.facility.IsZero()) {
    grant.set_facility(std::string(proposal.facility.bytes()));
  }
  grant.set_requested_by(std::string(CallerOf(call).person.bytes()));
  grant.set_requested_at_micros(absl::ToUnixMicros(call.now));
  call.note.target = RoleGrantResource(proposal.network, proposal.person, id);
  if (at_once) {
    grant.set_approved_at_micros(absl::ToUnixMicros(call.now));
    RETURN_IF_ERROR(
        AppendAuditAs(call, AuditType::kRoleGrantApproved, absl::OkStatus()));
  } else {
    grant.set_expires_at_micros(
        absl::ToUnixMicros(call.now + kRoleProposalLifetime));
  }
  *person.add_roles() = grant;
  RETURN_IF_ERROR(KeepPerson(call, proposal.person, person));
  return grant;
}

absl::StatusOr<RoleGrant> ApproveRoleGrant(WriteCall& call,
                                           const RoleGrantRef& ref) {
  call.note.target = RoleGrantResource(ref.network, ref.person, ref.grant);
  RETURN_IF_ERROR(Authorize(call, Action::kApproveRoleGrant,
                            {.network = ref.network, .person = ref.person}));
  ASSIGN_OR_RETURN(PersonRecord person, ReadPerson(call, ref.person));
  RoleGrant* const grant = FindGrant(person, ref.grant);
  if (grant == nullptr) {
    return RefuseUnknown();
  }
  if (InForce(*grant)) {
    return RefuseState("ACTIVE");
  }
  if (IsExpired(*grant, call.now)) {
    return RefuseState("EXPIRED");
  }
  const PersonId& approver = CallerOf(call).person;
  if (approver == ref.person || approver.bytes() == grant->requested_by()) {
    return DenySecondPerson(call);
  }
  grant->set_approved_by(std::string(approver.bytes()));
  grant->set_approved_at_micros(absl::ToUnixMicros(call.now));
  grant->clear_expires_at_micros();
  RoleGrant approved = *grant;
  if (const auto facility = FacilityId::FromBytes(approved.facility())) {
    call.note.target_facility = *facility;
  }
  RETURN_IF_ERROR(KeepPerson(call, ref.person, person));
  return approved;
}

absl::StatusOr<RoleGrant> RevokeRole(WriteCall& call, const RoleGrantRef& ref,
                                     const std::string& reason) {
  call.note.target = RoleGrantResource(ref.network, ref.person, ref.grant);
  call.note.target_person = ref.person;
  ASSIGN_OR_RETURN(
      auto person,
      call.tx.Find(storage::kPeople, {CallerOf(call).network, ref.person}));
  const RoleGrant* const grant =
      person ? FindGrant(*person, ref.grant) : nullptr;
  Target target{.network = ref.network};
  if (grant == nullptr) {
    target.person = ref.person;
  } else if (const auto facility = FacilityId::FromBytes(grant->facility())) {
    target.facility = *facility;
  }
  RETURN_IF_ERROR(Authorize(call, Action::kRevokeRole, target));
  if (grant == nullptr) {
    return RefuseUnknown();
  }
  if (!reason.empty()) {
    call.note.details.emplace_back("reason", reason);
  }
  if (grant->role() == storage::v1::ROLE_NETWORK_OFFICE && InForce(*grant)) {
    ASSIGN_OR_RETURN(const size_t office, CountOffice(call, 2));
    if (office < 2) {
      return Refuse(absl::StatusCode::kFailedPrecondition, Reason::kLastOne,
                    "the network would have no office");
    }
  }
  RoleGrant revoked = *grant;
  DropGrant(*person, revoked.grant());
  RETURN_IF_ERROR(KeepPerson(call, ref.person, *person));
  RETURN_IF_ERROR(EndSessionsWithoutStanding(call, ref, *person));
  return revoked;
}

}  // namespace renkei::domain
