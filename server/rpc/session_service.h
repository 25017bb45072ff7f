// SessionService: signing in and out, sessions, the own credentials.
#pragma once

#include "renkei/v1/session.grpc.pb.h"
#include "server/rpc/calls.h"
#include "server/rpc/workers.h"
#include "storage/crypto/argon2id.h"

namespace renkei::rpc {

// Thread-safe.
class SessionServiceHandler final : public v1::SessionService::CallbackService {
 public:
  // Passwords are hashed on `workers`.
  SessionServiceHandler(Calls& calls, Workers& workers,
                        const crypto::Argon2Cost& cost);
  ~SessionServiceHandler() override;

  grpc::ServerUnaryReactor* SignIn(grpc::CallbackServerContext* context,
                                   const v1::SignInRequest* request,
                                   v1::SignInResponse* response) override;
  grpc::ServerUnaryReactor* VerifySecondFactor(
      grpc::CallbackServerContext* context,
      const v1::VerifySecondFactorRequest* request,
      v1::Tokens* response) override;
  grpc::ServerUnaryReactor* RefreshSession(
      grpc::CallbackServerContext* context,
      const v1::RefreshSessionRequest* request, v1::Tokens* response) override;
  grpc::ServerUnaryReactor* SignOut(grpc::CallbackServerContext* context,
                                    const v1::SignOutRequest* request,
                                    v1::SignOutResponse* response) override;
  grpc::ServerUnaryReactor* ListSessions(
      grpc::CallbackServerContext* context,
      const v1::ListSessionsRequest* request,
      v1::ListSessionsResponse* response) override;
  grpc::ServerUnaryReactor* RevokeSession(
      grpc::CallbackServerContext* context,
      const v1::RevokeSessionRequest* request, v1::Session* response) override;
  grpc::ServerUnaryReactor* ChangePassword(
      grpc::CallbackServerContext* context,
      const v1::ChangePasswordRequest* request,
      v1::ChangePasswordResponse* response) override;
  grpc::ServerUnaryReactor* EnrolTotp(grpc::CallbackServerContext* context,
                                      const v1::EnrolTotpRequest* request,
                                      v1::EnrolTotpResponse* response) override;
  grpc::ServerUnaryReactor* ConfirmTotp(
      grpc::CallbackServerContext* context,
      const v1::ConfirmTotpRequest* request,
      v1::ConfirmTotpResponse* response) override;
  grpc::ServerUnaryReactor* CreateRecoveryCodes(
      grpc::CallbackServerContext* context,
      const v1::CreateRecoveryCodesRequest* request,
      v1::CreateRecoveryCodesResponse* response) override;
  grpc::ServerUnaryReactor* GetCurrentPerson(
      grpc::CallbackServerContext* context,
      const v1::GetCurrentPersonRequest* request,
      v1::CurrentPerson* response) override;

 private:
  Calls& calls_;
  Workers& workers_;
  const crypto::Argon2Cost cost_;
};

}  // namespace renkei::rpc
