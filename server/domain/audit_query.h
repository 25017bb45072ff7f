// Questions to the audit log. Asking is itself an event.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/domain/call.h"

namespace renkei::domain {

struct AuditEvent {
  storage::v1::AuditLeaf leaf;
  std::vector<std::pair<std::string, std::string>>
      details;  // empty when there are none, or none any more
};

// Every part that is set must match.
struct AuditFilter {
  std::optional<PersonId> actor;
  std::optional<PatientId> patient;
  std::optional<FacilityId> facility;  // the actor's or the hosting facility
  std::optional<GroupId> group;
  std::optional<uint32_t> type;
  absl::Time from = absl::InfinitePast();
  absl::Time until = absl::InfiniteFuture();
};

struct AuditQuery {
  NetworkId network;
  AuditFilter filter;
  bool oldest_first = false;
  std::optional<uint64_t>
      place;  // where the page before ended: AuditPage::next
  size_t limit = 0;
};

struct AuditPage {
  std::vector<AuditEvent> events;
  std::optional<uint64_t> next;  // nullopt at the end
};

// Auditor and privacy officer for any filter; a facility administrator for the
// own facility, an own person or a hosted patient.
absl::StatusOr<AuditPage> ListAuditEvents(ReadCall& call,
                                          const AuditQuery& query);
absl::StatusOr<AuditEvent> GetAuditEvent(ReadCall& call,
                                         const NetworkId& network,
                                         uint64_t index);

// Whose event it is, which decides who may read it: what is not there (an empty
// leaf) is nobody's.
Target TargetOf(const NetworkId& network, const storage::v1::AuditLeaf& leaf);

// The same without asking the policy, for what already did. A range scan over
// the narrowest index among the filters; the interval is found by binary
// search, since times never go back. A page may be short though there is more.
absl::StatusOr<AuditPage> ScanAudit(const storage::Snapshot& view,
                                    const AuditQuery& query);
// NotFound if there is no such event.
absl::StatusOr<AuditEvent> ReadAuditEvent(const storage::Snapshot& view,
                                          const NetworkId& network,
                                          uint64_t index);

}  // namespace renkei::domain
