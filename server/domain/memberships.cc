#include "server/domain/memberships.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/domain/audience.h"
#include "server/domain/group_entries.h"
#include "server/domain/professions.h"
#include "server/domain/refusal.h"
#include "server/domain/standing.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

using storage::v1::Affiliation;
using storage::v1::MembershipRecord;
using storage::v1::PersonRecord;

// Patient and family take part in a lane of their own.
bool FitForLane(const Affiliation& affiliation, absl::Time now) {
  const Profession* profession = FindProfession(affiliation.profession());
  return InForce(affiliation, now) && profession != nullptr &&
         profession->group != ProfessionGroup::kPatientSide;
}

absl::Status RefuseAffiliation(const ReadCall& call, const PersonId& person) {
  return Refuse(
      absl::StatusCode::kFailedPrecondition, Reason::kAffiliationMissing,
      "no affiliation in force that could be used, or several and none named",
      {{"person", absl::StrCat("networks/", CallerOf(call).network.ToText(),
                               "/people/", person.ToText())}});
}

absl::Status MarkPersonGroup(WriteCall& call, const PersonId& person,
                             const GroupId& group, bool active) {
  const storage::PersonGroupKey key{CallerOf(call).network, person, group};
  ASSIGN_OR_RETURN(auto found, call.tx.Find(storage::kPersonGroups, key));
  storage::v1::PersonGroupRecord record =
      found ? *std::move(found) : storage::v1::PersonGroupRecord();
  record.set_active(active);
  return call.tx.Put(storage::kPersonGroups, key, record);
}

absl::Status TellMembership(WriteCall& call, const GroupId& group,
                            const PersonId& person,
                            storage::v1::EventKind kind) {
  storage::v1::EventItem item;
  item.set_kind(kind);
  item.set_person(std::string(person.bytes()));
  item.set_lane(storage::v1::LANE_PROFESSIONAL);
  RETURN_IF_ERROR(TellGroup(call, group, item));
  return TellPerson(call, person, group, std::move(item));
}

void LeaveLane(storage::v1::GroupRecord& group, MembershipRecord& membership) {
  if (InAudience(membership)) {
    ChangeAudience(group, membership);
  }
  group.set_active_members(group.active_members() - 1);
}

}  // namespace

absl::StatusOr<Affiliation> ChooseAffiliation(
    const ReadCall& call, const PersonId& person, const PersonRecord& record,
    const std::optional<AffiliationId>& named) {
  const Affiliation* chosen = nullptr;
  for (const Affiliation& affiliation : record.affiliations()) {
    if (!FitForLane(affiliation, call.now) ||
        (named && affiliation.affiliation() != named->bytes())) {
      continue;
    }
    if (chosen != nullptr) {
      return RefuseAffiliation(call, person);
    }
    chosen = &affiliation;
  }
  if (chosen == nullptr) {
    return RefuseAffiliation(call, person);
  }
  return *chosen;
}

MemberState StateOf(const PersonId& person, const MembershipRecord& membership,
                    const PersonRecord& record, absl::Time now) {
  if (membership.state() == storage::v1::MEMBERSHIP_STATE_ENDED) {
    if (membership.ended_by().empty()) {  // with its affiliation
      return MemberState::kEnded;
    }
    return membership.ended_by() == person.bytes() ? MemberState::kLeft
                                                   : MemberState::kRemoved;
  }
  if (InForce(membership, record, now)) {
    return MemberState::kActive;
  }
  const int64_t micros = absl::ToUnixMicros(now);
  const Affiliation* affiliation =
      FindAffiliation(record, membership.affiliation());
  const bool over =
      (membership.end_at_micros() != 0 &&
       membership.end_at_micros() <= micros) ||
      affiliation == nullptr ||
      affiliation->state() == storage::v1::AFFILIATION_STATE_ENDED ||
      (affiliation->end_at_micros() != 0 &&
       affiliation->end_at_micros() <= micros);
  return over ? MemberState::kEnded : MemberState::kResting;
}

bool IsMember(MemberState state) {
  return state == MemberState::kActive || state == MemberState::kResting;
}

absl::StatusOr<std::optional<MemberView>> FindMember(const ReadCall& call,
                                                     const GroupId& group,
                                                     const PersonId& person) {
  const NetworkId& network = CallerOf(call).network;
  std::optional<MemberView> view;
  ASSIGN_OR_RETURN(auto membership, call.view.Find(storage::kMemberships,
                                                   {network, group, person}));
  if (!membership) {
    return view;
  }
  ASSIGN_OR_RETURN(auto record,
                   call.view.Get(storage::kPeople, {network, person}));
  const MemberState state = StateOf(person, *membership, record, call.now);
  view = {person, *std::move(membership), std::move(record), state};
  return view;
}

absl::StatusOr<std::vector<MemberView>> MembersOf(const ReadCall& call,
                                                  const GroupId& group) {
  const NetworkId& network = CallerOf(call).network;
  std::vector<MemberView> members;
  RETURN_IF_ERROR(
      call.view.Scan(storage::kMemberships,
                     storage::KeysUnder(storage::kMemberships, network, group),
                     storage::Direction::kForward,
                     [&members](const storage::GroupPersonKey& key,
                                const MembershipRecord& membership) {
                       members.push_back({key.person, membership,
                                          PersonRecord(), MemberState::kEnded});
                       return true;
                     }));
  for (MemberView& member : members) {
    ASSIGN_OR_RETURN(member.record,
                     call.view.Get(storage::kPeople, {network, member.person}));
    member.state =
        StateOf(member.person, member.membership, member.record, call.now);
  }
  std::sort(members.begin(), members.end(),
            [](const MemberView& a, const MemberView& b) {
              return std::make_tuple(a.membership.begin_at_micros(), a.person) <
                     std::make_tuple(b.membership.begin_at_micros(), b.person);
            });
  return members;
}

absl::Status CheckRoomFor(const ReadCall& call,
                          const storage::v1::GroupRecord& group,
                          const PersonId& person) {
  if (group.active_members() >= kMembersMax) {
    return RefuseLimit("members", kMembersMax);
  }
  size_t groups = 0;
  RETURN_IF_ERROR(
      call.view.Scan(storage::kPersonGroups,
                     storage::KeysUnder(storage::kPersonGroups,
                                        CallerOf(call).network, person),
                     storage::Direction::kForward,
                     [&groups](const storage::PersonGroupKey&,
                               const storage::v1::PersonGroupRecord& row) {
                       groups += row.active() ? 1 : 0;
                       return groups < kPersonGroupsMax;
                     }));
  return groups < kPersonGroupsMax
             ? absl::OkStatus()
             : RefuseLimit("groups_of_a_person", kPersonGroupsMax);
}

absl::Status BeginMembership(WriteCall& call, const GroupId& id,
                             storage::v1::GroupRecord& group,
                             const PersonId& person,
                             MembershipRecord membership) {
  const storage::GroupPersonKey key{CallerOf(call).network, id, person};
  ASSIGN_OR_RETURN(auto earlier, call.tx.Find(storage::kMemberships, key));
  if (earlier) {
    if (earlier->state() == storage::v1::MEMBERSHIP_STATE_ACTIVE) {
      LeaveLane(group, *earlier);  // it lapsed, and nobody has noted it
    }
    *membership.mutable_audience_changes() = earlier->audience_changes();
    membership.set_revision(earlier->revision());
  }
  membership.set_state(storage::v1::MEMBERSHIP_STATE_ACTIVE);
  membership.set_professional_lane(true);
  membership.set_begin_at_micros(absl::ToUnixMicros(call.now));
  membership.set_revision(membership.revision() + 1);
  ChangeAudience(group, membership);
  group.set_active_members(group.active_members() + 1);
  RETURN_IF_ERROR(KeepEntry(call, storage::kMemberships, key, membership));
  RETURN_IF_ERROR(MarkPersonGroup(call, person, id, true));
  return TellMembership(call, id, person,
                        storage::v1::EVENT_KIND_MEMBER_JOINED);
}

absl::Status EndMembership(WriteCall& call, const GroupId& id,
                           storage::v1::GroupRecord& group,
                           const MemberView& member, absl::string_view reason) {
  const Caller& caller = CallerOf(call);
  const PersonId& person = member.person;
  MembershipRecord membership = member.membership;
  membership.set_state(storage::v1::MEMBERSHIP_STATE_ENDED);
  membership.set_end_at_micros(absl::ToUnixMicros(call.now));
  membership.set_ended_by(std::string(caller.person.bytes()));
  membership.set_end_reason(std::string(reason));
  membership.set_revision(membership.revision() + 1);
  LeaveLane(group, membership);
  RETURN_IF_ERROR(KeepEntry(call, storage::kMemberships,
                            {caller.network, id, person}, membership));
  RETURN_IF_ERROR(MarkPersonGroup(call, person, id, false));
  return TellMembership(call, id, person,
                        person == caller.person
                            ? storage::v1::EVENT_KIND_MEMBER_LEFT
                            : storage::v1::EVENT_KIND_MEMBER_REMOVED);
}

}  // namespace renkei::domain
