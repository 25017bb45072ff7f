#include "tests/support/live_network.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace renkei::testing {
namespace {

using Directory = v1::DirectoryService::Stub;
using Groups = v1::GroupService::Stub;
using Messages = v1::MessageService::Stub;

std::string AddFacility(LiveServer& server, const Person& office,
                        v1::Facility::Kind kind, const std::string& name,
                        const std::string& number,
                        const std::string& telephone) {
  v1::CreateFacilityRequest create;
  create.set_parent(server.network());
  create.mutable_facility()->set_display_name(name);
  create.mutable_facility()->set_kind(kind);
  create.mutable_facility()->set_number(number);
  create.mutable_facility()->set_telephone(telephone);
  return server.Call(office.tokens, &Directory::CreateFacility, create).name();
}

std::string AddPatient(LiveServer& server, const Person& registrar,
                       const std::string& insured_number,
                       const std::string& tag) {
  v1::CreatePatientRequest create;
  create.set_parent(server.network());
  create.set_facility(registrar.facility);
  v1::Patient& patient = *create.mutable_patient();
  patient.set_insured_number(insured_number);
  patient.mutable_human_name()->set_text("国領 キヨ" + tag);
  patient.mutable_human_name()->set_reading("こくりょう きよ" + tag);
  patient.set_birth_date("1931-11-29");
  return server.Call(registrar.tokens, &Directory::CreatePatient, create)
      .patient()
      .name();
}

std::string AddGroup(LiveServer& server, const LiveNetwork& team,
                     const std::string& tag) {
  v1::CreateGroupRequest create;
  create.set_parent(server.network());
  create.set_affiliation(team.nurse.affiliation);
  v1::Group& group = *create.mutable_group();
  group.set_kind(v1::Group::KIND_PATIENT);
  group.set_display_name("国領さんの会" + tag);
  group.set_patient(team.patient);
  group.set_hosting_facility(team.physician.facility);
  v1::CreationPermission& permission = *group.mutable_creation_permission();
  permission.set_granted_by(team.physician.name);
  permission.mutable_grant_time()->set_seconds(
      absl::ToUnixSeconds(absl::Now()) - 3600);
  permission.set_how("電話で承諾" + tag);
  return server.Call(team.nurse.tokens, &Groups::CreateGroup, create).name();
}

void RecordConsent(LiveServer& server, const LiveNetwork& team,
                   const std::string& tag) {
  v1::RecordConsentRequest record;
  record.set_parent(team.group);
  v1::Consent& consent = *record.mutable_consent();
  consent.set_form_version("様式2" + tag);
  consent.set_signer("国領 一郎" + tag);
  consent.set_relation(v1::Consent::RELATION_CHILD);
  consent.set_sign_date("2026-02-17");
  consent.set_paper_location("診療所の書庫" + tag);
  for (const Person* person :
       {&team.physician, &team.nurse, &team.care_manager, &team.stranger}) {
    consent.add_covered_facilities(person->facility);
  }
  server.Call(team.nurse.tokens, &Groups::RecordConsent, record);
}

}  // namespace

LiveNetwork MakeLiveNetwork(LiveServer& server, const std::string& tag) {
  LiveNetwork team;
  team.office = server.EnrolOffice("川沿いを自転車で通う毎朝" + tag);
  const std::string clinic =
      AddFacility(server, team.office, v1::Facility::KIND_CLINIC,
                  "調布医院" + tag, "1311234567", "042-481-7312");
  const std::string station = AddFacility(
      server, team.office, v1::Facility::KIND_VISITING_NURSE_STATION,
      "訪問看護たまがわ" + tag, "1360890123", "042-481-7313");
  const std::string office = AddFacility(
      server, team.office, v1::Facility::KIND_CARE_MANAGEMENT_OFFICE,
      "居宅ふだ" + tag, "1370234561", "042-481-7314");
  const std::string pharmacy =
      AddFacility(server, team.office, v1::Facility::KIND_PHARMACY,
                  "さるすべり薬局" + tag, "1345678904", "042-481-7315");
  const auto first = [&](const std::string& login, const std::string& name,
                         const std::string& profession,
                         const std::string& facility) {
    return server.AddPerson(team.office,
                            {login + tag, name + tag, profession, facility,
                             "川沿いを自転車で通う毎朝" + tag, true});
  };
  team.physician = first("sengawa", "仙川 誠", "physician", clinic);
  team.nurse = first("somechi", "染地 花", "visiting_nurse", station);
  team.care_manager = first("fuda", "布田 みどり", "care_manager", office);
  team.stranger = first("hyakujitsu", "百日 紅", "pharmacist", pharmacy);
  return WithGroup(server, std::move(team), "8173640925", tag);
}

LiveNetwork WithGroup(LiveServer& server, LiveNetwork team,
                      const std::string& insured_number,
                      const std::string& tag) {
  team.patient = AddPatient(server, team.nurse, insured_number, tag);
  team.group = AddGroup(server, team, tag);
  RecordConsent(server, team, tag);
  Join(server, team, team.physician, true, "主治医として" + tag);
  Join(server, team, team.care_manager, false, "担当として" + tag);
  return team;
}

void Join(LiveServer& server, const LiveNetwork& team, const Person& invitee,
          bool attending_physician, const std::string& note) {
  v1::InviteMemberRequest invite;
  invite.set_parent(team.group);
  v1::Invitation& invitation = *invite.mutable_invitation();
  invitation.set_invitee(invitee.name);
  invitation.set_affiliation(invitee.affiliation);
  invitation.set_history(v1::HISTORY_VISIBILITY_ALL);
  invitation.set_attending_physician(attending_physician);
  invitation.set_note(note);
  v1::AcceptInvitationRequest accept;
  accept.set_name(
      server.Call(team.nurse.tokens, &Groups::InviteMember, invite).name());
  server.Call(invitee.tokens, &Groups::AcceptInvitation, accept);
}

v1::Message Send(LiveServer& server, const LiveNetwork& team,
                 const Person& author, const std::string& body) {
  v1::SendMessageRequest send;
  send.set_parent(team.group);
  send.set_lane(v1::LANE_PROFESSIONAL);
  send.set_category(v1::CATEGORY_DAILY_CARE);
  send.set_priority(v1::PRIORITY_NORMAL);
  send.set_body(body);
  return server.Call(author.tokens, &Messages::SendMessage, send).message();
}

}  // namespace renkei::testing
