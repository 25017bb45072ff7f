#include "client/audit/event_filter.h"

#include "absl/strings/str_cat.h"
#include "client/audit/files.h"
#include "storage/base/status_macros.h"

namespace renkei::audit {
namespace {

using storage::v1::AuditLeaf;

constexpr absl::string_view kFilters[] = {
    "patient", "person", "session", "facility", "type", "since", "until"};

bool Is(const std::string& wanted, const std::string& found) {
  return wanted.empty() || wanted == found;
}

}  // namespace

absl::Span<const absl::string_view> FilterNames() { return kFilters; }

bool EventFilter::Matches(const AuditLeaf& leaf) const {
  return Is(ids.patient, leaf.patient()) && Is(ids.actor, leaf.actor()) &&
         Is(ids.session, leaf.session()) &&
         (Is(ids.facility, leaf.actor_facility()) ||
          Is(ids.facility, leaf.hosting_facility())) &&
         (!type || *type == leaf.type()) &&
         leaf.time_micros() >= ids.from_micros &&
         leaf.time_micros() < ids.until_micros;
}

absl::StatusOr<EventFilter> ParseFilter(const Options& options) {
  EventFilter filter;
  ASSIGN_OR_RETURN(filter.ids.patient, ParseId(options.Get("patient")));
  ASSIGN_OR_RETURN(filter.ids.actor, ParseId(options.Get("person")));
  ASSIGN_OR_RETURN(filter.ids.session, ParseId(options.Get("session")));
  ASSIGN_OR_RETURN(filter.ids.facility, ParseId(options.Get("facility")));
  if (options.Has("since")) {
    ASSIGN_OR_RETURN(filter.ids.from_micros,
                     ParseTimeMicros(options.Get("since")));
  }
  if (options.Has("until")) {
    ASSIGN_OR_RETURN(filter.ids.until_micros,
                     ParseTimeMicros(options.Get("until")));
  }
  if (options.Has("type")) {
    ASSIGN_OR_RETURN(filter.type, ParseType(options.Get("type")));
  }
  return filter;
}

absl::Status NeedFiles(const Options& options) {
  return options.files.empty() ? absl::InvalidArgumentError("needs an EXPORT")
                               : absl::OkStatus();
}

absl::Status VisitEvents(
    const std::string& file,
    absl::FunctionRef<absl::Status(const ExportHead&)> visit_head,
    absl::FunctionRef<absl::Status(const ExportedEvent&, const AuditLeaf&)>
        visit_event) {
  ASSIGN_OR_RETURN(const std::string bytes, ReadFile(file));
  AuditLeaf leaf;
  const absl::Status read = ReadExport(
      bytes, visit_head, [&](const ExportedEvent& event) -> absl::Status {
        const absl::Status visited =
            leaf.ParseFromString(event.leaf)
                ? visit_event(event, leaf)
                : absl::InvalidArgumentError("its bytes are no event");
        return visited.ok()
                   ? visited
                   : absl::InvalidArgumentError(absl::StrCat(
                         "line ", event.line, ": ", visited.message()));
      });
  return read.ok() ? read
                   : absl::InvalidArgumentError(
                         absl::StrCat(file, ": ", read.message()));
}

}  // namespace renkei::audit
