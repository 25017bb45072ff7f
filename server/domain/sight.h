// What a member of a group may see of its messages.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/domain/call.h"
#include "server/domain/message_walk.h"

namespace renkei::domain {

// A member as of this moment.
struct Sight {
  NetworkId network;
  GroupId group;
  PersonId person;
  storage::RecordRef<storage::v1::PersonRecord> record;
  storage::RecordRef<storage::v1::MembershipRecord> membership;

  // By the affiliation of the membership; empty if there is none any more.
  absl::string_view profession() const;
  // The first message that the person may see, at least 1.
  uint64_t first_visible() const;
  bool Sees(uint64_t sequence, const storage::v1::MessageRecord& message) const;
  // Wrote it: has no receipts of it.
  bool Wrote(const storage::v1::MessageRecord& message) const;
  // A mention means the person, by name or by profession.
  bool IsAsked(const storage::v1::MessageRecord& message) const;
};

// Of a member of today or of the past. NotFound if `person` never was one.
absl::StatusOr<Sight> SightOf(const ReadCall& call, const GroupId& group,
                              const PersonId& person);
// The caller's. REQUIRES: the caller was authorized as a member of `group`.
absl::StatusOr<Sight> SightOf(const ReadCall& call, const GroupId& group);

// The one NOT_FOUND if there is no such message or it is out of sight.
absl::StatusOr<SharedMessage> FindVisible(const ReadCall& call,
                                          const Sight& sight,
                                          uint64_t sequence);

// The thread that begins with message `root`, empty if nobody has replied. The
// one NOT_FOUND if there is none, or none of its messages is in sight: a reply
// in sight makes a thread known whose root is older than the person's history.
struct VisibleThread {
  SharedMessage root;
  storage::v1::ThreadRecord replies;
};
absl::StatusOr<VisibleThread> FindVisibleThread(const ReadCall& call,
                                                const Sight& sight,
                                                uint64_t root);

}  // namespace renkei::domain
