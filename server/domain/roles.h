// Roles: proposed by one, approved by another, taken away at once.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "server/domain/call.h"

namespace renkei::domain {

struct RoleProposal {
  NetworkId network;
  PersonId person;
  storage::v1::Role role = storage::v1::ROLE_UNSPECIFIED;
  FacilityId facility;  // of ROLE_FACILITY_ADMINISTRATOR; zero otherwise
};

// Waits for ApproveRoleGrant by somebody else. The one exception is in force at
// once: the only network office person's first appointment of a second one,
// without whom nobody could approve anything. ROLE_GRANT_EXISTS,
// AFFILIATION_MISSING, LIMIT_REACHED.
absl::StatusOr<storage::v1::RoleGrant> GrantRole(WriteCall& call,
                                                 const RoleProposal& proposal);

struct RoleGrantRef {
  NetworkId network;
  PersonId person;
  RoleGrantId grant;
};

// SECOND_PERSON_NEEDED for who proposed it and whom it is for; STATE_WRONG if
// it is in force or too old.
absl::StatusOr<storage::v1::RoleGrant> ApproveRoleGrant(
    WriteCall& call, const RoleGrantRef& ref);

// Returns what was taken away, proposed or in force. Without any affiliation or
// role left, the person's sessions end. LAST_ONE for the only network office.
absl::StatusOr<storage::v1::RoleGrant> RevokeRole(WriteCall& call,
                                                  const RoleGrantRef& ref,
                                                  const std::string& reason);

}  // namespace renkei::domain
