#include "server/domain/by_law.h"

#include "server/domain/authorize.h"
#include "server/domain/memberships.h"
#include "server/domain/policy.h"
#include "server/domain/refusal.h"
#include "server/domain/standing.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

absl::Status Forbid(const storage::v1::NetworkRecord& network,
                    CreatorFacts facts) {
  facts.permission_recorded = true;
  if (MayCreateGroup(facts)) {
    return Refuse(absl::StatusCode::kPermissionDenied,
                  Reason::kPermissionNeeded,
                  "the by-law asks for the attending physician's permission",
                  {{"by_law_version", network.by_law_version()}});
  }
  return Refuse(
      absl::StatusCode::kPermissionDenied, Reason::kByLawForbids,
      "the by-law does not let the caller create this group",
      {{"by_law_version", network.by_law_version()},
       {"rule", storage::v1::ByLawVariant_Name(network.by_law_variant())}});
}

}  // namespace

absl::StatusOr<storage::v1::Affiliation> AuthorizeNewGroup(
    ReadCall& call, const NewGroup& form) {
  const Caller& caller = CallerOf(call);
  ASSIGN_OR_RETURN(const auto network,
                   call.view.Get(storage::kNetworks, {caller.network}));
  ASSIGN_OR_RETURN(
      const auto person,
      call.view.Get(storage::kPeople, {caller.network, caller.person}));
  absl::StatusOr<storage::v1::Affiliation> affiliation =
      ChooseAffiliation(call, caller.person, person, form.affiliation);
  CreatorFacts facts;
  facts.by_law = network.by_law_variant();
  if (affiliation.ok()) {
    facts.profession = affiliation->profession();
    // A physician who creates a group is its attending physician.
    facts.is_named_attending = facts.profession == "physician";
    facts.permission_recorded = form.permission.has_value();
    facts.care_insurance_applies = form.insurance == Insurance::kCare;
    facts.medical_insurance_applies = form.insurance == Insurance::kMedical;
    facts.administers_host =
        Administers(person, form.hosting_facility.bytes(), call.now);
  }
  const absl::Status allowed = Authorize(
      call, Action::kCreateGroup,
      {.network = form.network, .by_law_allows = MayCreateGroup(facts)});
  if (ReasonOf(allowed) == Reason::kNotPermitted) {
    return affiliation.ok() ? Forbid(network, facts) : affiliation.status();
  }
  RETURN_IF_ERROR(allowed);
  return affiliation;
}

}  // namespace renkei::domain
