// Affiliations (所属): a person's belonging to a facility in a profession. What
// ends when somebody leaves; the person and the authorship stay.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "server/domain/call.h"

namespace renkei::domain {

struct AffiliationView {
  PersonId person;
  storage::v1::Affiliation affiliation;
  std::string facility_name;
};

struct NewAffiliation {
  NetworkId network;
  PersonId person;
  FacilityId facility;
  std::string profession;
};

// AFFILIATION_EXISTS, LIMIT_REACHED.
absl::StatusOr<AffiliationView> CreateAffiliation(
    WriteCall& call, const NewAffiliation& affiliation);

struct AffiliationChange {
  NetworkId network;
  PersonId person;
  AffiliationId affiliation;
  std::string reason;  // may be empty
  std::string etag;    // empty: not checked
};

// All three: STATE_WRONG, ETAG_MISMATCH. The memberships by the affiliation
// rest, come back or end with it, and their groups are told. Without another
// affiliation in force the person's sessions end.
absl::StatusOr<AffiliationView> SuspendAffiliation(
    WriteCall& call, const AffiliationChange& change);
absl::StatusOr<AffiliationView> ResumeAffiliation(
    WriteCall& call, const AffiliationChange& change);
// For good, with the person's roles in that facility.
absl::StatusOr<AffiliationView> EndAffiliation(WriteCall& call,
                                               const AffiliationChange& change);

}  // namespace renkei::domain
