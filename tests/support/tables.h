// Every table of the schema, with its types.
#pragma once

#include <tuple>

#include "storage/schema.h"

namespace renkei::testing {

// Calls `visit` with every table. A test of the schema sees that none is
// missing.
template <typename Visit>
void VisitTables(Visit visit) {
  using namespace storage;  // NOLINT(google-build-using-namespace): a list of
                            // its names
  std::apply(
      [&](const auto&... table) { (visit(table), ...); },
      std::tie(kNetworks, kNetworkHeads, kFacilities, kFacilityNumbers, kPeople,
               kCredentials, kFacilityPeople, kLogins, kTokens, kSessions,
               kPersonSessions, kPatients, kInsuredNumbers, kPatientNames,
               kGroups, kGroupHeads, kConsents, kMemberships, kPersonGroups,
               kInvitations, kPersonInvitations, kMessages, kThreads,
               kThreadMessages, kReceipts, kEvents, kDeviceSyncs, kRequests,
               kAudit, kAuditDetails, kAuditIndex, kAuditPostings, kAuditTrees,
               kAuditTiles, kCheckpoints, kDenials));
}

}  // namespace renkei::testing
