#include "server/rpc/subscriptions.h"

#include <algorithm>
#include <utility>
#include <vector>

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

Subscriptions::Handle Subscriptions::Add(const NetworkId& network,
                                         const SessionId& session,
                                         Listener listener) {
  MutexLock lock(mutex_);
  const Handle handle = ++last_handle_;
  entries_[handle] = {network,
                      session,
                      std::make_shared<const Listener>(std::move(listener)),
                      {},
                      {}};
  by_session_[session].insert(handle);
  return handle;
}

void Subscriptions::Listen(Handle handle, const storage::StreamId& stream) {
  MutexLock lock(mutex_);
  const auto entry = entries_.find(handle);
  if (entry != entries_.end() && entry->second.streams.insert(stream).second) {
    entry->second.news.insert(stream);
    by_stream_[stream].insert(handle);
  }
}

Subscriptions::News Subscriptions::Take(Handle handle) {
  MutexLock lock(mutex_);
  const auto entry = entries_.find(handle);
  if (entry == entries_.end()) {
    return {};
  }
  const auto told = told_.find(entry->second.network);
  return {std::exchange(entry->second.news, {}),
          told == told_.end() ? 0 : told->second};
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
  std::vector<std::shared_ptr<const Listener>> with_news;
  std::vector<std::shared_ptr<const Listener>> ended;
  {
    MutexLock lock(mutex_);
    for (const domain::Wake& wake : outcome.wakes) {
      uint64_t& told = told_[wake.network];
      told = std::max(told, wake.commit);
      const auto listening = by_stream_.find(wake.stream);
      if (listening == by_stream_.end()) {
        continue;
      }
      for (const Handle handle : listening->second) {
        Entry& entry = entries_[handle];
        if (entry.news.empty()) {
          with_news.push_back(entry.listener);
        }
        entry.news.insert(wake.stream);
      }
    }
    for (const SessionId& session : outcome.ended_sessions) {
      const auto listening = by_session_.find(session);
      if (listening == by_session_.end()) {
        continue;
      }
      for (const Handle handle : listening->second) {
        ended.push_back(entries_[handle].listener);
      }
    }
  }
  for (const std::shared_ptr<const Listener>& listener : ended) {
    listener->session_ended();
  }
  for (const std::shared_ptr<const Listener>& listener : with_news) {
    listener->has_news();
  }
}

}  // namespace renkei::rpc
