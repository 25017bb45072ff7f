// Who may create the group of a patient: the network's by-law (運用規則).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "server/domain/call.h"

namespace renkei::domain {

// Which insurance the care at home goes by, as the creator states.
enum class Insurance : uint8_t { kNotStated, kMedical, kCare };

struct NewGroup {
  NetworkId network;
  PatientId patient;
  FacilityId hosting_facility;
  std::string title;  // empty: the patient's name
  std::optional<storage::v1::CreationPermission> permission;
  Insurance insurance = Insurance::kNotStated;
  std::optional<AffiliationId> affiliation;  // of the caller
};

// Authorizes kCreateGroup for the caller; returns the affiliation by which the
// caller becomes the first member. BY_LAW_FORBIDS; PERMISSION_NEEDED where the
// attending physician's permission is all that lacks; AFFILIATION_MISSING.
absl::StatusOr<storage::v1::Affiliation> AuthorizeNewGroup(
    ReadCall& call, const NewGroup& form);

}  // namespace renkei::domain
