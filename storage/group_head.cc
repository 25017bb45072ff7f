#include "storage/group_head.h"

#include "storage/base/status_macros.h"
#include "storage/crypto/hash.h"
#include "storage/schema.h"
#include "storage/snapshot.h"

namespace renkei::storage {

std::string ChainHash(absl::string_view previous, absl::string_view entry) {
  const Hash32 entry_hash = crypto::Sha256(entry);
  return std::string(crypto::Sha256({previous, entry_hash.bytes()}).bytes());
}

v1::GroupHeadRecord HeadAfter(uint64_t sequence,
                              const v1::MessageRecord& message,
                              absl::string_view plaintext) {
  v1::GroupHeadRecord head;
  head.set_last_sequence(sequence);
  head.set_last_message_at_micros(message.created_at_micros());
  head.set_head_hash(ChainHash(message.previous_head_hash(), plaintext));
  return head;
}

absl::Status CatchUpGroupHead(const Snapshot& view, absl::string_view key,
                              std::optional<std::string>& plaintext) {
  const std::optional<GroupKey> group = DecodeKey<GroupKey>(key);
  v1::GroupHeadRecord stored;
  if (!group || (plaintext && !ParseRecord(*plaintext, stored))) {
    return absl::DataLossError(kGroupHeads.facts.name);
  }
  return view.ScanShared(
      kMessages, KeysUnder(kMessages, group->network, group->group),
      Direction::kBackward,
      [&](const MessageKey& newest,
          const RecordRef<v1::MessageRecord>& message) {
        if (newest.sequence > stored.last_sequence()) {
          plaintext = HeadAfter(newest.sequence, *message, message.plaintext())
                          .SerializeAsString();
        }
        return false;
      });
}

}  // namespace renkei::storage
