#include "server/rpc/directory_service.h"

#include "server/domain/account_recovery.h"
#include "server/domain/authorize.h"
#include "server/domain/credentials.h"
#include "server/domain/refusal.h"
#include "server/rpc/directory_conversion.h"
#include "server/rpc/directory_lists.h"
#include "server/rpc/directory_requests.h"
#include "server/rpc/names.h"
#include "server/rpc/patient_requests.h"
#include "storage/base/status_macros.h"

namespace renkei::rpc {
namespace {

using domain::InitialCredentials;
using domain::ReadCall;
using domain::WriteCall;

// The operations of an affiliation differ in nothing else.
template <auto operation>
auto ChangeAffiliation(v1::Affiliation* response) {
  return [response](WriteCall& call,
                    const domain::AffiliationChange& change) -> absl::Status {
    ASSIGN_OR_RETURN(const auto view, operation(call, change));
    *response = ToApi(change.network, view);
    return absl::OkStatus();
  };
}

}  // namespace

grpc::ServerUnaryReactor* DirectoryServiceHandler::GetNetwork(
    grpc::CallbackServerContext* context, const v1::GetNetworkRequest* request,
    v1::Network* response) {
  return calls_.Read(
      context, *request, *response, ParseNetworkName("name", request->name()),
      [response](ReadCall& call, const NetworkName& name) -> absl::Status {
        ASSIGN_OR_RETURN(const auto record,
                         domain::GetNetwork(call, name.network));
        *response = ToApi(name.network, record);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* DirectoryServiceHandler::UpdateNetwork(
    grpc::CallbackServerContext* context,
    const v1::UpdateNetworkRequest* request, v1::Network* response) {
  return calls_.Write(
      context, *request, *response, Parse(*request),
      [response](WriteCall& call,
                 const domain::NetworkChange& change) -> absl::Status {
        ASSIGN_OR_RETURN(const auto record,
                         domain::UpdateNetwork(call, change));
        *response = ToApi(change.network, record);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* DirectoryServiceHandler::CreateFacility(
    grpc::CallbackServerContext* context,
    const v1::CreateFacilityRequest* request, v1::Facility* response) {
  return calls_.Write(
      context, *request, *response, Parse(*request),
      [response](WriteCall& call,
                 const domain::NewFacility& form) -> absl::Status {
        ASSIGN_OR_RETURN(const auto facility,
                         domain::CreateFacility(call, form));
        *response = ToApi(form.network, facility);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* DirectoryServiceHandler::GetFacility(
    grpc::CallbackServerContext* context, const v1::GetFacilityRequest* request,
    v1::Facility* response) {
  return calls_.Read(
      context, *request, *response, ParseFacilityKey("name", request->name()),
      [response](ReadCall& call,
                 const storage::FacilityKey& key) -> absl::Status {
        ASSIGN_OR_RETURN(const auto facility,
                         domain::GetFacility(call, key.network, key.facility));
        *response = ToApi(key.network, facility);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* DirectoryServiceHandler::ListFacilities(
    grpc::CallbackServerContext* context,
    const v1::ListFacilitiesRequest* request,
    v1::ListFacilitiesResponse* response) {
  return calls_.Read(
      context, *request, *response, Parse(*request),
      [request, response](ReadCall& call, const FacilitiesQuery& query) {
        return List(call, query, *request, *response);
      });
}

grpc::ServerUnaryReactor* DirectoryServiceHandler::UpdateFacility(
    grpc::CallbackServerContext* context,
    const v1::UpdateFacilityRequest* request, v1::Facility* response) {
  return calls_.Write(
      context, *request, *response, Parse(*request),
      [response](WriteCall& call,
                 const domain::FacilityChange& change) -> absl::Status {
        ASSIGN_OR_RETURN(const auto facility,
                         domain::UpdateFacility(call, change));
        *response = ToApi(change.network, facility);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* DirectoryServiceHandler::CreatePerson(
    grpc::CallbackServerContext* context,
    const v1::CreatePersonRequest* request,
    v1::CreatePersonResponse* response) {
  return calls_.WriteAfter(
      password_workers_, context, *request, *response, Parse(*request),
      [this](ReadCall& call, const domain::NewPerson& form)
          -> absl::StatusOr<InitialCredentials> {
        RETURN_IF_ERROR(domain::CheckNewPerson(call, form));
        return domain::NewInitialCredentials(call.keys, form.network, cost_);
      },
      [response](WriteCall& call, const domain::NewPerson& form,
                 const InitialCredentials& credentials) -> absl::Status {
        ASSIGN_OR_RETURN(const auto person,
                         domain::CreatePerson(call, form, credentials.hash));
        *response->mutable_person() = ToApi(form.network, person);
        response->set_one_time_password(credentials.one_time_password);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* DirectoryServiceHandler::GetPerson(
    grpc::CallbackServerContext* context, const v1::GetPersonRequest* request,
    v1::Person* response) {
  return calls_.Read(
      context, *request, *response, ParsePersonKey("name", request->name()),
      [response](ReadCall& call,
                 const storage::PersonKey& key) -> absl::Status {
        ASSIGN_OR_RETURN(const auto person,
                         domain::GetPerson(call, key.network, key.person));
        *response = ToApi(key.network, person);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* DirectoryServiceHandler::ListPeople(
    grpc::CallbackServerContext* context, const v1::ListPeopleRequest* request,
    v1::ListPeopleResponse* response) {
  return calls_.Read(
      context, *request, *response, Parse(*request),
      [request, response](ReadCall& call, const PeopleQuery& query) {
        return List(call, query, *request, *response);
      });
}

grpc::ServerUnaryReactor* DirectoryServiceHandler::UpdatePerson(
    grpc::CallbackServerContext* context,
    const v1::UpdatePersonRequest* request, v1::Person* response) {
  return calls_.Write(
      context, *request, *response, Parse(*request),
      [response](WriteCall& call,
                 const domain::PersonChange& change) -> absl::Status {
        ASSIGN_OR_RETURN(const auto person, domain::UpdatePerson(call, change));
        *response = ToApi(change.network, person);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* DirectoryServiceHandler::CreateAffiliation(
    grpc::CallbackServerContext* context,
    const v1::CreateAffiliationRequest* request, v1::Affiliation* response) {
  return calls_.Write(
      context, *request, *response, Parse(*request),
      [response](WriteCall& call,
                 const domain::NewAffiliation& form) -> absl::Status {
        ASSIGN_OR_RETURN(const auto view,
                         domain::CreateAffiliation(call, form));
        *response = ToApi(form.network, view);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* DirectoryServiceHandler::SuspendAffiliation(
    grpc::CallbackServerContext* context,
    const v1::SuspendAffiliationRequest* request, v1::Affiliation* response) {
  return calls_.Write(context, *request, *response, Parse(*request),
                      ChangeAffiliation<domain::SuspendAffiliation>(response));
}

grpc::ServerUnaryReactor* DirectoryServiceHandler::ResumeAffiliation(
    grpc::CallbackServerContext* context,
    const v1::ResumeAffiliationRequest* request, v1::Affiliation* response) {
  return calls_.Write(context, *request, *response, Parse(*request),
                      ChangeAffiliation<domain::ResumeAffiliation>(response));
}

grpc::ServerUnaryReactor* DirectoryServiceHandler::EndAffiliation(
    grpc::CallbackServerContext* context,
    const v1::EndAffiliationRequest* request, v1::Affiliation* response) {
  return calls_.Write(context, *request, *response, Parse(*request),
                      ChangeAffiliation<domain::EndAffiliation>(response));
}

grpc::ServerUnaryReactor* DirectoryServiceHandler::GrantRole(
    grpc::CallbackServerContext* context, const v1::GrantRoleRequest* request,
    v1::RoleGrant* response) {
  return calls_.Write(
      context, *request, *response, Parse(*request),
      [response](WriteCall& call,
                 const domain::RoleProposal& proposal) -> absl::Status {
        ASSIGN_OR_RETURN(const auto grant, domain::GrantRole(call, proposal));
        *response = ToApi(proposal.network, proposal.person, grant);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* DirectoryServiceHandler::ApproveRoleGrant(
    grpc::CallbackServerContext* context,
    const v1::ApproveRoleGrantRequest* request, v1::RoleGrant* response) {
  return calls_.Write(
      context, *request, *response, Parse(*request),
      [response](WriteCall& call,
                 const domain::RoleGrantRef& ref) -> absl::Status {
        ASSIGN_OR_RETURN(const auto grant, domain::ApproveRoleGrant(call, ref));
        *response = ToApi(ref.network, ref.person, grant);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* DirectoryServiceHandler::RevokeRole(
    grpc::CallbackServerContext* context, const v1::RevokeRoleRequest* request,
    v1::RoleGrant* response) {
  return calls_.Write(
      context, *request, *response, Parse(*request),
      [response](WriteCall& call, const RoleRevocation& form) -> absl::Status {
        ASSIGN_OR_RETURN(const auto grant,
                         domain::RevokeRole(call, form.grant, form.reason));
        *response = ToApi(form.grant.network, form.grant.person, grant);
        response->set_state(v1::RoleGrant::STATE_REVOKED);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* DirectoryServiceHandler::UnlockAccount(
    grpc::CallbackServerContext* context,
    const v1::UnlockAccountRequest* request, v1::Person* response) {
  return calls_.Write(
      context, *request, *response, ParsePersonKey("name", request->name()),
      [response](WriteCall& call,
                 const storage::PersonKey& key) -> absl::Status {
        ASSIGN_OR_RETURN(const auto person,
                         domain::UnlockAccount(call, key.network, key.person));
        *response = ToApi(key.network, person);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* DirectoryServiceHandler::RequestCredentialReset(
    grpc::CallbackServerContext* context,
    const v1::RequestCredentialResetRequest* request,
    v1::CredentialReset* response) {
  return calls_.Write(
      context, *request, *response, Parse(*request),
      [response](WriteCall& call, const ResetRequest& form) -> absl::Status {
        ASSIGN_OR_RETURN(
            const auto reset,
            domain::RequestCredentialReset(call, form.person.network,
                                           form.person.person, form.reason));
        *response = ToApi(form.person.network, reset);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* DirectoryServiceHandler::ApproveCredentialReset(
    grpc::CallbackServerContext* context,
    const v1::ApproveCredentialResetRequest* request,
    v1::ApproveCredentialResetResponse* response) {
  return calls_.WriteAfter(
      password_workers_, context, *request, *response, Parse(*request),
      [this](ReadCall& call, const storage::PersonKey& key)
          -> absl::StatusOr<InitialCredentials> {
        RETURN_IF_ERROR(
            domain::CheckCredentialReset(call, key.network, key.person)
                .status());
        return domain::NewInitialCredentials(call.keys, key.network, cost_);
      },
      [response](WriteCall& call, const storage::PersonKey& key,
                 const InitialCredentials& credentials) -> absl::Status {
        ASSIGN_OR_RETURN(const auto reset,
                         domain::ApproveCredentialReset(
                             call, key.network, key.person, credentials.hash));
        *response->mutable_credential_reset() = ToApi(key.network, reset);
        response->mutable_credential_reset()->set_state(
            v1::CredentialReset::STATE_APPROVED);
        response->set_one_time_password(credentials.one_time_password);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* DirectoryServiceHandler::ListProfessions(
    grpc::CallbackServerContext* context,
    const v1::ListProfessionsRequest* request,
    v1::ListProfessionsResponse* response) {
  return calls_.Read(
      context, *request, *response,
      absl::StatusOr<const v1::ListProfessionsRequest*>(request),
      [response](ReadCall& call,
                 const v1::ListProfessionsRequest*) -> absl::Status {
        RETURN_IF_ERROR(Authorize(call, domain::Action::kListProfessions, {}));
        for (const domain::Profession& profession : domain::Professions()) {
          *response->add_professions() = ToApi(profession);
        }
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* DirectoryServiceHandler::CreatePatient(
    grpc::CallbackServerContext* context,
    const v1::CreatePatientRequest* request,
    v1::CreatePatientResponse* response) {
  return calls_.Write(
      context, *request, *response, Parse(*request),
      [response](WriteCall& call,
                 const domain::NewPatient& form) -> absl::Status {
        ASSIGN_OR_RETURN(const auto created, domain::CreatePatient(call, form));
        *response->mutable_patient() = ToApi(form.network, created.patient);
        if (created.similar) {
          *response->add_warnings() =
              SimilarPatient(form.network, *created.similar);
        }
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* DirectoryServiceHandler::GetPatient(
    grpc::CallbackServerContext* context, const v1::GetPatientRequest* request,
    v1::Patient* response) {
  return calls_.Read(
      context, *request, *response, ParsePatientKey("name", request->name()),
      [response](ReadCall& call,
                 const storage::PatientKey& key) -> absl::Status {
        ASSIGN_OR_RETURN(const auto patient,
                         domain::GetPatient(call, key.network, key.patient));
        *response = ToApi(key.network, patient);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* DirectoryServiceHandler::SearchPatients(
    grpc::CallbackServerContext* context,
    const v1::SearchPatientsRequest* request,
    v1::SearchPatientsResponse* response) {
  return calls_.Read(
      context, *request, *response, Parse(*request),
      [request, response](ReadCall& call, const PatientsQuery& query) {
        return List(call, query, *request, *response);
      });
}

}  // namespace renkei::rpc
