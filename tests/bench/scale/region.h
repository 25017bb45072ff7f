// A region of patient groups, some busy, most of them not, whose ids follow
// from the network's: a fill that was cut short goes on where it was.
#pragma once

#include <cstddef>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/opened_store.h"
#include "tests/bench/core/care_records.h"
#include "tests/bench/product/care_groups.h"

namespace renkei::bench {

struct RegionSize {
  size_t groups = 0;
  size_t members = 6;  // of each group: one writes, five read
  size_t groups_of_person = 10;
};

// Thread-safe once made.
class Region {
 public:
  Region(const NetworkId& network, const RegionSize& size);

  // Makes everybody and every group that is not there, and signs all in.
  absl::Status Found(server::OpenedStore& opened) const;
  // New sessions for all: the earlier ones may have been idle for too long.
  absl::Status SignIn(server::OpenedStore& opened) const;

  const NetworkId& network() const { return network_; }
  const RegionSize& size() const { return size_; }
  GroupId group(size_t index) const;
  const Member& member(size_t group, size_t index) const {
    return people_[PersonOf(group, index)];
  }

  // A group as a load of messages meets it: the group at rank r is met as
  // 1/(r+10), so that the busiest of 10,000 has one message of 70 and half of
  // them have less than one of 25,000 each.
  size_t PickGroup(std::mt19937_64& random) const;

  // As clients see it, `first` being who calls.
  CareGroup AsClient(size_t index, size_t first) const;
  // The groups of one person, who is the first member of each.
  std::vector<CareGroup> GroupsOfPerson(size_t person) const;
  size_t people() const { return people_.size(); }

 private:
  size_t PersonOf(size_t group, size_t index) const {
    return (group * size_.members + index) % people_.size();
  }

  const NetworkId network_;
  const RegionSize size_;
  std::vector<Member> people_;
  std::vector<double> met_up_to_;  // by group, sums of how often it is met
};

// Runs `body` in the store and waits until it is durable.
absl::Status Change(storage::Store& store, storage::Store::Body body);

// The one network of a store of the bench.
absl::StatusOr<NetworkId> NetworkOf(const storage::Store& store);

}  // namespace renkei::bench
