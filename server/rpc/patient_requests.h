// The requests of DirectoryService about patients, parsed and checked as far as
// that needs no data.
#pragma once

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "renkei/v1/directory.pb.h"
#include "server/domain/patients.h"

namespace renkei::rpc {

// All of them: INVALID_ARGUMENT for what can never work, and the one NOT_FOUND
// where a request of one network names something of another.

absl::StatusOr<domain::NewPatient> Parse(
    const v1::CreatePatientRequest& request);

struct PatientsQuery {
  domain::PatientSearch search;
  size_t limit = 0;
};
absl::StatusOr<PatientsQuery> Parse(const v1::SearchPatientsRequest& request);

absl::StatusOr<storage::PatientKey> ParsePatientKey(absl::string_view field,
                                                    absl::string_view name);

}  // namespace renkei::rpc
