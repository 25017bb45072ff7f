#include "server/rpc/subscriptions.h"

#include <utility>

namespace renkei::rpc {
namespace {

template <typename Key>
void Forget(
    absl::flat_hash_map<Key, absl::flat_hash_set<Subscriptions::Handle>>& index,
    const Key& key, Subscriptions::Handle handle) {
  const auto found = index.find(key);
  if (found == index.end()) {
    return;
  }
  found->second.erase(handle);
  if (found->second.empty()) {
    index.erase(found);
  }
}

}  // namespace

Subscriptions::Handle Subscriptions::Add(const SessionId& session,
                                         Listener listener) {
  MutexLock lock(mutex_);
  const Handle handle = ++last_handle_;
  entries_[handle] = {
      session, std::make_shared<const Listener>(std::move(listener)), {}};
  by_session_[session].insert(handle);
  return handle;
}

void Subscriptions::Listen(Handle handle, const storage::StreamId& stream) {
  MutexLock lock(mutex_);
  const auto entry = entries_.find(handle);
  if (entry != entries_.end() && entry->second.streams.insert(stream).second) {
    by_stream_[stream].insert(handle);
  }
}

void Subscriptions::Remove(Handle handle) {
  MutexLock lock(mutex_);
  const auto entry = entries_.find(handle);
  if (entry == entries_.end()) {
    return;
  }
  for (const storage::StreamId& stream : entry->second.streams) {
    Forget(by_stream_, stream, handle);
  }
  Forget(by_session_, entry->second.session, handle);
  entries_.erase(entry);
}

void Subscriptions::Publish(const domain::Outcome& outcome) {
  struct Told {
    std::shared_ptr<const Listener> listener;
    std::vector<storage::StreamId> streams;
    bool ended = false;
  };
  absl::flat_hash_map<Handle, Told> told;
  {
    MutexLock lock(mutex_);
    for (const domain::Wake& wake : outcome.wakes) {
      const auto listening = by_stream_.find(wake.stream);
      if (listening == by_stream_.end()) {
        continue;
      }
      for (const Handle handle : listening->second) {
        Told& entry = told[handle];
        entry.listener = entries_[handle].listener;
        entry.streams.push_back(wake.stream);
      }
    }
    for (const SessionId& session : outcome.ended_sessions) {
      const auto ended = by_session_.find(session);
      if (ended == by_session_.end()) {
        continue;
      }
      for (const Handle handle : ended->second) {
        Told& entry = told[handle];
        entry.listener = entries_[handle].listener;
        entry.ended = true;
      }
    }
  }
  for (const auto& [handle, entry] : told) {
    if (entry.ended) {
      entry.listener->session_ended();
    } else {
      entry.listener->wake(entry.streams);
    }
  }
}

}  // namespace renkei::rpc
