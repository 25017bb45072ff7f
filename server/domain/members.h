// The members of a group: listing, removing, leaving.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/domain/call.h"
#include "server/domain/memberships.h"

namespace renkei::domain {

// Where a page of members begins: after this one.
struct MemberPlace {
  int64_t begin_at_micros = 0;
  PersonId person;
};

struct MembersQuery {
  NetworkId network;
  GroupId group;
  bool include_former = false;
  size_t limit = 0;
  std::optional<MemberPlace> after;
};

struct MembersPage {
  std::vector<MemberView> members;  // in the order of joining
  std::optional<MemberPlace> next;  // nullopt at the end
  std::string audience_etag;
};

absl::StatusOr<MembersPage> ListMembers(ReadCall& call,
                                        const MembersQuery& query);

// Ends somebody else's membership and takes back the invitations they made.
// NOT_FOUND if they never were a member, STATE_WRONG if they are no longer.
absl::StatusOr<MemberView> RemoveMember(WriteCall& call,
                                        const storage::GroupPersonKey& key,
                                        absl::string_view reason);

// Ends the caller's own membership. LAST_ONE if nobody else is there.
absl::StatusOr<MemberView> LeaveGroup(WriteCall& call,
                                      const storage::GroupKey& key);

}  // namespace renkei::domain
