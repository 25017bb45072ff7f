#include "server/domain/standing.h"

#include <algorithm>

namespace renkei::domain {
namespace {

using storage::v1::Affiliation;
using storage::v1::MembershipRecord;
using storage::v1::PersonRecord;
using storage::v1::RoleGrant;

bool Within(int64_t begin_micros, int64_t end_micros, absl::Time now) {
  const int64_t at = absl::ToUnixMicros(now);
  return begin_micros <= at && (end_micros == 0 || at < end_micros);
}

}  // namespace

bool InForce(const Affiliation& affiliation, absl::Time now) {
  return affiliation.state() == storage::v1::AFFILIATION_STATE_ACTIVE &&
         Within(affiliation.begin_at_micros(), affiliation.end_at_micros(),
                now);
}

bool InForce(const RoleGrant& grant) { return grant.approved_at_micros() != 0; }

const Affiliation* FindAffiliation(const PersonRecord& person,
                                   absl::string_view affiliation) {
  for (const Affiliation& candidate : person.affiliations()) {
    if (candidate.affiliation() == affiliation) {
      return &candidate;
    }
  }
  return nullptr;
}

const Affiliation* FirstInForce(const PersonRecord& person, absl::Time now) {
  for (const Affiliation& affiliation : person.affiliations()) {
    if (InForce(affiliation, now)) {
      return &affiliation;
    }
  }
  return nullptr;
}

bool InGoodStanding(const PersonRecord& person, absl::Time now) {
  const bool network_role = std::any_of(
      person.roles().begin(), person.roles().end(), [](const RoleGrant& grant) {
        return grant.role() != storage::v1::ROLE_FACILITY_ADMINISTRATOR &&
               InForce(grant);
      });
  return !person.locked() &&
         (network_role || FirstInForce(person, now) != nullptr);
}

bool HasRole(const PersonRecord& person, storage::v1::Role role) {
  return std::any_of(person.roles().begin(), person.roles().end(),
                     [role](const RoleGrant& grant) {
                       return grant.role() == role && InForce(grant);
                     });
}

bool Administers(const PersonRecord& person, absl::string_view facility,
                 absl::Time now) {
  const bool granted = std::any_of(
      person.roles().begin(), person.roles().end(),
      [facility](const RoleGrant& grant) {
        return grant.role() == storage::v1::ROLE_FACILITY_ADMINISTRATOR &&
               grant.facility() == facility && InForce(grant);
      });
  return granted &&
         std::any_of(person.affiliations().begin(), person.affiliations().end(),
                     [facility, now](const Affiliation& affiliation) {
                       return affiliation.facility() == facility &&
                              InForce(affiliation, now);
                     });
}

bool InForce(const MembershipRecord& membership, const PersonRecord& person,
             absl::Time now) {
  if (membership.state() != storage::v1::MEMBERSHIP_STATE_ACTIVE ||
      !Within(membership.begin_at_micros(), membership.end_at_micros(), now)) {
    return false;
  }
  const Affiliation* affiliation =
      FindAffiliation(person, membership.affiliation());
  return affiliation != nullptr && InForce(*affiliation, now);
}

bool InLane(const MembershipRecord& membership, storage::v1::Lane lane) {
  switch (lane) {
    case storage::v1::LANE_PROFESSIONAL:
      return membership.professional_lane();
    case storage::v1::LANE_PATIENT:
      return membership.patient_lane();
    default:
      return membership.professional_lane() || membership.patient_lane();
  }
}

}  // namespace renkei::domain
