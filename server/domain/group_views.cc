#include "server/domain/group_views.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "server/domain/audit.h"
#include "server/domain/authorize.h"
#include "server/domain/group_entries.h"
#include "server/domain/memberships.h"
#include "server/domain/refusal.h"
#include "server/domain/standing.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

auto Rank(const GroupPlace& place) {
  return std::make_tuple(place.active_at_micros, place.group);
}

absl::Status AddNames(const ReadCall& call, GroupView& view) {
  const NetworkId& network = CallerOf(call).network;
  if (const auto id = PatientId::FromBytes(view.record.patient())) {
    ASSIGN_OR_RETURN(const auto patient,
                     call.view.Get(storage::kPatients, {network, *id}));
    view.patient_name = patient.display_name();
    view.patient_name_reading = patient.display_name_reading();
  }
  if (const auto id = FacilityId::FromBytes(view.record.hosting_facility())) {
    ASSIGN_OR_RETURN(const auto host,
                     call.view.Get(storage::kFacilities, {network, *id}));
    view.hosting_facility_name = host.display_name();
  }
  return absl::OkStatus();
}

absl::StatusOr<GroupView> ViewOf(const ReadCall& call, const GroupId& group,
                                 storage::v1::GroupRecord record) {
  const NetworkId& network = CallerOf(call).network;
  GroupView view;
  view.id = group;
  view.record = std::move(record);
  ASSIGN_OR_RETURN(auto head,
                   call.view.Find(storage::kGroupHeads, {network, group}));
  if (head) {
    view.head = *std::move(head);
  }
  RETURN_IF_ERROR(AddNames(call, view));
  if (const auto id = ConsentId::FromBytes(view.record.latest_consent())) {
    ASSIGN_OR_RETURN(view.consent,
                     call.view.Find(storage::kConsents, {network, group, *id}));
  }
  ASSIGN_OR_RETURN(const std::vector<MemberView> members,
                   MembersOf(call, group));
  for (const MemberView& member : members) {
    if (member.state != MemberState::kActive ||
        !member.membership.professional_lane()) {
      continue;
    }
    ++view.members;
    if (member.membership.attending_physician()) {
      view.attending_physicians.push_back(member.person);
    }
  }
  return view;
}

struct Candidate {
  GroupPlace place;
  storage::v1::GroupRecord record;
};

// The caller's groups that `query` asks for, in no order.
absl::StatusOr<std::vector<Candidate>> CandidatesFor(const ReadCall& call,
                                                     const GroupsQuery& query) {
  const Caller& caller = CallerOf(call);
  ASSIGN_OR_RETURN(
      const auto person,
      call.view.Get(storage::kPeople, {caller.network, caller.person}));
  std::vector<GroupId> groups;
  RETURN_IF_ERROR(call.view.Scan(
      storage::kPersonGroups,
      storage::KeysUnder(storage::kPersonGroups, caller.network, caller.person),
      storage::Direction::kForward,
      [&groups](const storage::PersonGroupKey& key,
                const storage::v1::PersonGroupRecord& row) {
        if (row.active()) {
          groups.push_back(key.group);
        }
        return true;
      }));
  std::vector<Candidate> candidates;
  for (const GroupId& group : groups) {
    ASSIGN_OR_RETURN(const auto membership,
                     call.view.Get(storage::kMemberships,
                                   {caller.network, group, caller.person}));
    ASSIGN_OR_RETURN(auto record, ReadGroup(call, group));
    if (!InForce(membership, person, call.now) ||
        (query.state && record.state() != *query.state)) {
      continue;
    }
    ASSIGN_OR_RETURN(const auto head, call.view.Find(storage::kGroupHeads,
                                                     {caller.network, group}));
    const int64_t latest = head ? head->last_message_at_micros() : 0;
    const int64_t active = std::max(latest, record.created_at_micros());
    candidates.push_back({{active, group}, std::move(record)});
  }
  return candidates;
}

// The patient's name stands in a group: showing it is a disclosure.
void NoteShown(ReadCall& call, const GroupView& view) {
  NoteSubject(
      call.note,
      {.patient =
           PatientId::FromBytes(view.record.patient()).value_or(PatientId()),
       .group = view.id,
       .hosting_facility = FacilityId::FromBytes(view.record.hosting_facility())
                               .value_or(FacilityId())});
}

}  // namespace

absl::StatusOr<GroupView> ViewGroup(const ReadCall& call,
                                    const GroupId& group) {
  ASSIGN_OR_RETURN(auto record, ReadGroup(call, group));
  return ViewOf(call, group, std::move(record));
}

std::string TitleOf(const GroupView& group) {
  return group.record.title().empty() ? group.patient_name
                                      : group.record.title();
}

absl::StatusOr<GroupView> GetGroup(ReadCall& call,
                                   const storage::GroupKey& key) {
  RETURN_IF_ERROR(Authorize(call, Action::kGetGroup,
                            {.network = key.network, .group = key.group}));
  return ViewGroup(call, key.group);
}

absl::StatusOr<GroupsPage> ListGroups(ReadCall& call,
                                      const GroupsQuery& query) {
  RETURN_IF_ERROR(
      Authorize(call, Action::kListGroups, {.network = query.network}));
  ASSIGN_OR_RETURN(std::vector<Candidate> candidates,
                   CandidatesFor(call, query));
  std::sort(candidates.begin(), candidates.end(),
            [](const Candidate& a, const Candidate& b) {
              return Rank(a.place) > Rank(b.place);
            });
  GroupsPage page;
  for (Candidate& candidate : candidates) {
    if (query.after && Rank(candidate.place) >= Rank(*query.after)) {
      continue;
    }
    if (page.groups.size() == query.limit) {
      break;
    }
    ASSIGN_OR_RETURN(GroupView view, ViewOf(call, candidate.place.group,
                                            std::move(candidate.record)));
    NoteShown(call, view);
    page.groups.push_back(std::move(view));
    page.next = candidate.place;
  }
  const bool more = !candidates.empty() && page.next &&
                    Rank(*page.next) > Rank(candidates.back().place);
  if (!more) {
    page.next.reset();
  }
  return page;
}

}  // namespace renkei::domain
