#include "server/domain/door_checks.h"

#include "absl/strings/match.h"
#include "server/domain/audit.h"
#include "server/domain/refusal.h"

namespace renkei::domain {

bool WritesEvent(const Request& request) {
  return request.event_type != static_cast<uint32_t>(AuditType::kNone);
}

absl::Status LateOrOk(const Request& request, absl::Time now) {
  return now < request.deadline ? absl::OkStatus()
                                : Refuse(absl::StatusCode::kDeadlineExceeded,
                                         Reason::kDeadlineTooShort,
                                         "the deadline passed before the call "
                                         "was begun; nothing was done");
}

absl::Status AskedFirst(const ReadCall& call, const Request& request) {
  const bool asked = !call.authorizations.empty() &&
                     call.authorizations.front().action == request.action &&
                     call.authorizations.front().decision.allowed;
  return asked ? absl::OkStatus()
               : absl::InternalError(
                     "the operation did not ask for its own action");
}

absl::Status FromStore(const absl::Status& status) {
  if (ReasonOf(status) != Reason::kUnspecified) {
    return status;
  }
  if (absl::IsResourceExhausted(status)) {
    const bool disk = absl::StrContains(status.message(), "disk");
    return Refuse(status.code(), disk ? Reason::kDiskLow : Reason::kQueueFull,
                  status.message());
  }
  if (absl::IsUnavailable(status)) {
    return Refuse(status.code(), Reason::kStoreFenced, status.message());
  }
  return status;
}

}  // namespace renkei::domain
