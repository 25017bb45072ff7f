// Which open streams want to hear of what: keeps for each what has news since
// it last looked. Carries ids and numbers, never bodies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "server/domain/door.h"
#include "storage/base/id.h"
#include "storage/base/mutex.h"
#include "storage/schema.h"

namespace renkei::rpc {

// Thread-safe.
class Subscriptions {
 public:
  using Handle = uint64_t;
  // Called without any lock held, by the thread that publishes: they only take
  // note.
  struct Listener {
    std::function<void()> has_news;  // for the first time since the last Take
    std::function<void()> session_ended;
  };
  struct News {
    absl::flat_hash_set<storage::StreamId> streams;
    // With these and those taken before, the listener was told of everything
    // that concerns it up to this commit of its network. A later commit may be
    // visible already, and what it is about not be told yet.
    uint64_t told = 0;
  };

  Handle Add(const NetworkId& network, const SessionId& session,
             Listener listener);
  // From now on the listener hears of the stream, which has news at once: what
  // was committed before.
  void Listen(Handle handle, const storage::StreamId& stream);
  // What has news since the last Take.
  News Take(Handle handle);
  // A call that has begun may still reach the listener.
  void Remove(Handle handle);

  // Tells every listener concerned. REQUIRES: in the order of the commits.
  void Publish(const domain::Outcome& outcome);

 private:
  struct Entry {
    NetworkId network;
    SessionId session;
    std::shared_ptr<const Listener> listener;
    absl::flat_hash_set<storage::StreamId> streams;
    absl::flat_hash_set<storage::StreamId> news;
  };

  Mutex mutex_;
  Handle last_handle_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<Handle, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<storage::StreamId, absl::flat_hash_set<Handle>> by_stream_
      ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<SessionId, absl::flat_hash_set<Handle>> by_session_
      ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<NetworkId, uint64_t> told_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace renkei::rpc
