// Exported events as FHIR R4 AuditEvents, in the profiles of IHE BALP where
// these fit. Proves nothing: verify first.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/audit/export_file.h"
#include "renkei/storage/v1/records.pb.h"

namespace renkei::audit {

// The event as one line of JSON, always the same for the same bytes and origin.
// Its id is the leaf's hash. InvalidArgument when its type is unknown or its
// details do not read.
absl::StatusOr<std::string> FhirAuditEvent(const ExportedEvent& event,
                                           const storage::v1::AuditLeaf& leaf,
                                           absl::string_view origin);

}  // namespace renkei::audit
