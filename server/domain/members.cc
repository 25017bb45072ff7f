#include "server/domain/members.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "server/domain/audience.h"
#include "server/domain/authorize.h"
#include "server/domain/group_entries.h"
#include "server/domain/invitations.h"
#include "server/domain/refusal.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

bool Follows(const MemberView& member, const MemberPlace& place) {
  return std::make_tuple(member.membership.begin_at_micros(), member.person) >
         std::make_tuple(place.begin_at_micros, place.person);
}

absl::string_view StateName(MemberState state) {
  switch (state) {
    case MemberState::kActive:
      return "ACTIVE";
    case MemberState::kResting:
      return "RESTING";
    case MemberState::kLeft:
      return "LEFT";
    case MemberState::kRemoved:
      return "REMOVED";
    case MemberState::kEnded:
      return "ENDED";
  }
  return "";
}

absl::StatusOr<MemberView> End(WriteCall& call, const GroupId& group,
                               const MemberView& member,
                               absl::string_view reason) {
  ASSIGN_OR_RETURN(auto record, ReadGroup(call, group));
  RETURN_IF_ERROR(EndMembership(call, group, record, member, reason));
  RETURN_IF_ERROR(KeepGroup(call, group, record));
  RETURN_IF_ERROR(CancelInvitationsBy(call, group, member.person));
  ASSIGN_OR_RETURN(auto ended, FindMember(call, group, member.person));
  return *std::move(ended);
}

}  // namespace

absl::StatusOr<MembersPage> ListMembers(ReadCall& call,
                                        const MembersQuery& query) {
  RETURN_IF_ERROR(Authorize(call, Action::kListMembers,
                            {.network = query.network,
                             .group = query.group,
                             .lane = storage::v1::LANE_PROFESSIONAL}));
  ASSIGN_OR_RETURN(const auto record, ReadGroup(call, query.group));
  ASSIGN_OR_RETURN(std::vector<MemberView> members,
                   MembersOf(call, query.group));
  MembersPage page;
  page.audience_etag = AudienceEtag(record);
  for (MemberView& member : members) {
    if ((query.after && !Follows(member, *query.after)) ||
        (!query.include_former && !IsMember(member.state))) {
      continue;
    }
    if (page.members.size() == query.limit) {
      const MemberView& last = page.members.back();
      page.next = {last.membership.begin_at_micros(), last.person};
      break;
    }
    page.members.push_back(std::move(member));
  }
  return page;
}

absl::StatusOr<MemberView> RemoveMember(WriteCall& call,
                                        const storage::GroupPersonKey& key,
                                        absl::string_view reason) {
  const Caller& caller = CallerOf(call);
  RETURN_IF_ERROR(Authorize(call, Action::kRemoveMember,
                            {.network = key.network,
                             .group = key.group,
                             .lane = storage::v1::LANE_PROFESSIONAL,
                             .person = key.person}));
  if (key.person == caller.person) {
    return RefuseField("name", "somebody else; LeaveGroup ends one's own");
  }
  ASSIGN_OR_RETURN(const auto member, FindMember(call, key.group, key.person));
  if (!member) {
    return RefuseUnknown();
  }
  if (!IsMember(member->state)) {
    return RefuseState(StateName(member->state));
  }
  call.note.details.emplace_back("reason", std::string(reason));
  return End(call, key.group, *member, reason);
}

absl::StatusOr<MemberView> LeaveGroup(WriteCall& call,
                                      const storage::GroupKey& key) {
  const Caller& caller = CallerOf(call);
  RETURN_IF_ERROR(Authorize(call, Action::kLeaveGroup,
                            {.network = key.network, .group = key.group}));
  ASSIGN_OR_RETURN(const std::vector<MemberView> members,
                   MembersOf(call, key.group));
  const MemberView* own = nullptr;
  bool others = false;
  for (const MemberView& member : members) {
    if (member.person == caller.person) {
      own = &member;
    } else {
      others = others || member.state == MemberState::kActive;
    }
  }
  if (own == nullptr) {
    return absl::InternalError("a member without membership");
  }
  if (!others) {
    return Refuse(absl::StatusCode::kFailedPrecondition, Reason::kLastOne,
                  "the last member cannot leave; close the group instead");
  }
  return End(call, key.group, *own, "");
}

}  // namespace renkei::domain
