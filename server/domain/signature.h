// What lists and messages say about a person beside the id.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/domain/call.h"

namespace renkei::domain {

// Name, and profession and facility of the affiliation, all of this moment.
// Empty where there is no such affiliation any more.
absl::StatusOr<storage::v1::Signature> SignatureOf(
    const ReadCall& call, const storage::v1::PersonRecord& person,
    absl::string_view affiliation);

}  // namespace renkei::domain
