#include "server/domain/audit_query.h"

#include <algorithm>

#include "server/domain/audit_index.h"
#include "server/domain/authorize.h"
#include "server/domain/refusal.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

using storage::AuditIndexKind;

// How many rows of an index one page may look at: a rare combination of filters
// gives a short page and a token.
constexpr size_t kRowsMaxPerPage = 5000;

// A patient's, a group's or a person's events are fewer than a facility's or a
// type's.
std::optional<IndexSubject> ChooseIndex(const AuditFilter& filter) {
  if (filter.patient) {
    return IndexSubject{AuditIndexKind::kPatient,
                        storage::SubjectOf(*filter.patient)};
  }
  if (filter.group) {
    return IndexSubject{AuditIndexKind::kGroup,
                        storage::SubjectOf(*filter.group)};
  }
  if (filter.actor) {
    return IndexSubject{AuditIndexKind::kActor,
                        storage::SubjectOf(*filter.actor)};
  }
  if (filter.facility) {
    return IndexSubject{AuditIndexKind::kFacility,
                        storage::SubjectOf(*filter.facility)};
  }
  if (filter.type) {
    return TypeSubject(*filter.type);
  }
  return std::nullopt;
}

template <typename OptionalId>
bool Same(const OptionalId& wanted, const std::string& found) {
  return !wanted || wanted->bytes() == found;
}

bool Matches(const AuditFilter& filter, const storage::v1::AuditLeaf& leaf) {
  return Same(filter.actor, leaf.actor()) &&
         Same(filter.patient, leaf.patient()) &&
         Same(filter.group, leaf.group()) &&
         (Same(filter.facility, leaf.actor_facility()) ||
          Same(filter.facility, leaf.hosting_facility())) &&
         (!filter.type || *filter.type == leaf.type());
}

// The first index at or after `time`, in [0, size].
absl::StatusOr<uint64_t> FirstAt(const storage::Snapshot& view,
                                 const NetworkId& network, uint64_t size,
                                 absl::Time time) {
  uint64_t low = 0;
  uint64_t high = size;
  while (low < high) {
    const uint64_t middle = low + (high - low) / 2;
    ASSIGN_OR_RETURN(const AuditEvent event,
                     ReadAuditEvent(view, network, middle));
    if (absl::FromUnixMicros(event.leaf.time_micros()) < time) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// The numbers that the page may come from.
absl::StatusOr<EventRange> RangeOf(const storage::Snapshot& view,
                                   const AuditQuery& query) {
  ASSIGN_OR_RETURN(const auto head,
                   view.Find(storage::kNetworkHeads, {query.network}));
  const uint64_t size = head ? head->audit_size() : 0;
  EventRange range;
  range.oldest_first = query.oldest_first;
  ASSIGN_OR_RETURN(range.from,
                   FirstAt(view, query.network, size, query.filter.from));
  ASSIGN_OR_RETURN(range.until,
                   FirstAt(view, query.network, size, query.filter.until));
  if (query.place && query.oldest_first) {
    range.from = std::max(range.from, *query.place);
  } else if (query.place) {
    range.until = std::min(range.until, *query.place);
  }
  return range;
}

}  // namespace

Target TargetOf(const NetworkId& network, const storage::v1::AuditLeaf& leaf) {
  Target target;
  target.network = network;
  target.person = PersonId::FromBytes(leaf.actor()).value_or(PersonId());
  target.facility =
      FacilityId::FromBytes(leaf.actor_facility()).value_or(FacilityId());
  target.patient = PatientId::FromBytes(leaf.patient()).value_or(PatientId());
  return target;
}

absl::StatusOr<AuditEvent> ReadAuditEvent(const storage::Snapshot& view,
                                          const NetworkId& network,
                                          uint64_t index) {
  ASSIGN_OR_RETURN(const storage::v1::AuditRecord record,
                   view.Get(storage::kAudit, {network, index}));
  AuditEvent event;
  if (!event.leaf.ParseFromString(record.leaf())) {
    return absl::DataLossError("audit leaf");
  }
  if (event.leaf.details_commitment().empty()) {
    return event;
  }
  // Details may have been erased; the commitment in the leaf still proves what
  // they were.
  ASSIGN_OR_RETURN(const auto kept,
                   view.Find(storage::kAuditDetails, {network, index}));
  storage::v1::AuditDetails details;
  if (kept && !details.ParseFromString(kept->details())) {
    return absl::DataLossError("audit details");
  }
  event.details.assign(details.values().begin(), details.values().end());
  std::sort(event.details.begin(), event.details.end());
  return event;
}

absl::StatusOr<AuditPage> ScanAudit(const storage::Snapshot& view,
                                    const AuditQuery& query) {
  ASSIGN_OR_RETURN(const EventRange range, RangeOf(view, query));
  AuditPage page;
  absl::Status read = absl::OkStatus();
  size_t looked_at = 0;
  RETURN_IF_ERROR(VisitEventsAbout(
      view, query.network, ChooseIndex(query.filter), range,
      [&](uint64_t index) {
        if (page.events.size() == query.limit || looked_at == kRowsMaxPerPage) {
          page.next = query.oldest_first ? index : index + 1;
          return false;
        }
        ++looked_at;
        absl::StatusOr<AuditEvent> event =
            ReadAuditEvent(view, query.network, index);
        read = event.status();
        if (read.ok() && Matches(query.filter, event->leaf)) {
          page.events.push_back(*std::move(event));
        }
        return read.ok();
      }));
  RETURN_IF_ERROR(read);
  return page;
}

absl::StatusOr<AuditPage> ListAuditEvents(ReadCall& call,
                                          const AuditQuery& query) {
  Target target;
  target.network = query.network;
  target.person = query.filter.actor.value_or(PersonId());
  target.patient = query.filter.patient.value_or(PatientId());
  target.facility = query.filter.facility.value_or(FacilityId());
  RETURN_IF_ERROR(Authorize(call, Action::kListAuditEvents, target));
  return ScanAudit(call.view, query);
}

absl::StatusOr<AuditEvent> GetAuditEvent(ReadCall& call,
                                         const NetworkId& network,
                                         uint64_t index) {
  absl::StatusOr<AuditEvent> event = absl::NotFoundError("audit event");
  if (network == CallerOf(call).network) {
    event = ReadAuditEvent(call.view, network, index);
  }
  RETURN_IF_ERROR(Authorize(
      call, Action::kGetAuditEvent,
      TargetOf(network, event.ok() ? event->leaf : storage::v1::AuditLeaf())));
  if (absl::IsNotFound(event.status())) {
    return RefuseUnknown();
  }
  return event;
}

}  // namespace renkei::domain
