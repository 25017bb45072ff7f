// What a person record says of rights at a moment.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "renkei/storage/v1/records.pb.h"
#include "storage/base/id.h"

namespace renkei::domain {

// Active, begun and not ended at `now`.
bool InForce(const storage::v1::Affiliation& affiliation, absl::Time now);
// Approved at all.
bool InForce(const storage::v1::RoleGrant& grant);

// nullptr when the person has no such affiliation, in force or not.
const storage::v1::Affiliation* FindAffiliation(
    const storage::v1::PersonRecord& person, absl::string_view affiliation);

// The first affiliation in force, nullptr if there is none.
const storage::v1::Affiliation* FirstInForce(
    const storage::v1::PersonRecord& person, absl::Time now);

// May use the service at all: not locked, and an affiliation in force or a
// network role.
bool InGoodStanding(const storage::v1::PersonRecord& person, absl::Time now);

bool HasRole(const storage::v1::PersonRecord& person, storage::v1::Role role);
// Has the role for this facility, and an affiliation in force there.
bool Administers(const storage::v1::PersonRecord& person,
                 absl::string_view facility, absl::Time now);

// An active membership at `now` through an affiliation in force.
bool InForce(const storage::v1::MembershipRecord& membership,
             const storage::v1::PersonRecord& person, absl::Time now);
bool InLane(const storage::v1::MembershipRecord& membership,
            storage::v1::Lane lane);

}  // namespace renkei::domain
