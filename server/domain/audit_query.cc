#include <algorithm>
#include <array>
#include <map>

#include "absl/strings/str_cat.h"
#include "server/domain/audit.h"
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

// Indexes of candidates in [from, until), newest first, until `visit` says
// stop.
template <typename Visit>
absl::Status VisitCandidates(const storage::Snapshot& view,
                             const NetworkId& network,
                             const std::optional<IndexChoice>& choice,
                             uint64_t from, uint64_t until, Visit visit) {
  if (from >= until) {
    return absl::OkStatus();
  }
  if (!choice) {
    for (uint64_t index = until; index > from && visit(index - 1); --index) {
    }
    return absl::OkStatus();
  }
  const auto kind = static_cast<uint8_t>(choice->kind);
  const storage::KeyRange range = storage::KeysBetween(
      storage::kAuditIndex,
      storage::AuditIndexKey{network, kind, choice->subject, from},
      storage::AuditIndexKey{network, kind, choice->subject, until});
  return view.Scan(storage::kAuditIndex, range, storage::Direction::kBackward,
                   [&](const storage::AuditIndexKey& key,
                       const storage::v1::Mark&) { return visit(key.index); });
}

}  // namespace

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
                                    const NetworkId& network,
                                    const AuditFilter& filter,
                                    std::optional<uint64_t> below,
                                    size_t limit) {
  ASSIGN_OR_RETURN(const auto head,
                   view.Find(storage::kNetworkHeads, {network}));
  const uint64_t size = head ? head->audit_size() : 0;
  ASSIGN_OR_RETURN(const uint64_t from,
                   FirstAt(view, network, size, filter.from));
  ASSIGN_OR_RETURN(uint64_t until, FirstAt(view, network, size, filter.until));
  until = std::min(until, below.value_or(until));

  AuditPage page;
  absl::Status read = absl::OkStatus();
  size_t looked_at = 0;
  RETURN_IF_ERROR(VisitCandidates(
      view, network, ChooseIndex(filter), from, until, [&](uint64_t index) {
        if (page.events.size() == limit || looked_at == kRowsMaxPerPage) {
          page.next = index + 1;
          return false;
        }
        ++looked_at;
        absl::StatusOr<AuditEvent> event = ReadAuditEvent(view, network, index);
        read = event.status();
        if (read.ok() && Matches(filter, event->leaf)) {
          page.events.push_back(*std::move(event));
        }
        return read.ok();
      }));
  RETURN_IF_ERROR(read);
  return page;
}

}  // namespace renkei::domain
