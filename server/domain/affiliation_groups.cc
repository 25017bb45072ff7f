#include "server/domain/affiliation_groups.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/domain/audience.h"
#include "server/domain/audit.h"
#include "server/domain/streams.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

using storage::v1::Affiliation;
using storage::v1::GroupRecord;
using storage::v1::MembershipRecord;

absl::StatusOr<std::vector<GroupId>> GroupsOf(const ReadCall& call,
                                              const PersonId& person) {
  std::vector<GroupId> groups;
  RETURN_IF_ERROR(
      call.view.Scan(storage::kPersonGroups,
                     storage::KeysUnder(storage::kPersonGroups,
                                        CallerOf(call).network, person),
                     storage::Direction::kForward,
                     [&groups](const storage::PersonGroupKey& key,
                               const storage::v1::PersonGroupRecord& row) {
                       if (row.active()) {
                         groups.push_back(key.group);
                       }
                       return true;
                     }));
  return groups;
}

bool IsOver(const MembershipRecord& membership, absl::Time now) {
  return membership.state() != storage::v1::MEMBERSHIP_STATE_ACTIVE ||
         (membership.end_at_micros() != 0 &&
          membership.end_at_micros() <= absl::ToUnixMicros(now));
}

absl::Status Tell(WriteCall& call, const GroupId& group, const PersonId& person,
                  AffiliationTurn turn) {
  storage::v1::EventItem item;
  item.set_kind(turn == AffiliationTurn::kResumes
                    ? storage::v1::EVENT_KIND_MEMBER_JOINED
                    : storage::v1::EVENT_KIND_MEMBER_LEFT);
  item.set_person(std::string(person.bytes()));
  item.set_lane(storage::v1::LANE_PROFESSIONAL);
  RETURN_IF_ERROR(AppendEvent(call, storage::StreamOf(group), item));
  item.set_group(std::string(group.bytes()));
  return AppendEvent(call, storage::StreamOf(person), item);
}

absl::Status MarkLeft(WriteCall& call, const storage::PersonGroupKey& key) {
  ASSIGN_OR_RETURN(auto row, call.tx.Get(storage::kPersonGroups, key));
  row.set_active(false);
  return call.tx.Put(storage::kPersonGroups, key, row);
}

// An event of its own, so that it is found among those of the group and its
// patient, and holds the group's new head.
absl::Status AuditTurn(WriteCall& call, const GroupId& id,
                       const GroupRecord& group, AffiliationTurn turn) {
  AuditNote kept = call.note;
  kept.group_head_hash.clear();
  call.note.group = id;
  if (const auto patient = PatientId::FromBytes(group.patient())) {
    call.note.patient = *patient;
  }
  if (const auto host = FacilityId::FromBytes(group.hosting_facility())) {
    call.note.hosting_facility = *host;
  }
  absl::Status appended = AppendAuditAs(
      call,
      turn == AffiliationTurn::kEnds ? AuditType::kMemberLeft
                                     : static_cast<AuditType>(call.note.type),
      absl::OkStatus());
  call.note = std::move(kept);
  return appended;
}

absl::Status CarryToGroup(WriteCall& call, const GroupId& id,
                          const PersonId& person,
                          const Affiliation& affiliation,
                          AffiliationTurn turn) {
  const NetworkId& network = CallerOf(call).network;
  const storage::GroupPersonKey member_key{network, id, person};
  ASSIGN_OR_RETURN(auto membership,
                   call.tx.Find(storage::kMemberships, member_key));
  if (!membership || IsOver(*membership, call.now) ||
      membership->affiliation() != affiliation.affiliation()) {
    return absl::OkStatus();
  }
  const int64_t now = absl::ToUnixMicros(call.now);
  const storage::GroupKey group_key{network, id};
  ASSIGN_OR_RETURN(auto group, call.tx.Get(storage::kGroups, group_key));
  if (InAudience(*membership) != (turn == AffiliationTurn::kResumes)) {
    ChangeAudience(group, *membership);
  }
  if (turn == AffiliationTurn::kEnds) {
    membership->set_state(storage::v1::MEMBERSHIP_STATE_ENDED);
    membership->set_end_at_micros(now);
    group.set_active_members(group.active_members() - 1);
    RETURN_IF_ERROR(MarkLeft(call, {network, person, id}));
  }
  membership->set_revision(membership->revision() + 1);
  group.set_revision(group.revision() + 1);
  group.set_access_version(group.access_version() + 1);
  group.set_updated_at_micros(now);
  RETURN_IF_ERROR(call.tx.Put(storage::kMemberships, member_key, *membership));
  RETURN_IF_ERROR(ChainGroup(call, id, membership->SerializeAsString()));
  RETURN_IF_ERROR(call.tx.Put(storage::kGroups, group_key, group));
  RETURN_IF_ERROR(ChainGroup(call, id, group.SerializeAsString()));
  RETURN_IF_ERROR(Tell(call, id, person, turn));
  return AuditTurn(call, id, group, turn);
}

}  // namespace

absl::Status CarryToGroups(WriteCall& call, const PersonId& person,
                           const Affiliation& affiliation,
                           AffiliationTurn turn) {
  ASSIGN_OR_RETURN(const std::vector<GroupId> groups, GroupsOf(call, person));
  for (const GroupId& group : groups) {
    RETURN_IF_ERROR(CarryToGroup(call, group, person, affiliation, turn));
  }
  return absl::OkStatus();
}

}  // namespace renkei::domain
