// Records of people and patient groups, written directly, without asking the
// policy: what a load then finds.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "storage/base/hash32.h"
#include "storage/base/id.h"
#include "storage/store.h"

namespace renkei::bench {

// Somebody signed in.
struct Member {
  PersonId person;
  AffiliationId affiliation;
  FacilityId facility;
  SessionId session;
  Hash32 token;  // SHA-256 of the access token
};

struct NewTeam {
  GroupId group;
  PatientId patient;
  FacilityId hosting;
  absl::Span<const Member> members;
};

// Each makes or replaces what it names.
absl::StatusOr<std::vector<FacilityId>> PutFacilities(storage::Transaction& tx,
                                                      const NetworkId& network);
// A nurse.
absl::Status PutPerson(storage::Transaction& tx, const NetworkId& network,
                       const Member& member);
// Session and token, good for as long as a session can be.
absl::Status PutSession(storage::Transaction& tx, const NetworkId& network,
                        const Member& member);
// An open group about a patient, with everybody in the professional lane.
// REQUIRES: the group has a key.
absl::Status PutTeam(storage::Transaction& tx, const NetworkId& network,
                     const NewTeam& team);

}  // namespace renkei::bench
