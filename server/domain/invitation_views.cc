#include "server/domain/invitation_views.h"

#include <utility>

#include "server/domain/authorize.h"
#include "server/domain/group_entries.h"
#include "server/domain/invitation_checks.h"
#include "server/domain/refusal.h"
#include "server/domain/signature.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

using storage::v1::InvitationRecord;

absl::StatusOr<storage::v1::PersonRecord> ReadPerson(const ReadCall& call,
                                                     absl::string_view bytes) {
  const auto id = PersonId::FromBytes(bytes);
  if (!id) {
    return absl::InternalError("person id");
  }
  return call.view.Get(storage::kPeople, {CallerOf(call).network, *id});
}

absl::Status AddInviter(const ReadCall& call, InvitationView& view) {
  ASSIGN_OR_RETURN(const auto person, ReadPerson(call, view.record.inviter()));
  ASSIGN_OR_RETURN(
      const auto membership,
      call.view.Find(storage::kMemberships,
                     {CallerOf(call).network, view.group,
                      *PersonId::FromBytes(view.record.inviter())}));
  if (!membership) {
    return absl::InternalError("an inviter who never was a member");
  }
  view.inviter_affiliation = AffiliationId::FromBytes(membership->affiliation())
                                 .value_or(AffiliationId());
  ASSIGN_OR_RETURN(view.inviter,
                   SignatureOf(call, person, membership->affiliation()));
  return absl::OkStatus();
}

absl::StatusOr<std::string> TitleFor(const ReadCall& call,
                                     const GroupId& group) {
  ASSIGN_OR_RETURN(const auto record, ReadGroup(call, group));
  const auto patient = PatientId::FromBytes(record.patient());
  if (!record.title().empty() || !patient) {
    return record.title();
  }
  ASSIGN_OR_RETURN(
      const auto named,
      call.view.Get(storage::kPatients, {CallerOf(call).network, *patient}));
  return named.display_name();
}

absl::StatusOr<InvitationView> ViewOf(const ReadCall& call,
                                      const GroupId& group,
                                      const InvitationId& id,
                                      InvitationRecord record) {
  InvitationView view;
  view.group = group;
  view.id = id;
  view.state = StateOf(record, call.now);
  view.record = std::move(record);
  ASSIGN_OR_RETURN(const auto invitee, ReadPerson(call, view.record.invitee()));
  ASSIGN_OR_RETURN(view.invitee,
                   SignatureOf(call, invitee, view.record.affiliation()));
  RETURN_IF_ERROR(AddInviter(call, view));
  ASSIGN_OR_RETURN(view.group_title, TitleFor(call, group));
  return view;
}

// Keys have their id last, so the interval ends just before that of `before`.
template <typename Table, typename Key, typename Owner>
storage::KeyRange KeysBefore(const Table& table, const NetworkId& network,
                             const Owner& owner,
                             const std::optional<InvitationId>& before) {
  storage::KeyRange range = storage::KeysUnder(table, network, owner);
  if (before) {
    range.end = storage::EncodeKey(table.facts, Key{network, owner, *before});
  }
  return range;
}

bool Wanted(const InvitationsQuery& query, const InvitationRecord& record,
            absl::Time now) {
  return !query.state || StateOf(record, now) == *query.state;
}

struct Row {
  GroupId group;
  InvitationId id;
  InvitationRecord record;
};

// At most one row more than the page holds.
absl::StatusOr<std::vector<Row>> RowsOfGroup(const ReadCall& call,
                                             const InvitationsQuery& query) {
  std::vector<Row> rows;
  RETURN_IF_ERROR(call.view.Scan(
      storage::kInvitations,
      KeysBefore<decltype(storage::kInvitations), storage::InvitationKey>(
          storage::kInvitations, CallerOf(call).network, *query.group,
          query.before),
      storage::Direction::kBackward,
      [&](const storage::InvitationKey& key, const InvitationRecord& record) {
        if (Wanted(query, record, call.now)) {
          rows.push_back({key.group, key.invitation, record});
        }
        return rows.size() <= query.limit;
      }));
  return rows;
}

absl::StatusOr<std::vector<Row>> RowsOfCaller(const ReadCall& call,
                                              const InvitationsQuery& query) {
  const Caller& caller = CallerOf(call);
  std::vector<Row> rows;
  absl::Status failed;
  RETURN_IF_ERROR(call.view.Scan(
      storage::kPersonInvitations,
      KeysBefore<decltype(storage::kPersonInvitations),
                 storage::PersonInvitationKey>(storage::kPersonInvitations,
                                               caller.network, caller.person,
                                               query.before),
      storage::Direction::kBackward,
      [&](const storage::PersonInvitationKey& key,
          const storage::v1::GroupRef& where) {
        const auto group =
            GroupId::FromBytes(where.group()).value_or(GroupId());
        auto record = call.view.Get(storage::kInvitations,
                                    {caller.network, group, key.invitation});
        failed = record.status();
        if (record.ok() && Wanted(query, *record, call.now)) {
          rows.push_back({group, key.invitation, *std::move(record)});
        }
        return failed.ok() && rows.size() <= query.limit;
      }));
  RETURN_IF_ERROR(failed);
  return rows;
}

}  // namespace

absl::StatusOr<InvitationView> ViewInvitation(const ReadCall& call,
                                              const GroupId& group,
                                              const InvitationId& invitation) {
  ASSIGN_OR_RETURN(auto record,
                   call.view.Find(storage::kInvitations,
                                  {CallerOf(call).network, group, invitation}));
  if (!record) {
    return RefuseUnknown();
  }
  return ViewOf(call, group, invitation, *std::move(record));
}

absl::StatusOr<InvitationsPage> ListInvitations(ReadCall& call,
                                                const InvitationsQuery& query) {
  const Caller& caller = CallerOf(call);
  Target target{.network = query.network};
  if (query.group) {
    target.group = *query.group;
    target.lane = storage::v1::LANE_PROFESSIONAL;
  } else {
    target.person = caller.person;
  }
  RETURN_IF_ERROR(Authorize(call, Action::kListInvitations, target));
  ASSIGN_OR_RETURN(std::vector<Row> rows, query.group
                                              ? RowsOfGroup(call, query)
                                              : RowsOfCaller(call, query));
  InvitationsPage page;
  if (rows.size() > query.limit) {
    rows.resize(query.limit);
    page.next = rows.back().id;
  }
  for (Row& row : rows) {
    ASSIGN_OR_RETURN(InvitationView view,
                     ViewOf(call, row.group, row.id, std::move(row.record)));
    page.invitations.push_back(std::move(view));
  }
  return page;
}

}  // namespace renkei::domain
