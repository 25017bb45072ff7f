// DirectoryService: who exists in a network, and who belongs where.
#pragma once

#include "renkei/v1/directory.grpc.pb.h"
#include "server/rpc/calls.h"
#include "server/rpc/workers.h"
#include "storage/crypto/argon2id.h"

namespace renkei::rpc {

// Thread-safe.
class DirectoryServiceHandler final
    : public v1::DirectoryService::CallbackService {
 public:
  // `password_workers` hash one-time passwords at `cost`.
  DirectoryServiceHandler(Calls& calls, Workers& password_workers,
                          const crypto::Argon2Cost& cost);
  ~DirectoryServiceHandler() override;

  grpc::ServerUnaryReactor* GetNetwork(grpc::CallbackServerContext* context,
                                       const v1::GetNetworkRequest* request,
                                       v1::Network* response) override;
  grpc::ServerUnaryReactor* UpdateNetwork(
      grpc::CallbackServerContext* context,
      const v1::UpdateNetworkRequest* request, v1::Network* response) override;

  grpc::ServerUnaryReactor* CreateFacility(
      grpc::CallbackServerContext* context,
      const v1::CreateFacilityRequest* request,
      v1::Facility* response) override;
  grpc::ServerUnaryReactor* GetFacility(grpc::CallbackServerContext* context,
                                        const v1::GetFacilityRequest* request,
                                        v1::Facility* response) override;
  grpc::ServerUnaryReactor* ListFacilities(
      grpc::CallbackServerContext* context,
      const v1::ListFacilitiesRequest* request,
      v1::ListFacilitiesResponse* response) override;
  grpc::ServerUnaryReactor* UpdateFacility(
      grpc::CallbackServerContext* context,
      const v1::UpdateFacilityRequest* request,
      v1::Facility* response) override;

  grpc::ServerUnaryReactor* CreatePerson(
      grpc::CallbackServerContext* context,
      const v1::CreatePersonRequest* request,
      v1::CreatePersonResponse* response) override;
  grpc::ServerUnaryReactor* GetPerson(grpc::CallbackServerContext* context,
                                      const v1::GetPersonRequest* request,
                                      v1::Person* response) override;
  grpc::ServerUnaryReactor* ListPeople(
      grpc::CallbackServerContext* context,
      const v1::ListPeopleRequest* request,
      v1::ListPeopleResponse* response) override;
  grpc::ServerUnaryReactor* UpdatePerson(grpc::CallbackServerContext* context,
                                         const v1::UpdatePersonRequest* request,
                                         v1::Person* response) override;

  grpc::ServerUnaryReactor* CreateAffiliation(
      grpc::CallbackServerContext* context,
      const v1::CreateAffiliationRequest* request,
      v1::Affiliation* response) override;
  grpc::ServerUnaryReactor* SuspendAffiliation(
      grpc::CallbackServerContext* context,
      const v1::SuspendAffiliationRequest* request,
      v1::Affiliation* response) override;
  grpc::ServerUnaryReactor* ResumeAffiliation(
      grpc::CallbackServerContext* context,
      const v1::ResumeAffiliationRequest* request,
      v1::Affiliation* response) override;
  grpc::ServerUnaryReactor* EndAffiliation(
      grpc::CallbackServerContext* context,
      const v1::EndAffiliationRequest* request,
      v1::Affiliation* response) override;

  grpc::ServerUnaryReactor* GrantRole(grpc::CallbackServerContext* context,
                                      const v1::GrantRoleRequest* request,
                                      v1::RoleGrant* response) override;
  grpc::ServerUnaryReactor* ApproveRoleGrant(
      grpc::CallbackServerContext* context,
      const v1::ApproveRoleGrantRequest* request,
      v1::RoleGrant* response) override;
  grpc::ServerUnaryReactor* RevokeRole(grpc::CallbackServerContext* context,
                                       const v1::RevokeRoleRequest* request,
                                       v1::RoleGrant* response) override;
  grpc::ServerUnaryReactor* UnlockAccount(
      grpc::CallbackServerContext* context,
      const v1::UnlockAccountRequest* request, v1::Person* response) override;
  grpc::ServerUnaryReactor* RequestCredentialReset(
      grpc::CallbackServerContext* context,
      const v1::RequestCredentialResetRequest* request,
      v1::CredentialReset* response) override;
  grpc::ServerUnaryReactor* ApproveCredentialReset(
      grpc::CallbackServerContext* context,
      const v1::ApproveCredentialResetRequest* request,
      v1::ApproveCredentialResetResponse* response) override;
  grpc::ServerUnaryReactor* ListProfessions(
      grpc::CallbackServerContext* context,
      const v1::ListProfessionsRequest* request,
      v1::ListProfessionsResponse* response) override;

  grpc::ServerUnaryReactor* CreatePatient(
      grpc::CallbackServerContext* context,
      const v1::CreatePatientRequest* request,
      v1::CreatePatientResponse* response) override;
  grpc::ServerUnaryReactor* GetPatient(grpc::CallbackServerContext* context,
                                       const v1::GetPatientRequest* request,
                                       v1::Patient* response) override;
  grpc::ServerUnaryReactor* SearchPatients(
      grpc::CallbackServerContext* context,
      const v1::SearchPatientsRequest* request,
      v1::SearchPatientsResponse* response) override;

 private:
  Calls& calls_;
  Workers& password_workers_;
  const crypto::Argon2Cost cost_;
};

}  // namespace renkei::rpc
