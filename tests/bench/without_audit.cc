// In the place of server/domain/audit.cc, in a program that is built for the
// benchmark only: what the product would cost without its audit log.
#include "server/domain/audit.h"

namespace renkei::domain {

absl::Status AppendAudit(WriteCall&, const absl::Status&) {
  return absl::OkStatus();
}

absl::Status AppendAuditAs(WriteCall&, AuditType, const absl::Status&) {
  return absl::OkStatus();
}

void NoteSubject(AuditNote&, const AuditSubject&) {}

absl::Status CloseDenialWindows(WriteCall&, const NetworkId&) {
  return absl::OkStatus();
}

absl::Status CheckAuditSizes(const storage::Snapshot&,
                             const std::map<NetworkId, uint64_t>&) {
  return absl::OkStatus();
}

}  // namespace renkei::domain
