#include "server/domain/audit_query.h"

#include <algorithm>

#include "server/domain/authorize.h"
#include "server/domain/refusal.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

using storage::AuditIndexKind;
using storage::SubjectId;

// How many rows of an index one page may look at: a rare combination of filters
// gives a short page and a token.
constexpr size_t kRowsMaxPerPage = 5000;

struct IndexChoice {
  AuditIndexKind kind;
  SubjectId subject;
};

// A patient's, a group's or a person's events are fewer than a facility's or a
// type's.
std::optional<IndexChoice> ChooseIndex(const AuditFilter& filter) {
  if (filter.patient) {
    return IndexChoice{AuditIndexKind::kPatient,
                       storage::SubjectOf(*filter.patient)};
  }
  if (filter.group) {
    return IndexChoice{AuditIndexKind::kGroup,
                       storage::SubjectOf(*filter.group)};
  }
  if (filter.actor) {
    return IndexChoice{AuditIndexKind::kActor,
                       storage::SubjectOf(*filter.actor)};
  }
  if (filter.facility) {
    return IndexChoice{AuditIndexKind::kFacility,
                       storage::SubjectOf(*filter.facility)};
  }
  if (filter.type) {
    std::string bytes(kIdBytes - sizeof(*filter.type), '\0');
    storage::AppendPart(*filter.type, bytes);
    return IndexChoice{AuditIndexKind::kType, *SubjectId::FromBytes(bytes)};
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

struct Candidates {
  std::optional<IndexChoice> choice;
  uint64_t from = 0;
  uint64_t until = 0;
  bool oldest_first = false;
};

// Calls `visit` with each index of `candidates` in order until it returns
// false.
template <typename Visit>
absl::Status VisitCandidates(const storage::Snapshot& view,
                             const NetworkId& network,
                             const Candidates& candidates, Visit visit) {
  if (candidates.from >= candidates.until) {
    return absl::OkStatus();
  }
  if (!candidates.choice) {
    const uint64_t count = candidates.until - candidates.from;
    for (uint64_t i = 0; i < count; ++i) {
      if (!visit(candidates.oldest_first ? candidates.from + i
                                         : candidates.until - 1 - i)) {
        break;
      }
    }
    return absl::OkStatus();
  }
  const auto kind = static_cast<uint8_t>(candidates.choice->kind);
  const SubjectId& subject = candidates.choice->subject;
  const storage::KeyRange range = storage::KeysBetween(
      storage::kAuditIndex,
      storage::AuditIndexKey{network, kind, subject, candidates.from},
      storage::AuditIndexKey{network, kind, subject, candidates.until});
  return view.Scan(storage::kAuditIndex, range,
                   candidates.oldest_first ? storage::Direction::kForward
                                           : storage::Direction::kBackward,
                   [&](const storage::AuditIndexKey& key,
                       const storage::v1::Mark&) { return visit(key.index); });
}

absl::StatusOr<Candidates> FindCandidates(const storage::Snapshot& view,
                                          const AuditQuery& query) {
  ASSIGN_OR_RETURN(const auto head,
                   view.Find(storage::kNetworkHeads, {query.network}));
  const uint64_t size = head ? head->audit_size() : 0;
  Candidates candidates;
  candidates.choice = ChooseIndex(query.filter);
  candidates.oldest_first = query.oldest_first;
  ASSIGN_OR_RETURN(candidates.from,
                   FirstAt(view, query.network, size, query.filter.from));
  ASSIGN_OR_RETURN(candidates.until,
                   FirstAt(view, query.network, size, query.filter.until));
  if (query.place && query.oldest_first) {
    candidates.from = std::max(candidates.from, *query.place);
  } else if (query.place) {
    candidates.until = std::min(candidates.until, *query.place);
  }
  return candidates;
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
  ASSIGN_OR_RETURN(const Candidates candidates, FindCandidates(view, query));
  AuditPage page;
  absl::Status read = absl::OkStatus();
  size_t looked_at = 0;
  RETURN_IF_ERROR(
      VisitCandidates(view, query.network, candidates, [&](uint64_t index) {
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
