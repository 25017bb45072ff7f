// What a device has missed: the events of a person's groups and of the person,
// in the order of commits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/domain/call.h"

namespace renkei::domain {

// One event as the reader may see it today.
struct Delivery {
  uint64_t commit = 0;
  int64_t at_micros = 0;
  GroupId group;  // zero: about the person alone
  storage::v1::EventItem item;
  std::optional<storage::v1::MessageRecord> message;  // of a message event
};

struct Deliveries {
  std::vector<Delivery> items;  // by commit, then as they happened
  uint64_t through = 0;         // everything up to here was looked at
  bool more = false;            // there is more after `through`
  bool groups_changed = false;  // the person joined or left a group
};

// What a stream wants to know.
struct SyncQuery {
  NetworkId network;
  uint64_t after = 0;
  std::vector<GroupId>
      groups;  // those with news; the person's own stream is always read
};

// Reads at most a window of events after the place; the call's commit records,
// as one event per group, which messages were handed out, and their disclosure.
// What the rights of today hide is passed over. The note's type becomes NONE
// when no message text is in it.
absl::StatusOr<Deliveries> ReadDeliveries(ReadCall& call,
                                          const SyncQuery& query);

// The groups whose streams concern the caller: those in which the person is or
// was a member.
absl::StatusOr<std::vector<GroupId>> GroupsOfCaller(const ReadCall& call);

// The number of the network's last commit in the call's view.
absl::StatusOr<uint64_t> LastCommit(const ReadCall& call);

}  // namespace renkei::domain
