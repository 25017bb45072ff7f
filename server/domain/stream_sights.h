// What a stream's reader may see of each group, decided once a read.
#pragma once

#include <map>
#include <optional>

#include "absl/status/statusor.h"
#include "server/domain/call.h"
#include "server/domain/sight.h"

namespace renkei::domain {

// True for events that bring a message's text to the reader.
bool BringsText(const storage::v1::EventItem& item);

// For one call. REQUIRES: the call was authorized for its own action.
class StreamSights {
 public:
  explicit StreamSights(ReadCall& call) : call_(call) {}

  // nullptr when the caller is no member: the group is passed over, which is no
  // denial to record.
  absl::StatusOr<const Sight*> Of(const GroupId& group);

  // What the audit event of a delivery from this group says of it. REQUIRES:
  // Of(group) gave a sight.
  const AuditNote& NoteOf(const GroupId& group) const {
    return known_.at(group).note;
  }

 private:
  struct Known {
    std::optional<Sight> sight;
    AuditNote note;
  };

  ReadCall& call_;
  std::map<GroupId, Known> known_;
};

}  // namespace renkei::domain
