// The questions that auditors ask often, answered from the log, and the record
// that somebody looked through it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/domain/call.h"
#include "storage/audit/questions.h"

namespace renkei::domain {

// Auditor and privacy officer; a facility administrator for the own facility,
// an own person or a hosted patient. Refused as a field when the interval holds
// more events than one answer may look at: no answer is ever partial.
// REQUIRES: audit::WhyUnanswerable(form) is empty.
absl::StatusOr<std::vector<audit::Finding>> GetAuditReport(
    ReadCall& call, const NetworkId& network, const audit::QuestionForm& form);

struct AuditReview {
  NetworkId network;
  FacilityId facility;
  absl::Time from;
  absl::Time until;
  std::string findings;
};

// Returns the number of the event that holds the review, as every proof about
// it needs. Auditor and privacy officer; an administrator of the facility.
absl::StatusOr<uint64_t> RecordAuditReview(WriteCall& call,
                                           const AuditReview& review);

}  // namespace renkei::domain
