// Which open streams want to hear of what: wakes them after a commit. Carries
// ids and numbers, never bodies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/types/span.h"
#include "server/domain/door.h"
#include "storage/base/id.h"
#include "storage/base/mutex.h"
#include "storage/schema.h"

namespace renkei::rpc {

// Thread-safe.
class Subscriptions {
 public:
  using Handle = uint64_t;
  // Called without any lock held, on the publishing thread: they only take
  // note.
  struct Listener {
    std::function<void(absl::Span<const storage::StreamId>)> wake;
    std::function<void()> session_ended;
  };

  Handle Add(const SessionId& session, Listener listener);
  // From now on the listener hears of the stream; what was committed before it
  // must look for itself.
  void Listen(Handle handle, const storage::StreamId& stream);
  // A call that has begun may still reach the listener.
  void Remove(Handle handle);

  // Tells every listener concerned, once.
  void Publish(const domain::Outcome& outcome);

 private:
  struct Entry {
    SessionId session;
    std::shared_ptr<const Listener> listener;
    absl::flat_hash_set<storage::StreamId> streams;
  };

  Mutex mutex_;
  Handle last_handle_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<Handle, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<storage::StreamId, absl::flat_hash_set<Handle>> by_stream_
      ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<SessionId, absl::flat_hash_set<Handle>> by_session_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace renkei::rpc
