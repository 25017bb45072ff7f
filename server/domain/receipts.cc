#include "server/domain/receipts.h"

#include <algorithm>
#include <utility>

#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

using storage::kReceiptBlockMessages;
using storage::v1::ReceiptBlockRecord;
using Times = google::protobuf::RepeatedField<uint64_t>;

int SlotOf(uint64_t sequence) {
  return static_cast<int>(sequence % kReceiptBlockMessages);
}

int64_t At(const Times& times, int slot) {
  return slot < times.size() ? static_cast<int64_t>(times.Get(slot)) : 0;
}

ReceiptFacts FactsIn(const ReceiptBlockRecord& block, uint64_t sequence) {
  const int slot = SlotOf(sequence);
  const uint32_t version =
      slot < block.versions_size() ? block.versions(slot) : 0;
  return {std::max<uint32_t>(version, 1), At(block.disclosed_at_micros(), slot),
          At(block.delivered_at_micros(), slot),
          At(block.displayed_at_micros(), slot),
          At(block.acknowledged_at_micros(), slot)};
}

Times& TimesOf(ReceiptBlockRecord& block, Fact fact) {
  switch (fact) {
    case Fact::kDisclosed:
      return *block.mutable_disclosed_at_micros();
    case Fact::kDelivered:
      return *block.mutable_delivered_at_micros();
    case Fact::kDisplayed:
      return *block.mutable_displayed_at_micros();
    case Fact::kAcknowledged:
      break;
  }
  return *block.mutable_acknowledged_at_micros();
}

// A later revision begins anew: what was true of the one before stays in the
// audit log.
void BeginRevision(ReceiptBlockRecord& block, int slot, uint32_t revision) {
  while (block.versions_size() <= slot) {
    block.add_versions(0);
  }
  block.set_versions(slot, revision);
  for (const Fact fact : {Fact::kDisclosed, Fact::kDelivered, Fact::kDisplayed,
                          Fact::kAcknowledged}) {
    if (Times& times = TimesOf(block, fact); slot < times.size()) {
      times.Set(slot, 0);
    }
  }
}

// False when it was true before, or a later revision is known of.
bool NoteFact(ReceiptBlockRecord& block, const MessageRevision& message,
              Fact fact, int64_t at_micros) {
  const int slot = SlotOf(message.sequence);
  const uint32_t known = FactsIn(block, message.sequence).revision;
  if (message.revision < known) {
    return false;
  }
  if (message.revision > known) {
    BeginRevision(block, slot, message.revision);
  }
  Times& times = TimesOf(block, fact);
  if (At(times, slot) != 0) {
    return false;
  }
  if (times.size() <= slot) {
    times.Resize(slot + 1, 0);
  }
  times.Set(slot, static_cast<uint64_t>(at_micros));
  return true;
}

}  // namespace

absl::StatusOr<ReceiptFacts> ReceiptReader::Find(uint64_t sequence) {
  const uint64_t block = sequence / kReceiptBlockMessages;
  if (!block_ || key_.block != block) {
    key_.block = block;
    block_.reset();
    ASSIGN_OR_RETURN(block_, view_.FindShared(storage::kReceipts, key_));
  }
  return *block_ ? FactsIn(**block_, sequence) : ReceiptFacts();
}

absl::StatusOr<std::vector<MessageRevision>> Undisclosed(
    const ReadCall& call, const GroupId& group, const PersonId& person,
    absl::Span<const MessageRevision> messages) {
  ReceiptReader receipts(call.view, CallerOf(call).network, group, person);
  std::vector<MessageRevision> undisclosed;
  for (const MessageRevision& message : messages) {
    ASSIGN_OR_RETURN(const ReceiptFacts facts, receipts.Find(message.sequence));
    if (facts.disclosed_at_micros == 0 || facts.revision < message.revision) {
      undisclosed.push_back(message);
    }
  }
  return undisclosed;
}

absl::StatusOr<std::vector<MessageRevision>> RecordFact(
    WriteCall& call, const GroupId& group, const PersonId& person, Fact fact,
    std::vector<MessageRevision> messages) {
  std::sort(messages.begin(), messages.end(),
            [](const MessageRevision& a, const MessageRevision& b) {
              return a.sequence < b.sequence;
            });
  const int64_t now = absl::ToUnixMicros(call.now);
  std::vector<MessageRevision> fresh;
  for (auto next = messages.begin(); next != messages.end();) {
    const storage::ReceiptBlockKey key{CallerOf(call).network, group, person,
                                       next->sequence / kReceiptBlockMessages};
    ASSIGN_OR_RETURN(auto block, call.tx.Find(storage::kReceipts, key));
    if (!block) {
      block.emplace();
    }
    const size_t before = fresh.size();
    for (; next != messages.end() &&
           next->sequence / kReceiptBlockMessages == key.block;
         ++next) {
      if (NoteFact(*block, *next, fact, now)) {
        fresh.push_back(*next);
      }
    }
    if (fresh.size() != before) {
      RETURN_IF_ERROR(call.tx.Put(storage::kReceipts, key, *block));
    }
  }
  return fresh;
}

absl::Status RecordDisclosed(WriteCall& call, const GroupId& group,
                             const PersonId& person,
                             absl::Span<const MessageRevision> messages) {
  return RecordFact(call, group, person, Fact::kDisclosed,
                    {messages.begin(), messages.end()})
      .status();
}

absl::Status RecordDelivered(WriteCall& call, const GroupId& group,
                             const PersonId& person,
                             absl::Span<const MessageRevision> messages) {
  return RecordFact(call, group, person, Fact::kDelivered,
                    {messages.begin(), messages.end()})
      .status();
}

}  // namespace renkei::domain
