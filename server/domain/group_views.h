// What a member sees of a group.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/domain/call.h"

namespace renkei::domain {

struct GroupView {
  GroupId id;
  storage::v1::GroupRecord record;
  storage::v1::GroupHeadRecord head;
  std::string patient_name;
  std::string patient_name_reading;
  std::string hosting_facility_name;
  std::optional<storage::v1::ConsentRecord> consent;  // the latest
  std::vector<PersonId> attending_physicians;
  size_t members = 0;  // active in the professional lane
};

// REQUIRES: the caller was authorized to see the group.
absl::StatusOr<GroupView> ViewGroup(const ReadCall& call, const GroupId& group);

// What its members call it: its title, or the patient's name.
std::string TitleOf(const GroupView& group);

absl::StatusOr<GroupView> GetGroup(ReadCall& call,
                                   const storage::GroupKey& key);

// Where a page of groups begins: after this one.
struct GroupPlace {
  int64_t active_at_micros = 0;  // of the latest message, or of the founding
  GroupId group;
};

struct GroupsQuery {
  NetworkId network;
  std::optional<storage::v1::GroupState> state;
  size_t limit = 0;
  std::optional<GroupPlace> after;
};

struct GroupsPage {
  std::vector<GroupView> groups;   // the one with the latest message first
  std::optional<GroupPlace> next;  // nullopt at the end
};

// The groups in which the caller is an active member.
absl::StatusOr<GroupsPage> ListGroups(ReadCall& call, const GroupsQuery& query);

}  // namespace renkei::domain
