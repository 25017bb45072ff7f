// The last events of groups and the messages they are about, read once for all
// streams that receive them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "server/domain/message_walk.h"
#include "storage/schema.h"
#include "storage/store.h"

namespace renkei::domain {

// A message, ready to be handed out.
struct Posting {
  SharedMessage message;
  std::string encoded;  // as EventTails::Encode made it
};

// One event of a stream.
struct StreamEvent {
  uint64_t commit = 0;
  int64_t at_micros = 0;
  storage::v1::EventItem item;

  // What EventTails::Load found; nullptr also when there is no such message.
  std::shared_ptr<const Posting> posting;
  bool loaded = false;
};

// Not thread-safe; REQUIRES: the views it is given are never older than those
// before. Bounded: what is kept goes altogether now and then. The store stays
// the truth: what lies before a tail is read there, and what was loaded of a
// group's messages is forgotten with the group's next event, since no message
// changes without one.
class EventTails {
 public:
  // The change that an event about the message is, as all who see it get it.
  using Encode = std::function<std::string(
      const storage::MessageKey& key, const SharedMessage& message,
      uint32_t replies, int64_t at_micros)>;

  // What is kept goes when it is more than that; one read may add to it before.
  static constexpr size_t kBytesMax = size_t{16} << 20;
  size_t bytes() const { return bytes_; }

  explicit EventTails(Encode encode) : encode_(std::move(encode)) {}

  // One group's events after a commit, as of a view whose last commit is
  // `head`.
  struct Place {
    storage::GroupKey group;
    uint64_t after = 0;
    uint64_t head = 0;
  };
  struct Part {
    std::vector<std::shared_ptr<StreamEvent>> events;  // in order
    uint64_t through = 0;  // complete up to here, `head` if they were not many
  };
  absl::StatusOr<Part> Read(const storage::Snapshot& view, const Place& place);

  // Fills in the postings of events that Read gave of this view and that are
  // about messages, in the order of their numbers.
  absl::Status Load(const storage::Snapshot& view,
                    const storage::GroupKey& group,
                    absl::Span<const std::shared_ptr<StreamEvent>> events);

 private:
  // All events in (from, to].
  struct Tail {
    uint64_t from = 0;
    uint64_t to = 0;
    std::deque<std::shared_ptr<StreamEvent>> events;
    std::vector<std::shared_ptr<StreamEvent>> loaded;  // since the last event
  };

  static Part PartOf(const Tail& tail, uint64_t after);
  absl::Status Extend(const storage::Snapshot& view, const Place& place,
                      Tail& tail);
  void Fill(const storage::MessageKey& key, SharedMessage message,
            uint32_t replies, StreamEvent& event);

  const Encode encode_;
  absl::flat_hash_map<GroupId, Tail> tails_;
  size_t bytes_ = 0;  // read since everything was forgotten
};

}  // namespace renkei::domain
