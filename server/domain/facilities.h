// Facilities (施設・事業所): who is a body of the network.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "server/domain/call.h"
#include "server/domain/directory_entries.h"

namespace renkei::domain {

struct Facility {
  FacilityId id;
  storage::v1::FacilityRecord record;
};

struct NewFacility {
  NetworkId network;
  std::string display_name;
  std::string kind;    // code
  std::string number;  // 10 digits, or empty
  std::string telephone;
};

struct FacilityChange {
  NetworkId network;
  FacilityId facility;
  std::optional<std::string> display_name;
  std::optional<std::string> telephone;
  std::optional<std::string> kind;    // network office only
  std::optional<std::string> number;  // network office only
  std::string etag;                   // empty: not checked
};

// FACILITY_EXISTS if the number is taken.
absl::StatusOr<Facility> CreateFacility(WriteCall& call,
                                        const NewFacility& facility);

absl::StatusOr<Facility> GetFacility(ReadCall& call, const NetworkId& network,
                                     const FacilityId& facility);

// In the order of registration, from the one after `after`.
absl::StatusOr<Page<Facility>> ListFacilities(
    ReadCall& call, const NetworkId& network,
    const std::optional<FacilityId>& after, size_t limit);

// ETAG_MISMATCH; FACILITY_EXISTS.
absl::StatusOr<Facility> UpdateFacility(WriteCall& call,
                                        const FacilityChange& change);

}  // namespace renkei::domain
