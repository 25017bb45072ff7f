// How a change in a group is written down: the record, the group's hash chain,
// and the events that tell of it.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/domain/call.h"
#include "server/domain/streams.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {

// Puts a record of the group `key` names and extends the group's chain by it.
template <typename Key, typename Record>
absl::Status KeepEntry(WriteCall& call,
                       const storage::Table<Key, Record>& table, const Key& key,
                       const Record& record) {
  RETURN_IF_ERROR(call.tx.Put(table, key, record));
  return ChainGroup(call, key.group, record.SerializeAsString());
}

// Raises revision and access version, and keeps the record.
absl::Status KeepGroup(WriteCall& call, const GroupId& group,
                       storage::v1::GroupRecord& record);

// The group's record. The one NOT_FOUND if there is none.
absl::StatusOr<storage::v1::GroupRecord> ReadGroup(const ReadCall& call,
                                                   const GroupId& group);

// An event for everybody in the group.
absl::Status TellGroup(WriteCall& call, const GroupId& group,
                       const storage::v1::EventItem& item);
// An event about the group for one person, in the group or not.
absl::Status TellPerson(WriteCall& call, const PersonId& person,
                        const GroupId& group, storage::v1::EventItem item);

// "networks/{network}/groups/{group}".
std::string GroupResource(const NetworkId& network, const GroupId& group);

}  // namespace renkei::domain
