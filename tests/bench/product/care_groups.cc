#include "tests/bench/product/care_groups.h"

#include <memory>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "renkei/v1/directory.pb.h"
#include "renkei/v1/group.pb.h"
#include "storage/base/status_macros.h"

namespace renkei::bench {
namespace {

constexpr size_t kFacilityNumberFirst = 1310000000;

std::string NetworkOf(const std::string& name) {
  return name.substr(0, name.find("/people/"));
}

// One facility with its administrator, who registers the groups that belong to
// it. Each thread has one.
class Founder {
 public:
  // `office` is signed in as the network office.
  static absl::StatusOr<std::unique_ptr<Founder>> Begin(
      const Endpoint& endpoint, Caller& office, const std::string& network,
      int number) {
    auto founder = std::unique_ptr<Founder>(new Founder(network, number));
    ASSIGN_OR_RETURN(founder->caller_, Caller::Connect(endpoint));
    ASSIGN_OR_RETURN(founder->administrator_caller_, Caller::Connect(endpoint));
    v1::CreateFacilityRequest request;
    request.set_parent(network);
    request.mutable_facility()->set_display_name(
        absl::StrCat("けやき在宅クリニック", number));
    request.mutable_facility()->set_kind(v1::Facility::KIND_CLINIC);
    request.mutable_facility()->set_number(
        absl::StrCat(kFacilityNumberFirst + static_cast<size_t>(number)));
    request.set_request_id(NewUuid());
    v1::Facility facility;
    RETURN_IF_ERROR(
        office.Call("DirectoryService/CreateFacility", request, facility));
    founder->facility_ = facility.name();
    ASSIGN_OR_RETURN(
        const std::string password,
        founder->Register(office, "admin", "clerk", /*administrator=*/true));
    return Enrol(*founder->administrator_caller_, founder->Login("admin"),
                 password)
                   .ok()
               ? absl::StatusOr<std::unique_ptr<Founder>>(std::move(founder))
               : absl::InternalError("the administrator could not enrol");
  }

  absl::StatusOr<CareGroup> FoundGroup(size_t index, size_t members) {
    CareGroup group;
    for (size_t i = 0; i < members; ++i) {
      const std::string person = absl::StrCat("g", index, "-m", i);
      ASSIGN_OR_RETURN(
          const std::string password,
          Register(*administrator_caller_, person,
                   i == 0 ? "physician" : "visiting_nurse", false));
      ASSIGN_OR_RETURN(Person enrolled,
                       Enrol(*caller_, Login(person), password));
      group.members.push_back(std::move(enrolled));
    }
    const Person& physician = group.members.front();
    caller_->set_access_token(physician.access_token);
    ASSIGN_OR_RETURN(group.name, CreateGroup(index));
    for (size_t i = 1; i < members; ++i) {
      RETURN_IF_ERROR(AddMember(group.name, physician, group.members[i]));
    }
    return group;
  }

 private:
  Founder(std::string network, int number)
      : network_(std::move(network)), number_(number) {}

  std::string Login(absl::string_view person) const {
    return absl::StrCat("f", number_, "-", person);
  }

  // Returns the one-time password.
  absl::StatusOr<std::string> Register(Caller& by, absl::string_view person,
                                       absl::string_view profession,
                                       bool administrator) {
    v1::CreatePersonRequest request;
    request.set_parent(network_);
    request.mutable_person()->set_login(Login(person));
    request.mutable_person()->mutable_human_name()->set_text("染地 由美");
    request.mutable_person()->mutable_human_name()->set_reading("そめち ゆみ");
    request.mutable_affiliation()->set_facility(facility_);
    request.mutable_affiliation()->set_profession(std::string(profession));
    request.set_first_administrator(administrator);
    v1::CreatePersonResponse response;
    RETURN_IF_ERROR(
        by.Call("DirectoryService/CreatePerson", request, response));
    return response.one_time_password();
  }

  absl::StatusOr<std::string> CreateGroup(size_t index) {
    v1::CreatePatientRequest patient;
    patient.set_parent(network_);
    patient.mutable_patient()->set_insured_number(
        absl::StrFormat("%02d%08d", number_, index));
    patient.mutable_patient()->mutable_human_name()->set_text(
        absl::StrCat("調布 花子", number_, "-", index));
    patient.mutable_patient()->set_birth_date("1941-03-12");
    patient.set_request_id(NewUuid());
    v1::CreatePatientResponse created;
    RETURN_IF_ERROR(
        caller_->Call("DirectoryService/CreatePatient", patient, created));
    v1::CreateGroupRequest request;
    request.set_parent(network_);
    request.mutable_group()->set_patient(created.patient().name());
    request.mutable_group()->set_hosting_facility(facility_);
    request.set_request_id(NewUuid());
    v1::Group group;
    RETURN_IF_ERROR(caller_->Call("GroupService/CreateGroup", request, group));
    v1::RecordConsentRequest consent;
    consent.set_parent(group.name());
    consent.mutable_consent()->set_form_version("第3版");
    consent.mutable_consent()->set_signer("調布 花子");
    consent.mutable_consent()->set_relation(v1::Consent::RELATION_SELF);
    consent.mutable_consent()->set_sign_date("2024-05-17");
    consent.mutable_consent()->set_paper_location("連携室");
    consent.set_request_id(NewUuid());
    v1::Consent recorded;
    RETURN_IF_ERROR(
        caller_->Call("GroupService/RecordConsent", consent, recorded));
    return group.name();
  }

  absl::Status AddMember(const std::string& group, const Person& inviter,
                         const Person& invitee) {
    v1::InviteMemberRequest invite;
    invite.set_parent(group);
    invite.mutable_invitation()->set_invitee(invitee.name);
    invite.mutable_invitation()->set_history(v1::HISTORY_VISIBILITY_ALL);
    invite.set_request_id(NewUuid());
    v1::Invitation invitation;
    caller_->set_access_token(inviter.access_token);
    RETURN_IF_ERROR(
        caller_->Call("GroupService/InviteMember", invite, invitation));
    v1::AcceptInvitationRequest accept;
    accept.set_name(invitation.name());
    accept.set_request_id(NewUuid());
    v1::Member member;
    caller_->set_access_token(invitee.access_token);
    return caller_->Call("GroupService/AcceptInvitation", accept, member);
  }

  const std::string network_;
  const int number_;
  std::string facility_;
  std::unique_ptr<Caller> caller_;                // as whoever acts
  std::unique_ptr<Caller> administrator_caller_;  // as the administrator
};

}  // namespace

absl::StatusOr<std::vector<CareGroup>> FoundGroups(
    const Endpoint& endpoint, const std::string& office_password,
    const Census& census) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Caller> office,
                   Caller::Connect(endpoint));
  ASSIGN_OR_RETURN(const Person officer,
                   Enrol(*office, "office", office_password));
  std::vector<std::unique_ptr<Founder>> founders;
  for (int i = 0; i < census.threads; ++i) {
    ASSIGN_OR_RETURN(
        std::unique_ptr<Founder> founder,
        Founder::Begin(endpoint, *office, NetworkOf(officer.name), i));
    founders.push_back(std::move(founder));
  }
  std::vector<absl::StatusOr<CareGroup>> founded(
      census.groups, absl::UnknownError("not begun"));
  std::vector<std::thread> threads;
  for (size_t thread = 0; thread < founders.size(); ++thread) {
    threads.emplace_back([&, thread] {
      for (size_t i = thread; i < census.groups; i += founders.size()) {
        founded[i] = founders[thread]->FoundGroup(i, census.members);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  std::vector<CareGroup> groups;
  for (absl::StatusOr<CareGroup>& group : founded) {
    RETURN_IF_ERROR(group.status());
    groups.push_back(*std::move(group));
  }
  return groups;
}

absl::Status RefreshAll(const Endpoint& endpoint,
                        std::vector<CareGroup>& groups) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Caller> caller,
                   Caller::Connect(endpoint));
  for (CareGroup& group : groups) {
    for (Person& person : group.members) {
      RETURN_IF_ERROR(Refresh(*caller, person));
    }
  }
  return absl::OkStatus();
}

}  // namespace renkei::bench
