#include "server/domain/group_entries.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/domain/refusal.h"

namespace renkei::domain {

absl::Status KeepGroup(WriteCall& call, const GroupId& group,
                       storage::v1::GroupRecord& record) {
  record.set_revision(record.revision() + 1);
  record.set_access_version(record.access_version() + 1);
  record.set_updated_at_micros(absl::ToUnixMicros(call.now));
  return KeepEntry(call, storage::kGroups, {CallerOf(call).network, group},
                   record);
}

absl::StatusOr<storage::v1::GroupRecord> ReadGroup(const ReadCall& call,
                                                   const GroupId& group) {
  ASSIGN_OR_RETURN(
      auto record,
      call.view.Find(storage::kGroups, {CallerOf(call).network, group}));
  if (!record) {
    return RefuseUnknown();
  }
  return *std::move(record);
}

absl::Status TellGroup(WriteCall& call, const GroupId& group,
                       const storage::v1::EventItem& item) {
  return AppendEvent(call, storage::StreamOf(group), item);
}

absl::Status TellPerson(WriteCall& call, const PersonId& person,
                        const GroupId& group, storage::v1::EventItem item) {
  item.set_group(std::string(group.bytes()));
  return AppendEvent(call, storage::StreamOf(person), item);
}

std::string GroupResource(const NetworkId& network, const GroupId& group) {
  return absl::StrCat("networks/", network.ToText(), "/groups/",
                      group.ToText());
}

}  // namespace renkei::domain
