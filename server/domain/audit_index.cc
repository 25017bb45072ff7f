#include "server/domain/audit_index.h"

#include <algorithm>
#include <map>
#include <string>

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

using storage::AuditIndexKind;
using storage::SubjectId;
using storage::v1::AuditLeaf;

absl::StatusOr<storage::v1::NetworkHeadRecord> HeadOf(
    const storage::Snapshot& view, const NetworkId& network) {
  ASSIGN_OR_RETURN(auto head, view.Find(storage::kNetworkHeads, {network}));
  return head ? *std::move(head) : storage::v1::NetworkHeadRecord();
}

storage::AuditPostingsKey KeyOf(const NetworkId& network,
                                const IndexSubject& subject, uint64_t block) {
  return {network, static_cast<uint8_t>(subject.kind), subject.subject, block};
}

using Subjects = std::map<IndexSubject, storage::v1::AuditPostingsRecord>;

// What the index asks an event for: six of its 34 fields.
struct LeafSubjects {
  absl::string_view actor;
  absl::string_view patient;
  absl::string_view group;
  absl::string_view actor_facility;
  absl::string_view hosting_facility;
  uint32_t type = 0;

  absl::string_view* FindField(int number) {
    switch (number) {
      case AuditLeaf::kActorFieldNumber:
        return &actor;
      case AuditLeaf::kPatientFieldNumber:
        return &patient;
      case AuditLeaf::kGroupFieldNumber:
        return &group;
      case AuditLeaf::kActorFacilityFieldNumber:
        return &actor_facility;
      case AuditLeaf::kHostingFacilityFieldNumber:
        return &hosting_facility;
      default:
        return nullptr;
    }
  }
};

// Of a serialized AuditLeaf, which the result points into; nullopt if it is
// none.
std::optional<LeafSubjects> ReadSubjects(absl::string_view leaf) {
  using google::protobuf::internal::WireFormatLite;
  constexpr uint32_t kTypeTag = WireFormatLite::MakeTag(
      AuditLeaf::kTypeFieldNumber, WireFormatLite::WIRETYPE_VARINT);
  LeafSubjects subjects;
  google::protobuf::io::CodedInputStream in(
      reinterpret_cast<const uint8_t*>(leaf.data()),
      static_cast<int>(leaf.size()));
  uint32_t tag = 0;
  bool whole = true;
  while (whole && (tag = in.ReadTag()) != 0) {
    absl::string_view* const field =
        subjects.FindField(WireFormatLite::GetTagFieldNumber(tag));
    if (field != nullptr) {
      uint32_t length = 0;
      whole = WireFormatLite::GetTagWireType(tag) ==
                  WireFormatLite::WIRETYPE_LENGTH_DELIMITED &&
              in.ReadVarint32(&length);
      const auto begin = static_cast<size_t>(in.CurrentPosition());
      whole = whole && in.Skip(static_cast<int>(length));
      *field = whole ? leaf.substr(begin, length) : absl::string_view();
    } else if (tag == kTypeTag) {
      whole = in.ReadVarint32(&subjects.type);
    } else {
      whole = WireFormatLite::SkipField(&in, tag);
    }
  }
  return whole && in.ConsumedEntireMessage() ? std::optional(subjects)
                                             : std::nullopt;
}

void AddEvent(const LeafSubjects& leaf, uint32_t offset, Subjects& subjects) {
  const auto add = [&](const IndexSubject& subject) {
    storage::v1::AuditPostingsRecord& postings = subjects[subject];
    // The acting facility may be the hosting one.
    if (postings.offsets().empty() || *postings.offsets().rbegin() != offset) {
      postings.add_offsets(offset);
    }
  };
  const auto add_id = [&](AuditIndexKind kind, absl::string_view id) {
    if (const auto subject = SubjectId::FromBytes(id)) {
      add({kind, *subject});
    }
  };
  add_id(AuditIndexKind::kActor, leaf.actor);
  add_id(AuditIndexKind::kPatient, leaf.patient);
  add_id(AuditIndexKind::kGroup, leaf.group);
  add_id(AuditIndexKind::kFacility, leaf.actor_facility);
  add_id(AuditIndexKind::kFacility, leaf.hosting_facility);
  add(TypeSubject(leaf.type));
}

// Every number of [from, until); false when the visit has enough.
bool VisitAll(const EventRange& range,
              absl::FunctionRef<bool(uint64_t index)> visit) {
  for (uint64_t i = range.from; i < range.until; ++i) {
    if (!visit(range.oldest_first ? i : range.until - 1 - (i - range.from))) {
      return false;
    }
  }
  return true;
}

// The numbers of one row that are in the range; false as above.
bool VisitRow(uint64_t block, const storage::v1::AuditPostingsRecord& postings,
              const EventRange& range,
              absl::FunctionRef<bool(uint64_t index)> visit) {
  const auto visit_in_range = [&](uint32_t offset) {
    const uint64_t index = block * kIndexBlockEvents + offset;
    return index < range.from || index >= range.until || visit(index);
  };
  const auto& offsets = postings.offsets();
  return range.oldest_first
             ? std::all_of(offsets.begin(), offsets.end(), visit_in_range)
             : std::all_of(offsets.rbegin(), offsets.rend(), visit_in_range);
}

absl::StatusOr<bool> VisitBlocks(
    const storage::Snapshot& view, const NetworkId& network,
    const IndexSubject& subject, const EventRange& range,
    absl::FunctionRef<bool(uint64_t index)> visit) {
  bool more = true;
  if (range.from >= range.until) {
    return more;
  }
  RETURN_IF_ERROR(view.Scan(
      storage::kAuditPostings,
      storage::KeysBetween(
          storage::kAuditPostings,
          KeyOf(network, subject, range.from / kIndexBlockEvents),
          KeyOf(network, subject, (range.until - 1) / kIndexBlockEvents + 1)),
      range.oldest_first ? storage::Direction::kForward
                         : storage::Direction::kBackward,
      [&](const storage::AuditPostingsKey& key,
          const storage::v1::AuditPostingsRecord& postings) {
        more = VisitRow(key.block, postings, range, visit);
        return more;
      }));
  return more;
}

}  // namespace

IndexSubject TypeSubject(uint32_t type) {
  std::string bytes(kIdBytes - sizeof(type), '\0');
  storage::AppendPart(type, bytes);
  return {AuditIndexKind::kType, *SubjectId::FromBytes(bytes)};
}

absl::Status VisitEventsAbout(const storage::Snapshot& view,
                              const NetworkId& network,
                              const std::optional<IndexSubject>& subject,
                              const EventRange& range,
                              absl::FunctionRef<bool(uint64_t index)> visit) {
  if (!subject) {
    VisitAll(range, visit);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const auto head, HeadOf(view, network));
  const uint64_t indexed = head.audit_index_blocks() * kIndexBlockEvents;
  EventRange in_blocks = range;
  in_blocks.until = std::min(range.until, indexed);
  EventRange behind = range;
  behind.from = std::max(range.from, indexed);
  if (!range.oldest_first && !VisitAll(behind, visit)) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const bool more,
                   VisitBlocks(view, network, *subject, in_blocks, visit));
  if (range.oldest_first && more) {
    VisitAll(behind, visit);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<NextIndexBlock>> ReadNextIndexBlock(
    const storage::Snapshot& view, const NetworkId& network) {
  ASSIGN_OR_RETURN(const auto head, HeadOf(view, network));
  NextIndexBlock block;
  block.number = head.audit_index_blocks();
  const uint64_t first = block.number * kIndexBlockEvents;
  if (head.audit_size() < first + kIndexBlockEvents) {
    return std::optional<NextIndexBlock>();
  }
  Subjects subjects;
  bool parses = true;
  RETURN_IF_ERROR(view.Scan(
      storage::kAudit,
      storage::KeysBetween(
          storage::kAudit, storage::AuditKey{network, first},
          storage::AuditKey{network, first + kIndexBlockEvents}),
      storage::Direction::kForward,
      [&](const storage::AuditKey& key,
          const storage::v1::AuditRecord& record) {
        const std::optional<LeafSubjects> leaf = ReadSubjects(record.leaf());
        parses = leaf.has_value();
        if (parses) {
          AddEvent(*leaf, static_cast<uint32_t>(key.index - first), subjects);
        }
        return parses;
      }));
  if (!parses) {
    return absl::DataLossError("audit leaf");
  }
  block.rows.assign(subjects.begin(), subjects.end());
  return std::optional<NextIndexBlock>(std::move(block));
}

absl::Status PutIndexRow(storage::Transaction& tx, const NetworkId& network,
                         uint64_t block, const IndexBlock::value_type& row) {
  return tx.Put(storage::kAuditPostings, KeyOf(network, row.first, block),
                row.second);
}

absl::Status CloseIndexBlock(storage::Transaction& tx, const NetworkId& network,
                             uint64_t block) {
  ASSIGN_OR_RETURN(auto head, HeadOf(tx, network));
  if (head.audit_index_blocks() != block) {
    return absl::AbortedError("the block was closed already");
  }
  head.set_audit_index_blocks(block + 1);
  return tx.Put(storage::kNetworkHeads, {network}, std::move(head));
}

}  // namespace renkei::domain
