#include "server/domain/read_floor.h"

#include <optional>
#include <utility>

#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

using storage::v1::MessageRecord;
using storage::v1::PersonGroupRecord;

// One call walks so far in the commit turn; the next call goes on.
constexpr size_t kStepsMax = 256;
// With more acknowledgements missing the floor stays where it is.
constexpr size_t kAskedMax = 256;

absl::StatusOr<SharedMessage> Look(const WriteCall& call, const Sight& sight,
                                   const KnownMessages& known,
                                   uint64_t sequence) {
  if (const auto found = known.find(sequence); found != known.end()) {
    return found->second;
  }
  return call.tx.FindShared(storage::kMessages,
                            {sight.network, sight.group, sequence});
}

absl::Status DropAnswered(ReceiptReader& receipts, ReadFloor& floor) {
  std::vector<uint64_t> missing;
  for (const uint64_t sequence : floor.asked) {
    ASSIGN_OR_RETURN(const ReceiptFacts facts, receipts.Find(sequence));
    if (facts.acknowledged_at_micros == 0) {
      missing.push_back(sequence);
    }
  }
  floor.asked = std::move(missing);
  return absl::OkStatus();
}

absl::Status Walk(const WriteCall& call, const Sight& sight,
                  const KnownMessages& known, ReceiptReader& receipts,
                  ReadFloor& floor) {
  for (size_t step = 0; step < kStepsMax && floor.asked.size() < kAskedMax;
       ++step) {
    const uint64_t sequence = floor.read_through + 1;
    ASSIGN_OR_RETURN(const auto message, Look(call, sight, known, sequence));
    if (!message) {
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const ReceiptFacts facts, receipts.Find(sequence));
    const Attention attention = AttentionTo(sight, sequence, *message, facts);
    if (attention == Attention::kUnread ||
        attention == Attention::kUnreadAsked) {
      return absl::OkStatus();
    }
    if (attention == Attention::kAsked) {
      floor.asked.push_back(sequence);
    }
    floor.read_through = sequence;
  }
  return absl::OkStatus();
}

PersonGroupRecord Keep(const ReadFloor& floor, const Sight& sight,
                       PersonGroupRecord kept) {
  kept.set_read_through(floor.read_through);
  kept.mutable_asked()->Assign(floor.asked.begin(), floor.asked.end());
  kept.set_member_since_micros(sight.membership->begin_at_micros());
  return kept;
}

}  // namespace

Attention AttentionTo(const Sight& sight, uint64_t sequence,
                      const MessageRecord& message, const ReceiptFacts& facts) {
  const bool of_latest = facts.revision >= message.revision();
  if (!sight.Sees(sequence, message) || sight.Wrote(message) ||
      (of_latest && facts.acknowledged_at_micros != 0)) {
    return Attention::kNone;
  }
  const bool asked = sight.IsAsked(message);
  if (of_latest && facts.displayed_at_micros != 0) {
    return asked ? Attention::kAsked : Attention::kNone;
  }
  return asked ? Attention::kUnreadAsked : Attention::kUnread;
}

ReadFloor FloorOf(const Sight& sight, const PersonGroupRecord& kept) {
  // Another membership may show older messages and mean another profession.
  if (kept.member_since_micros() != sight.membership->begin_at_micros()) {
    return {sight.first_visible() - 1, {}};
  }
  return {kept.read_through(), {kept.asked().begin(), kept.asked().end()}};
}

absl::Status RaiseFloor(WriteCall& call, const Sight& sight,
                        const KnownMessages& known) {
  const storage::PersonGroupKey key{sight.network, sight.person, sight.group};
  ASSIGN_OR_RETURN(auto kept, call.tx.Find(storage::kPersonGroups, key));
  if (!kept) {
    return absl::OkStatus();
  }
  const ReadFloor before = FloorOf(sight, *kept);
  ReadFloor floor = before;
  ReceiptReader receipts(call.tx, sight.network, sight.group, sight.person);
  RETURN_IF_ERROR(DropAnswered(receipts, floor));
  RETURN_IF_ERROR(Walk(call, sight, known, receipts, floor));
  if (floor.read_through == before.read_through &&
      floor.asked.size() == before.asked.size()) {
    return absl::OkStatus();
  }
  return call.tx.Put(storage::kPersonGroups, key,
                     Keep(floor, sight, *std::move(kept)));
}

}  // namespace renkei::domain
