#include "server/domain/message_facts.h"

#include <algorithm>

#include "storage/base/status_macros.h"

namespace renkei::domain {

using storage::v1::MessageRecord;

absl::Status MessageFacts::WalkBackward(const storage::Snapshot& view,
                                        const storage::GroupKey& group,
                                        uint64_t first, uint64_t last,
                                        Visit visit) {
  MessageRecord scratch;
  for (uint64_t next = last; next >= first && next > 0;) {
    const BlockKey key{group, next / kBlockMessages};
    const uint64_t begin = key.number * kBlockMessages;
    ASSIGN_OR_RETURN(const SharedBlock block,
                     BlockOf(view, key, next - begin + 1));
    for (; next >= std::max({first, begin, uint64_t{1}}); --next) {
      const Plain& plain = block->plain[next - begin];
      const MessageRecord* message = &scratch;
      if (plain.is_plain) {
        scratch.set_author(block->authors[plain.author]);
        scratch.set_lane(static_cast<storage::v1::Lane>(plain.lane));
        scratch.set_priority(plain.priority);
        scratch.set_revision(1);
      } else {
        message =
            &std::lower_bound(block->other.begin(), block->other.end(), next,
                              [](const auto& other, uint64_t sequence) {
                                return other.first < sequence;
                              })
                 ->second;
      }
      if (!visit(next, *message)) {
        return absl::OkStatus();
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<MessageFacts::SharedBlock> MessageFacts::BlockOf(
    const storage::Snapshot& view, const BlockKey& key, uint64_t size) {
  SharedBlock known;
  {
    MutexLock lock(mutex_);
    if (const SharedBlock* const found = blocks_.Find(key)) {
      known = *found;
    }
  }
  if (known != nullptr && known->size >= size) {
    return known;
  }
  ASSIGN_OR_RETURN(SharedBlock read, Read(view, key, size, known.get()));
  const size_t bytes = BytesOf(*read);
  MutexLock lock(mutex_);
  const SharedBlock* const found = blocks_.Find(key);
  // Somebody with a later view may have read more meanwhile.
  if (found == nullptr || (*found)->size < read->size) {
    blocks_.Put(key, read, bytes);
  }
  return read;
}

absl::StatusOr<MessageFacts::SharedBlock> MessageFacts::Read(
    const storage::Snapshot& view, const BlockKey& key, uint64_t size,
    const Block* known) {
  auto block = known == nullptr ? std::make_shared<Block>()
                                : std::make_shared<Block>(*known);
  const uint64_t begin = key.number * kBlockMessages;
  if (begin == 0 && block->size == 0) {
    block->size = 1;  // sequences begin with 1
  }
  const auto key_of = [&](uint64_t sequence) {
    return storage::MessageKey{key.group.network, key.group.group, sequence};
  };
  while (block->size < size) {
    ASSIGN_OR_RETURN(
        const SharedMessage message,
        view.FindInMemory(storage::kMessages, key_of(begin + block->size)));
    if (!message) {
      break;
    }
    Add(begin + block->size, *message, *block);
  }
  // Texts that nobody asked for push nothing out of memory.
  RETURN_IF_ERROR(view.Scan(
      storage::kMessages,
      storage::KeysBetween(storage::kMessages, key_of(begin + block->size),
                           key_of(begin + size)),
      storage::Direction::kForward,
      [&](const storage::MessageKey& found, const MessageRecord& message) {
        const bool is_next = found.sequence == begin + block->size;
        if (is_next) {
          Add(found.sequence, message, *block);
        }
        return is_next;
      }));
  if (block->size < size) {
    return absl::DataLossError(storage::kMessages.facts.name);
  }
  return block;
}

void MessageFacts::Add(uint64_t sequence, const MessageRecord& message,
                       Block& block) {
  Plain& plain = block.plain[block.size++];
  plain.is_plain = message.mentions().empty() && message.revision() <= 1;
  if (!plain.is_plain) {
    MessageRecord other;
    other.set_author(message.author());
    other.set_lane(message.lane());
    other.set_priority(message.priority());
    other.set_revision(message.revision());
    *other.mutable_mentions() = message.mentions();
    block.other.emplace_back(sequence, std::move(other));
    return;
  }
  auto author =
      std::find(block.authors.begin(), block.authors.end(), message.author());
  if (author == block.authors.end()) {
    author = block.authors.insert(author, message.author());
  }
  plain.author = static_cast<uint8_t>(author - block.authors.begin());
  plain.lane = static_cast<uint8_t>(message.lane());
  plain.priority = static_cast<uint8_t>(message.priority());
}

size_t MessageFacts::BytesOf(const Block& block) {
  // With what the map, the pointer and the vectors take.
  constexpr size_t kAround = 160;
  size_t bytes = sizeof(Block) + kAround + 64 * block.authors.size();
  for (const auto& [sequence, message] : block.other) {
    bytes += message.SpaceUsedLong() + sizeof(sequence);
  }
  return bytes;
}

}  // namespace renkei::domain
