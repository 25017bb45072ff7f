#include "tests/support/every_call.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "absl/time/clock.h"
#include "renkei/v1/audit.pb.h"
#include "renkei/v1/group.pb.h"
#include "renkei/v1/sync.pb.h"
#include "tests/support/people_calls.h"

namespace renkei::testing {
namespace {

using ::absl::StrCat;
using ::absl::Substitute;

std::string IdOf(const std::string& name) {
  return name.substr(name.rfind('/') + 1);
}

std::string NewPatient(const CallBook& book, const std::string& number,
                       const std::string& name) {
  return Substitute(
      R"(parent: "$0" facility: "$1" patient {
           insured_number: "$2" birth_date: "1934-05-01"
           human_name { text: "$3$4" reading: "よみ$4" } })",
      book.net, book.team.nurse.facility, number, name, book.tag);
}

std::string NewGroup(const CallBook& book, const std::string& patient) {
  return Substitute(
      R"(parent: "$0" affiliation: "$1" group {
           kind: KIND_PATIENT display_name: "利用者の会$2" patient: "$3"
           hosting_facility: "$4" creation_permission {
             granted_by: "$5" grant_time { seconds: $6 } how: "電話$2" } })",
      book.net, book.team.nurse.affiliation, book.tag, patient,
      book.team.nurse.facility, book.team.physician.name,
      absl::ToUnixSeconds(absl::Now()) - 3600);
}

std::string MakePatient(CallBook& book, const std::string& number) {
  return book
      .Do<v1::CreatePatientResponse>("DirectoryService/CreatePatient",
                                     book.team.nurse,
                                     NewPatient(book, number, "布多 トメ"))
      .patient()
      .name();
}

// A patient with an open group of the nurse's.
std::string MakeGroup(CallBook& book, const std::string& number) {
  return book
      .Do<v1::Group>("GroupService/CreateGroup", book.team.nurse,
                     NewGroup(book, MakePatient(book, number)))
      .name();
}

std::string NewInvitation(const CallBook& book, const std::string& invitee,
                          const std::string& affiliation) {
  return Substitute(
      R"(parent: "$0" invitation { invitee: "$1" affiliation: "$2"
           history: HISTORY_VISIBILITY_ALL note: "担当$3" })",
      book.team.group, invitee, affiliation, book.tag);
}

std::string Invite(CallBook& book, const std::string& invitee,
                   const std::string& affiliation) {
  return book
      .Do<v1::Invitation>("GroupService/InviteMember", book.team.nurse,
                          NewInvitation(book, invitee, affiliation))
      .name();
}
void AddPatientCalls(CallBook& book) {
  book.Add("DirectoryService/CreatePatient", book.team.nurse,
           NewPatient(book, "8173640933", "深大寺 ハナ"));
  book.Add("DirectoryService/GetPatient", book.team.nurse,
           book.Named(book.team.patient));
  book.Add("DirectoryService/SearchPatients", book.team.nurse,
           Substitute(R"(parent: "$0" exact_name: "国領 キヨ$1")", book.net,
                      book.tag));
}

void AddMessageCalls(CallBook& book) {
  const std::string first =
      Send(book.server, book.team, book.team.nurse, "発熱 38.2" + book.tag)
          .name();
  const std::string second =
      Send(book.server, book.team, book.team.nurse, "褥瘡は仙骨部" + book.tag)
          .name();
  book.Add("MessageService/SendMessage", book.team.nurse,
           Substitute(R"(parent: "$0" lane: LANE_PROFESSIONAL
                    category: CATEGORY_DAILY_CARE priority: PRIORITY_NORMAL
                    body: "服薬は済み$1")",
                      book.team.group, book.tag));
  book.Add("MessageService/GetMessage", book.team.physician, book.Named(first));
  book.Add("MessageService/ListMessages", book.team.physician,
           book.Under(book.team.group));
  book.Add("MessageService/AcknowledgeMessage", book.team.physician,
           Substitute(R"(name: "$0" revision: 1)", first));
  book.Add("MessageService/MarkDisplayed", book.team.physician,
           Substitute(R"(parent: "$0" messages { message: "$1" revision: 1 })",
                      book.team.group, second));
  book.Add("MessageService/ListReceipts", book.team.nurse, book.Under(first));
  book.Add("MessageService/ListUnread", book.team.physician,
           book.Under(book.net));
  book.Add("SyncService/Sync", book.team.physician, "");
  const auto begun =
      book.Do<v1::SyncFrame>("SyncService/Sync", book.team.physician, "");
  book.Add("SyncService/AckDelivery", book.team.physician,
           Substitute(R"(cursor: "$0")", begun.cursor()));
}

void AddMemberCalls(CallBook& book) {
  const std::string affiliation = book.colleague.affiliations(0).name();
  const v1::Person another = book.TakeOn("another", "別の人");
  book.Add("GroupService/ListMembers", book.team.nurse,
           book.Under(book.team.group));
  book.Add("GroupService/ListInvitations", book.team.nurse,
           book.Under(book.team.group));
  book.Add("GroupService/InviteMember", book.team.nurse,
           NewInvitation(book, another.name(), another.affiliations(0).name()));
  book.Add(
      "GroupService/AcceptInvitation", book.newcomer,
      book.Named(Invite(book, book.newcomer.name, book.newcomer.affiliation)));
  book.Add(
      "GroupService/DeclineInvitation", book.invitee,
      book.Named(Invite(book, book.invitee.name, book.invitee.affiliation)));
  book.Add("GroupService/CancelInvitation", book.team.nurse,
           book.Named(Invite(book, book.colleague.name(), affiliation)));
  book.Add("GroupService/LeaveGroup", book.helper, book.Named(book.team.group));
  book.Add("GroupService/RemoveMember", book.team.physician,
           book.NamedBecause(StrCat(book.team.group, "/members/",
                                    IdOf(book.team.care_manager.name))));
}

void AddAuditCalls(CallBook& book) {
  const auto role = book.Do<v1::RoleGrant>(
      "DirectoryService/GrantRole", book.team.office,
      Substitute(R"(parent: "$0" role: ROLE_AUDITOR)", book.newcomer.name));
  book.Do<v1::RoleGrant>("DirectoryService/ApproveRoleGrant",
                         book.team.care_manager, book.Named(role.name()));
  const int64_t now = absl::ToUnixSeconds(absl::Now());
  book.Add("AuditService/ListAuditEvents", book.newcomer, book.Under(book.net));
  book.Add("AuditService/GetAuditEvent", book.newcomer,
           book.Named(StrCat(book.net, "/auditEvents/3")));
  book.Add("AuditService/GetCheckpoint", book.newcomer,
           book.Named(StrCat(book.net, "/checkpoint")));
  book.Add("AuditService/GetInclusionProof", book.newcomer,
           Substitute(R"(name: "$0/auditEvents/3" tree_size: 5)", book.net));
  book.Add("AuditService/GetConsistencyProof", book.newcomer,
           Substitute(R"(parent: "$0" older_size: 3 newer_size: 5)", book.net));
  book.Add("AuditService/ExportAuditEvents", book.newcomer,
           book.Under(book.net));
  book.Add("AuditService/GetAuditReport", book.newcomer,
           Substitute(R"(parent: "$0" question: AUDIT_QUESTION_PATIENT_ACCESS
                    patient: "$1" start_time { seconds: $2 }
                    end_time { seconds: $3 })",
                      book.net, book.team.patient, now - 3600, now));
  book.Add("AuditService/RecordAuditReview", book.team.nurse,
           Substitute(R"(facility: "$0" findings: "異常なし$1"
                    start_time { seconds: $2 } end_time { seconds: $3 })",
                      book.team.nurse.facility, book.tag, now - 3600, now - 1));
}

// The nurse's station hosts these groups, so that she may close them.
void AddGroupCalls(CallBook& book) {
  const std::string closed = MakeGroup(book, "8173640941");
  book.Do<v1::Group>(
      "GroupService/CloseGroup", book.team.nurse,
      Substitute(R"(name: "$0" reason: CLOSE_REASON_CARE_ENDED)", closed));
  const std::string open = MakeGroup(book, "8173640958");
  book.Add("GroupService/CreateGroup", book.team.nurse,
           NewGroup(book, MakePatient(book, "8173640966")));
  book.Add("GroupService/GetGroup", book.team.nurse,
           book.Named(book.team.group));
  book.Add("GroupService/ListGroups", book.team.nurse, book.Under(book.net));
  book.Add("GroupService/ReopenGroup", book.team.nurse,
           Substitute(R"(name: "$0" note: "在宅へ$1")", closed, book.tag));
  book.Add("GroupService/RecordConsent", book.team.nurse,
           Substitute(R"(parent: "$0" consent { form_version: "様式2$1"
                    signer: "布多 一郎$1" relation: RELATION_CHILD
                    sign_date: "2026-02-17" paper_location: "書庫$1"
                    covered_facilities: "$2" covered_facilities: "$3" })",
                      open, book.tag, book.team.nurse.facility,
                      book.team.physician.facility));
  book.Add("GroupService/WithdrawConsent", book.team.physician,
           book.NamedBecause(book.Do<v1::Group>("GroupService/GetGroup",
                                                book.team.physician,
                                                book.Named(book.team.group))
                                 .consent()
                                 .name()));
  book.Add("GroupService/CloseGroup", book.team.nurse,
           Substitute(R"(name: "$0" reason: CLOSE_REASON_CARE_ENDED
                    note: "入所$1")",
                      open, book.tag));
}

}  // namespace

std::vector<RightCall> PrepareEveryCall(LiveServer& server, LiveNetwork& team,
                                        const std::string& tag) {
  CallBook book{server, team, tag, server.network(), {}, {}, {}, {}, {}};
  AddPeople(book);
  AddDirectoryCalls(book);
  AddPatientCalls(book);
  AddMessageCalls(book);
  AddMemberCalls(book);
  AddAuditCalls(book);
  AddGroupCalls(book);
  AddSessionCalls(book);
  return std::move(book.calls);
}

}  // namespace renkei::testing
