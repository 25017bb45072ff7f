// Patient groups: founding, closing and opening again.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/domain/by_law.h"
#include "server/domain/call.h"

namespace renkei::domain {

// Says whether CreateGroup would succeed on this view, without changing
// anything: a group's data key is made outside of the commit, and only for who
// may have one.
absl::Status CheckNewGroup(ReadCall& call, const NewGroup& form);

// Creates the patient's group as a draft with the caller as first member.
// `keyed` is the id for which a data key is there; without one, because
// CheckNewGroup refused a moment ago, what is no longer refused is UNAVAILABLE.
// As AuthorizeNewGroup; NOT_FOUND for facility, patient or physician;
// GROUP_EXISTS; FIELD_INVALID for the permission; LIMIT_REACHED.
absl::StatusOr<GroupId> CreateGroup(WriteCall& call, const NewGroup& form,
                                    const std::optional<GroupId>& keyed);

struct Closing {
  NetworkId network;
  GroupId group;
  storage::v1::CloseReason reason = storage::v1::CLOSE_REASON_UNSPECIFIED;
  std::string note;
  std::string etag;  // empty: not checked
};

// Makes the group read-only. ETAG_MISMATCH.
absl::Status CloseGroup(WriteCall& call, const Closing& closing);

struct Reopening {
  NetworkId network;
  GroupId group;
  std::string note;
  std::string etag;  // empty: not checked
};

// Opens a closed group: a draft unless a consent is in force. STATE_WRONG,
// GROUP_EXISTS, ETAG_MISMATCH.
absl::Status ReopenGroup(WriteCall& call, const Reopening& reopening);

// The state of the group's record, for who wants to change what was read.
std::string GroupEtag(const storage::v1::GroupRecord& group);

// Closes the group in `record`, which the caller keeps, and frees its patient
// for another group.
absl::Status MarkClosed(WriteCall& call, const GroupId& group,
                        storage::v1::CloseReason reason, absl::string_view note,
                        storage::v1::GroupRecord& record);

}  // namespace renkei::domain
