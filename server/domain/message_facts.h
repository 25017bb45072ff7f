// What of messages counts for whether somebody has still to read them, in
// little memory: that of many groups stays there when their texts do not.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/domain/message_walk.h"
#include "storage/base/mutex.h"
#include "storage/base/recent_map.h"
#include "storage/schema.h"
#include "storage/store.h"

namespace renkei::domain {

// Thread-safe. Bounded. The store stays the truth: what is not here is read
// there. REQUIRES: no message ever changes; whoever lets one change has to
// forget its block here before the view with the change is published.
class MessageFacts {
 public:
  // About as much is kept.
  static constexpr size_t kBytesMax = size_t{64} << 20;

  // `message` has author, lane, priority, mentions and revision, and nothing
  // else. False: no more.
  using Visit = absl::FunctionRef<bool(
      uint64_t sequence, const storage::v1::MessageRecord& message)>;

  // Visits the messages from `last` down to `first`. DataLoss if the view lacks
  // one of them or it does not read.
  absl::Status WalkBackward(const storage::Snapshot& view,
                            const storage::GroupKey& group, uint64_t first,
                            uint64_t last, Visit visit);

 private:
  static constexpr uint64_t kBlockMessages = 64;

  // Most messages are in their first revision and mention nobody.
  struct Plain {
    uint8_t author = 0;  // which of the block's
    uint8_t lane = 0;
    uint8_t priority = 0;
    bool is_plain = false;
  };
  struct Block {
    uint64_t size = 0;  // messages known, from the block's first on
    std::array<Plain, kBlockMessages> plain;
    std::vector<std::string> authors;
    // By sequence, those that are not plain.
    std::vector<std::pair<uint64_t, storage::v1::MessageRecord>> other;
  };
  using SharedBlock = std::shared_ptr<const Block>;
  struct BlockKey {
    storage::GroupKey group;
    uint64_t number = 0;

    friend bool operator==(const BlockKey& a, const BlockKey& b) {
      return a.group.parts() == b.group.parts() && a.number == b.number;
    }
    template <typename H>
    friend H AbslHashValue(H state, const BlockKey& key) {
      return H::combine(std::move(state), key.group.network, key.group.group,
                        key.number);
    }
  };

  // With at least the first `size` messages of the block.
  absl::StatusOr<SharedBlock> BlockOf(const storage::Snapshot& view,
                                      const BlockKey& key, uint64_t size);
  static absl::StatusOr<SharedBlock> Read(const storage::Snapshot& view,
                                          const BlockKey& key, uint64_t size,
                                          const Block* known);
  static void Add(uint64_t sequence, const storage::v1::MessageRecord& message,
                  Block& block);
  static size_t BytesOf(const Block& block);

  Mutex mutex_;
  RecentMap<BlockKey, SharedBlock> blocks_ ABSL_GUARDED_BY(mutex_){kBytesMax};
};

}  // namespace renkei::domain
