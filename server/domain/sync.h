// What a device has missed: the events of a person's groups and of the person,
// in the order of commits.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/domain/call.h"
#include "server/domain/event_tails.h"

namespace renkei::domain {

// One event as the reader may see it today.
struct Delivery {
  GroupId group;  // zero: about the person alone
  std::shared_ptr<const StreamEvent> event;
  std::shared_ptr<const Posting> posting;  // of an event that brings a text
};

struct Deliveries {
  std::vector<Delivery> items;  // by commit, then as they happened
  uint64_t through = 0;         // everything up to here was looked at
  bool more = false;            // there is more after `through`
  // The person's groups, as of commit `groups_as_of`, where the next commit
  // changes them: what happens in a new one is wanted too.
  std::optional<std::vector<GroupId>> groups;
  uint64_t groups_as_of = 0;
};

// What a stream wants to know.
struct SyncQuery {
  NetworkId network;
  uint64_t after = 0;
  // Up to here nothing has happened in the person's streams that is not in one
  // of those below.
  uint64_t bound = 0;
  std::vector<GroupId> groups;
  bool own = true;  // the person's own stream
  uint64_t groups_as_of = 0;
};

// Reads at most a window of events after the place and up to the bound; the
// call's commit records, as one event per group, which messages were handed
// out, and their disclosure. What the rights of today hide is passed over. The
// note's type becomes NONE when no message text is in it.
absl::StatusOr<Deliveries> ReadDeliveries(ReadCall& call,
                                          const SyncQuery& query,
                                          EventTails& tails);

// The groups whose streams concern the caller: those in which the person is or
// was a member.
absl::StatusOr<std::vector<GroupId>> GroupsOfCaller(const ReadCall& call);

// The number of the network's last commit in the call's view.
absl::StatusOr<uint64_t> LastCommit(const ReadCall& call);

}  // namespace renkei::domain
