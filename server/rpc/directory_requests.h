// The requests of DirectoryService, parsed and checked as far as that needs no
// data.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "renkei/v1/directory.pb.h"
#include "server/domain/affiliations.h"
#include "server/domain/facilities.h"
#include "server/domain/network.h"
#include "server/domain/people.h"
#include "server/domain/roles.h"

namespace renkei::rpc {

// All of them: INVALID_ARGUMENT for what can never work, and the one NOT_FOUND
// where a request of one network names something of another.

absl::StatusOr<domain::NetworkChange> Parse(
    const v1::UpdateNetworkRequest& request);

absl::StatusOr<domain::NewFacility> Parse(
    const v1::CreateFacilityRequest& request);
absl::StatusOr<domain::FacilityChange> Parse(
    const v1::UpdateFacilityRequest& request);

absl::StatusOr<domain::NewPerson> Parse(const v1::CreatePersonRequest& request);
absl::StatusOr<domain::PersonChange> Parse(
    const v1::UpdatePersonRequest& request);

absl::StatusOr<domain::NewAffiliation> Parse(
    const v1::CreateAffiliationRequest& request);
absl::StatusOr<domain::AffiliationChange> Parse(
    const v1::SuspendAffiliationRequest& request);
absl::StatusOr<domain::AffiliationChange> Parse(
    const v1::ResumeAffiliationRequest& request);
absl::StatusOr<domain::AffiliationChange> Parse(
    const v1::EndAffiliationRequest& request);

absl::StatusOr<domain::RoleProposal> Parse(const v1::GrantRoleRequest& request);
absl::StatusOr<domain::RoleGrantRef> Parse(
    const v1::ApproveRoleGrantRequest& request);
struct RoleRevocation {
  domain::RoleGrantRef grant;
  std::string reason;
};
absl::StatusOr<RoleRevocation> Parse(const v1::RevokeRoleRequest& request);

struct ResetRequest {
  storage::PersonKey person;
  std::string reason;
};
absl::StatusOr<ResetRequest> Parse(
    const v1::RequestCredentialResetRequest& request);
absl::StatusOr<storage::PersonKey> Parse(
    const v1::ApproveCredentialResetRequest& request);

// ---- lists ----

struct FacilitiesQuery {
  NetworkId network;
  size_t limit = 0;
};
absl::StatusOr<FacilitiesQuery> Parse(const v1::ListFacilitiesRequest& request);

struct PeopleQuery {
  domain::PeopleFilter filter;
  size_t limit = 0;
};
absl::StatusOr<PeopleQuery> Parse(const v1::ListPeopleRequest& request);

// ---- the `name` of a request that has nothing else ----

absl::StatusOr<storage::PersonKey> ParsePersonKey(absl::string_view field,
                                                  absl::string_view name);
absl::StatusOr<storage::FacilityKey> ParseFacilityKey(absl::string_view field,
                                                      absl::string_view name);

// ---- parts of requests ----

absl::StatusOr<NetworkId> ParseParent(absl::string_view parent);
// Of `network`.
absl::StatusOr<FacilityId> ParseFacility(absl::string_view field,
                                         absl::string_view text,
                                         const NetworkId& network);
absl::StatusOr<domain::HumanName> ParseHumanName(const std::string& field,
                                                 const v1::HumanName& from);

}  // namespace renkei::rpc
