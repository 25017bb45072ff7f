#include "server/domain/groups.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/domain/authorize.h"
#include "server/domain/group_entries.h"
#include "server/domain/memberships.h"
#include "server/domain/refusal.h"
#include "server/domain/standing.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

using storage::v1::GroupRecord;
using storage::v1::PatientRecord;

absl::Status RefuseSecondGroup(const ReadCall& call, const GroupId& group) {
  const NetworkId& network = CallerOf(call).network;
  ReasonMetadata metadata = {{"group", GroupResource(network, group)}};
  ASSIGN_OR_RETURN(const auto record,
                   call.view.Find(storage::kGroups, {network, group}));
  const auto host =
      record ? FacilityId::FromBytes(record->hosting_facility()) : std::nullopt;
  if (host) {
    metadata["hosting_facility"] = absl::StrCat("networks/", network.ToText(),
                                                "/facilities/", host->ToText());
  }
  return Refuse(absl::StatusCode::kAlreadyExists, Reason::kGroupExists,
                "the patient has an open group", metadata);
}

absl::Status CheckPermission(
    const ReadCall& call, const storage::v1::CreationPermission& permission) {
  if (absl::FromUnixMicros(permission.granted_at_micros()) > call.now) {
    return RefuseField("group.creation_permission.grant_time",
                       "a time not in the future");
  }
  const auto granter = PersonId::FromBytes(permission.granted_by());
  if (!granter) {
    return absl::InternalError("person id");
  }
  ASSIGN_OR_RETURN(
      const auto physician,
      call.view.Find(storage::kPeople, {CallerOf(call).network, *granter}));
  if (!physician) {
    return RefuseUnknown();
  }
  for (const auto& affiliation : physician->affiliations()) {
    if (affiliation.profession() == "physician" &&
        InForce(affiliation, call.now)) {
      return absl::OkStatus();
    }
  }
  return RefuseField("group.creation_permission.granted_by", "a physician");
}

absl::StatusOr<storage::v1::Affiliation> CheckForm(ReadCall& call,
                                                   const NewGroup& form) {
  ASSIGN_OR_RETURN(auto affiliation, AuthorizeNewGroup(call, form));
  const Caller& caller = CallerOf(call);
  ASSIGN_OR_RETURN(const auto host,
                   call.view.Find(storage::kFacilities,
                                  {caller.network, form.hosting_facility}));
  if (!host || host->state() != storage::v1::FACILITY_STATE_ACTIVE) {
    return RefuseUnknown();
  }
  ASSIGN_OR_RETURN(
      const auto patient,
      call.view.Find(storage::kPatients, {caller.network, form.patient}));
  if (!patient) {
    return RefuseUnknown();
  }
  call.note.patient = form.patient;
  call.note.hosting_facility = form.hosting_facility;
  if (const auto open = GroupId::FromBytes(patient->open_group())) {
    return RefuseSecondGroup(call, *open);
  }
  if (form.permission) {
    RETURN_IF_ERROR(CheckPermission(call, *form.permission));
  }
  RETURN_IF_ERROR(CheckRoomFor(call, GroupRecord(), caller.person));
  return affiliation;
}

GroupRecord NewRecord(const ReadCall& call, const NewGroup& form) {
  GroupRecord record;
  record.set_kind(storage::v1::GROUP_KIND_PATIENT);
  record.set_state(storage::v1::GROUP_STATE_DRAFT);
  record.set_title(form.title);
  record.set_patient(std::string(form.patient.bytes()));
  record.set_hosting_facility(std::string(form.hosting_facility.bytes()));
  record.set_created_by(std::string(CallerOf(call).person.bytes()));
  record.set_created_at_micros(absl::ToUnixMicros(call.now));
  if (form.permission) {
    *record.mutable_permission() = *form.permission;
  }
  return record;
}

absl::string_view InsuranceName(Insurance insurance) {
  return insurance == Insurance::kCare ? "care" : "medical";
}

void NoteNewGroup(WriteCall& call, const GroupId& group, const NewGroup& form,
                  const storage::v1::Affiliation& affiliation) {
  call.note.group = group;
  call.note.actor_affiliation =
      *AffiliationId::FromBytes(affiliation.affiliation());
  call.note.actor_facility = *FacilityId::FromBytes(affiliation.facility());
  call.note.actor_profession = affiliation.profession();
  if (form.permission) {
    call.note.target_person =
        *PersonId::FromBytes(form.permission->granted_by());
    call.note.details.emplace_back("permission", form.permission->how());
  }
  if (form.insurance != Insurance::kNotStated) {
    call.note.details.emplace_back("insurance", InsuranceName(form.insurance));
  }
}

absl::Status TellState(WriteCall& call, const GroupId& group) {
  storage::v1::EventItem item;
  item.set_kind(storage::v1::EVENT_KIND_GROUP_CHANGED);
  return TellGroup(call, group, item);
}

// The patient's open group becomes `group`, or none if it was this one.
absl::Status SetOpenGroup(WriteCall& call, const GroupRecord& record,
                          absl::string_view group) {
  const auto id = PatientId::FromBytes(record.patient());
  if (!id) {
    return absl::InternalError("patient id");
  }
  const storage::PatientKey key{CallerOf(call).network, *id};
  ASSIGN_OR_RETURN(PatientRecord patient, call.tx.Get(storage::kPatients, key));
  patient.set_open_group(std::string(group));
  return call.tx.Put(storage::kPatients, key, patient);
}

absl::Status CheckEtag(absl::string_view etag, const GroupRecord& record) {
  const std::string current = GroupEtag(record);
  return etag.empty() || etag == current
             ? absl::OkStatus()
             : Refuse(absl::StatusCode::kAborted, Reason::kEtagMismatch,
                      "the group changed since it was read",
                      {{"etag", current}});
}

absl::string_view StateName(storage::v1::GroupState state) {
  return state == storage::v1::GROUP_STATE_DRAFT ? "DRAFT" : "OPEN";
}

}  // namespace

std::string GroupEtag(const GroupRecord& group) {
  return absl::StrCat("g", group.revision());
}

absl::Status CheckNewGroup(ReadCall& call, const NewGroup& form) {
  return CheckForm(call, form).status();
}

absl::StatusOr<GroupId> CreateGroup(WriteCall& call, const NewGroup& form,
                                    const std::optional<GroupId>& keyed) {
  ASSIGN_OR_RETURN(const auto affiliation, CheckForm(call, form));
  if (!keyed) {
    return Refuse(absl::StatusCode::kUnavailable, Reason::kServerStopping,
                  "what stood in the way has just gone; try again");
  }
  const Caller& caller = CallerOf(call);
  GroupRecord record = NewRecord(call, form);
  storage::v1::MembershipRecord first;
  first.set_affiliation(affiliation.affiliation());
  first.set_attending_physician(affiliation.profession() == "physician");
  first.mutable_history()->set_scope(storage::v1::HISTORY_SCOPE_ALL);
  first.set_visible_from(1);
  RETURN_IF_ERROR(
      BeginMembership(call, *keyed, record, caller.person, std::move(first)));
  RETURN_IF_ERROR(KeepGroup(call, *keyed, record));
  RETURN_IF_ERROR(SetOpenGroup(call, record, keyed->bytes()));
  RETURN_IF_ERROR(TellState(call, *keyed));
  NoteNewGroup(call, *keyed, form, affiliation);
  return *keyed;
}

absl::Status MarkClosed(WriteCall& call, const GroupId& group,
                        storage::v1::CloseReason reason, absl::string_view note,
                        GroupRecord& record) {
  record.set_state(storage::v1::GROUP_STATE_CLOSED);
  record.set_close_reason(reason);
  record.set_closed_note(std::string(note));
  record.set_closed_at_micros(absl::ToUnixMicros(call.now));
  record.set_closed_by(std::string(CallerOf(call).person.bytes()));
  call.note.group = group;
  return SetOpenGroup(call, record, "");
}

absl::Status CloseGroup(WriteCall& call, const Closing& closing) {
  RETURN_IF_ERROR(
      Authorize(call, Action::kCloseGroup,
                {.network = closing.network, .group = closing.group}));
  ASSIGN_OR_RETURN(GroupRecord record, ReadGroup(call, closing.group));
  RETURN_IF_ERROR(CheckEtag(closing.etag, record));
  RETURN_IF_ERROR(
      MarkClosed(call, closing.group, closing.reason, closing.note, record));
  RETURN_IF_ERROR(KeepGroup(call, closing.group, record));
  call.note.reason = storage::v1::CloseReason_Name(closing.reason);
  call.note.details.emplace_back("note", closing.note);
  return TellState(call, closing.group);
}

absl::Status ReopenGroup(WriteCall& call, const Reopening& reopening) {
  RETURN_IF_ERROR(
      Authorize(call, Action::kReopenGroup,
                {.network = reopening.network, .group = reopening.group}));
  ASSIGN_OR_RETURN(GroupRecord record, ReadGroup(call, reopening.group));
  RETURN_IF_ERROR(CheckEtag(reopening.etag, record));
  if (record.state() != storage::v1::GROUP_STATE_CLOSED) {
    return RefuseState(StateName(record.state()));
  }
  const auto id = PatientId::FromBytes(record.patient());
  if (!id) {
    return absl::InternalError("patient id");
  }
  ASSIGN_OR_RETURN(
      const PatientRecord patient,
      call.tx.Get(storage::kPatients, {CallerOf(call).network, *id}));
  if (const auto open = GroupId::FromBytes(patient.open_group())) {
    return RefuseSecondGroup(call, *open);
  }
  record.set_state(record.consent().empty() ? storage::v1::GROUP_STATE_DRAFT
                                            : storage::v1::GROUP_STATE_OPEN);
  record.clear_close_reason();
  record.clear_closed_note();
  record.clear_closed_at_micros();
  record.clear_closed_by();
  RETURN_IF_ERROR(KeepGroup(call, reopening.group, record));
  RETURN_IF_ERROR(SetOpenGroup(call, record, reopening.group.bytes()));
  call.note.details.emplace_back("note", reopening.note);
  return TellState(call, reopening.group);
}

}  // namespace renkei::domain
