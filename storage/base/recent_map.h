// A map that keeps what was asked for lately within a bound.
#pragma once

#include <cstddef>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace renkei {

// Two generations: what is put or found belongs to the younger; when that has
// half of the bound, it becomes the older one and what was the older goes. So
// whoever walks through everything once pushes out at most what was not asked
// for meanwhile. Not thread-safe.
template <typename Key, typename Value>
class RecentMap {
  struct Entry {
    Value value;
    size_t weight = 0;
  };

 public:
  template <typename K>
  static size_t HashOf(const K& key) {
    return typename absl::flat_hash_map<Key, Entry>::hasher()(key);
  }

  // `weight_max`: of all entries together, in the unit of Put.
  explicit RecentMap(size_t weight_max) : half_(weight_max / 2) {}

  // nullptr if unknown. Right until the next call.
  template <typename K>
  Value* Find(const K& key) {
    return Find(key, HashOf(key));
  }
  // The same with HashOf(key).
  template <typename K>
  Value* Find(const K& key, size_t hash) {
    if (const auto found = younger_.entries.find(key, hash);
        found != younger_.entries.end()) {
      return &found->second.value;
    }
    const auto found = older_.entries.find(key, hash);
    if (found == older_.entries.end()) {
      return nullptr;
    }
    auto node = older_.entries.extract(found);
    const size_t weight = node.mapped().weight;
    older_.weight -= weight;
    MakeRoom(weight);
    younger_.weight += weight;
    return &younger_.entries.insert(std::move(node)).position->second.value;
  }

  // Instead of what was there. An entry may be heavier than the bound: it stays
  // until the next one comes.
  template <typename K>
  void Put(const K& key, Value value, size_t weight) {
    Put(key, HashOf(key), std::move(value), weight);
  }
  // The same with HashOf(key).
  template <typename K>
  void Put(const K& key, size_t hash, Value value, size_t weight) {
    if (const auto found = younger_.entries.find(key, hash);
        found != younger_.entries.end()) {
      younger_.weight += weight - found->second.weight;
      found->second = {std::move(value), weight};
      return;
    }
    if (const auto found = older_.entries.find(key, hash);
        found != older_.entries.end()) {
      older_.weight -= found->second.weight;
      older_.entries.erase(found);
    }
    MakeRoom(weight);
    younger_.weight += weight;
    younger_.entries.try_emplace(key, Entry{std::move(value), weight});
  }

 private:
  struct Generation {
    absl::flat_hash_map<Key, Entry> entries;
    size_t weight = 0;
  };

  void MakeRoom(size_t weight) {
    if (younger_.weight != 0 && younger_.weight + weight > half_) {
      older_ = std::exchange(younger_, {});
    }
  }

  const size_t half_;
  Generation younger_;
  Generation older_;
};

}  // namespace renkei
