// Which exported events were asked for, and reading them one after another.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "client/audit/export_file.h"
#include "client/audit/options.h"
#include "renkei/storage/v1/records.pb.h"
#include "storage/audit/questions.h"

namespace renkei::audit {

// Options that name a filter, without dashes: --patient ID and so on.
absl::Span<const absl::string_view> FilterNames();

struct EventFilter {
  QuestionForm ids;  // its question is not asked
  std::optional<uint32_t> type;

  bool Matches(const storage::v1::AuditLeaf& leaf) const;
};

absl::StatusOr<EventFilter> ParseFilter(const Options& options);

// InvalidArgument when no EXPORT was named.
absl::Status NeedFiles(const Options& options);

// Reads an exported file: its head first, then every event. InvalidArgument
// names the file, and the line that does not read.
absl::Status VisitEvents(
    const std::string& file,
    absl::FunctionRef<absl::Status(const ExportHead&)> visit_head,
    absl::FunctionRef<absl::Status(const ExportedEvent&,
                                   const storage::v1::AuditLeaf&)>
        visit_event);

}  // namespace renkei::audit
