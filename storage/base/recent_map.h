// A map that keeps what was asked for lately within a bound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <list>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

namespace renkei {

// What was put or found last stays longest; what does not fit any more goes one
// by one, so that no call waits for many. It goes in the order in which it
// came: memory that was taken together is given back together, and what comes
// next lies together again. Not thread-safe.
template <typename Key, typename Value>
class RecentMap {
  using KeyHash = typename absl::flat_hash_map<Key, Value>::hasher;
  using KeyEqual = typename absl::flat_hash_map<Key, Value>::key_equal;

 public:
  template <typename K>
  static size_t HashOf(const K& key) {
    return KeyHash()(key);
  }

  // `weight_max`: of all entries together, in the unit of Put.
  explicit RecentMap(size_t weight_max) : weight_max_(weight_max) {}
  RecentMap(const RecentMap&) = delete;
  RecentMap& operator=(const RecentMap&) = delete;

  // nullptr if unknown. Right until the next call.
  template <typename K>
  Value* Find(const K& key) {
    return Find(key, HashOf(key));
  }
  // The same with HashOf(key).
  template <typename K>
  Value* Find(const K& key, size_t hash) {
    const auto found = places_.find(key, hash);
    if (found == places_.end()) {
      return nullptr;
    }
    const Place place = *found;
    // What is asked for all the time is not moved each time.
    if (weight_put_ - place->placed > weight_max_ / 8) {
      MoveToFront(place);
    }
    return &place->value;
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
    weight_put_ += weight;
    if (const auto found = places_.find(key, hash); found != places_.end()) {
      const Place place = *found;
      weight_ += weight - place->weight;
      place->weight = weight;
      place->value = std::move(value);
      MoveToFront(place);
    } else {
      weight_ += weight;
      entries_.push_front(
          {Key(key), std::move(value), hash, weight, weight_put_});
      places_.insert(entries_.begin());
    }
    while (weight_ > weight_max_ && entries_.size() > 1) {
      const Place last = std::prev(entries_.end());
      weight_ -= last->weight;
      places_.erase(last);
      entries_.erase(last);
    }
  }

 private:
  struct Entry {
    Key key;
    Value value;
    size_t hash = 0;
    size_t weight = 0;
    uint64_t placed = 0;  // weight_put_ when it came to the front
  };
  using Entries = std::list<Entry>;
  using Place = typename Entries::iterator;
  struct PlaceHash {
    using is_transparent = void;
    size_t operator()(const Place& place) const { return place->hash; }
    template <typename K>
    size_t operator()(const K& key) const {
      return HashOf(key);
    }
  };
  struct PlaceEqual {
    using is_transparent = void;
    bool operator()(const Place& a, const Place& b) const { return a == b; }
    template <typename K>
    bool operator()(const Place& place, const K& key) const {
      return KeyEqual()(place->key, key);
    }
  };

  void MoveToFront(Place place) {
    place->placed = weight_put_;
    entries_.splice(entries_.begin(), entries_, place);
  }

  const size_t weight_max_;
  Entries entries_;  // the latest first
  absl::flat_hash_set<Place, PlaceHash, PlaceEqual> places_;
  size_t weight_ = 0;
  uint64_t weight_put_ = 0;
};

}  // namespace renkei
