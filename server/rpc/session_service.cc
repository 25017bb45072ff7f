#include "server/rpc/session_service.h"

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "server/domain/own_account.h"
#include "server/domain/refusal.h"
#include "server/domain/session_proof.h"
#include "server/domain/sessions.h"
#include "server/domain/sign_in.h"
#include "server/rpc/directory_conversion.h"
#include "server/rpc/names.h"
#include "server/rpc/page_token.h"
#include "server/rpc/session_forms.h"
#include "storage/base/status_macros.h"

namespace renkei::rpc {
namespace {

// A request without fields.
struct Nothing {};

v1::Session::State StateOf(const storage::v1::SessionRecord& session,
                           absl::Time now) {
  switch (domain::ReasonOf(domain::CheckSession(session, now))) {
    case domain::Reason::kSessionLocked:
      return v1::Session::STATE_LOCKED;
    case domain::Reason::kSessionEnded:
      return v1::Session::STATE_ENDED;
    default:
      return session.state() == storage::v1::SESSION_STATE_ENROLMENT
                 ? v1::Session::STATE_ENROLLING
                 : v1::Session::STATE_ACTIVE;
  }
}

v1::Session ToApi(const domain::SessionView& session, absl::Time now) {
  const storage::v1::SessionRecord& record = session.record;
  v1::Session api;
  api.set_name(Format(SessionName{
      session.network, *PersonId::FromBytes(record.person()), session.id}));
  api.set_state(StateOf(record, now));
  api.set_device_id(record.device_id());
  api.set_device_name(record.device_name());
  api.set_client_address(record.client_address());
  *api.mutable_create_time() = ToTimestamp(record.created_at_micros());
  *api.mutable_last_active_time() = ToTimestamp(record.last_active_at_micros());
  *api.mutable_expire_time() = ToTimestamp(record.expires_at_micros());
  api.set_current(session.current);
  return api;
}

v1::Tokens ToApi(const domain::SessionTokens& tokens) {
  v1::Tokens api;
  api.set_session(
      Format(SessionName{tokens.network, tokens.person, tokens.session}));
  api.set_access_token(tokens.access_token);
  *api.mutable_access_token_expire_time() =
      ToTimestamp(absl::ToUnixMicros(tokens.access_expires_at));
  api.set_refresh_token(tokens.refresh_token);
  *api.mutable_session_expire_time() =
      ToTimestamp(absl::ToUnixMicros(tokens.session_expires_at));
  api.set_idle_timeout_seconds(
      static_cast<int32_t>(absl::ToInt64Seconds(domain::kIdleLock)));
  return api;
}

struct SessionsForm {
  PersonName parent;
  size_t page_size = 0;
};

absl::StatusOr<SessionsForm> ParseSessionsForm(
    const v1::ListSessionsRequest& request) {
  SessionsForm form;
  ASSIGN_OR_RETURN(form.parent, ParsePersonName("parent", request.parent()));
  ASSIGN_OR_RETURN(form.page_size, ParsePageSize(request.page_size()));
  return form;
}

// `token` may come back only as what an earlier page gave.
absl::StatusOr<std::optional<SessionId>> PlaceOf(
    const domain::ReadCall& call, const v1::ListSessionsRequest& request) {
  ASSIGN_OR_RETURN(const std::string place,
                   OpenPageToken(call, request, request.page_token()));
  return SessionId::FromBytes(place);
}

}  // namespace

grpc::ServerUnaryReactor* SessionServiceHandler::SignIn(
    grpc::CallbackServerContext* context, const v1::SignInRequest* request,
    v1::SignInResponse* response) {
  return calls_.WriteAfter(
      workers_, context, *request, *response, ParseLogin(*request),
      [cost = cost_](domain::ReadCall& call, const domain::Login& login) {
        return domain::ProveLogin(call, login.network_code, login.login,
                                  login.password, cost);
      },
      [response](domain::WriteCall& call, const domain::Login& login,
                 const domain::PasswordProof& proof) -> absl::Status {
        ASSIGN_OR_RETURN(const domain::SignInAnswer answer,
                         domain::SignIn(call, login, proof));
        if (const auto* ticket =
                std::get_if<domain::SecondFactorTicket>(&answer)) {
          v1::SecondFactorTicket& next = *response->mutable_second_factor();
          next.set_ticket(ticket->ticket);
          *next.mutable_expire_time() =
              ToTimestamp(absl::ToUnixMicros(ticket->expires_at));
        } else if (const auto* tokens =
                       std::get_if<domain::SessionTokens>(&answer)) {
          *response->mutable_enrolment() = ToApi(*tokens);
        }
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* SessionServiceHandler::VerifySecondFactor(
    grpc::CallbackServerContext* context,
    const v1::VerifySecondFactorRequest* request, v1::Tokens* response) {
  return calls_.Write(
      context, *request, *response, ParseSecondFactor(*request),
      [response](domain::WriteCall& call,
                 const domain::SecondFactor& factor) -> absl::Status {
        ASSIGN_OR_RETURN(const auto tokens,
                         domain::VerifySecondFactor(call, factor));
        if (tokens) {
          *response = ToApi(*tokens);
        }
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* SessionServiceHandler::RefreshSession(
    grpc::CallbackServerContext* context,
    const v1::RefreshSessionRequest* request, v1::Tokens* response) {
  return calls_.Write(
      context, *request, *response,
      ParseToken("refresh_token", request->refresh_token()),
      [response](domain::WriteCall& call, const Hash32& token) -> absl::Status {
        ASSIGN_OR_RETURN(const auto tokens,
                         domain::RefreshSession(call, token));
        if (tokens) {
          *response = ToApi(*tokens);
        }
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* SessionServiceHandler::SignOut(
    grpc::CallbackServerContext* context, const v1::SignOutRequest* request,
    v1::SignOutResponse* response) {
  return calls_.Write(context, *request, *response,
                      absl::StatusOr<Nothing>(Nothing()),
                      [](domain::WriteCall& call, const Nothing&) {
                        return domain::SignOut(call);
                      });
}

grpc::ServerUnaryReactor* SessionServiceHandler::ListSessions(
    grpc::CallbackServerContext* context,
    const v1::ListSessionsRequest* request,
    v1::ListSessionsResponse* response) {
  return calls_.Read(
      context, *request, *response, ParseSessionsForm(*request),
      [request, response](domain::ReadCall& call,
                          const SessionsForm& form) -> absl::Status {
        ASSIGN_OR_RETURN(const auto before, PlaceOf(call, *request));
        ASSIGN_OR_RETURN(
            const domain::SessionPage page,
            domain::ListSessions(call, {form.parent.network, form.parent.person,
                                        before, form.page_size}));
        for (const domain::SessionView& session : page.sessions) {
          *response->add_sessions() = ToApi(session, call.now);
        }
        if (page.next) {
          response->set_next_page_token(
              MakePageToken(call, *request, page.next->bytes()));
        }
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* SessionServiceHandler::RevokeSession(
    grpc::CallbackServerContext* context,
    const v1::RevokeSessionRequest* request, v1::Session* response) {
  return calls_.Write(
      context, *request, *response, ParseSessionName("name", request->name()),
      [response](domain::WriteCall& call,
                 const SessionName& name) -> absl::Status {
        ASSIGN_OR_RETURN(const domain::SessionView session,
                         domain::RevokeSession(call, name.network, name.person,
                                               name.session));
        *response = ToApi(session, call.now);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* SessionServiceHandler::ChangePassword(
    grpc::CallbackServerContext* context,
    const v1::ChangePasswordRequest* request,
    v1::ChangePasswordResponse* response) {
  return calls_.WriteAfter(
      workers_, context, *request, *response, ParsePasswordChange(*request),
      [cost = cost_](domain::ReadCall& call,
                     const domain::PasswordChange& change) {
        return domain::ProvePasswordChange(call, change, cost);
      },
      [response](domain::WriteCall& call, const domain::PasswordChange&,
                 const domain::PasswordChangeProof& proof) -> absl::Status {
        ASSIGN_OR_RETURN(const auto session,
                         domain::ChangePassword(call, proof));
        if (session) {
          *response->mutable_session() = ToApi(*session, call.now);
        }
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* SessionServiceHandler::EnrolTotp(
    grpc::CallbackServerContext* context, const v1::EnrolTotpRequest* request,
    v1::EnrolTotpResponse* response) {
  return calls_.WriteAfter(
      workers_, context, *request, *response,
      ParseCurrentPassword(request->current_password()),
      [cost = cost_](domain::ReadCall& call, const std::string& password) {
        return domain::ProveOwnPassword(call, password, cost);
      },
      [response](domain::WriteCall& call, const std::string&,
                 const domain::PasswordProof& proof) -> absl::Status {
        ASSIGN_OR_RETURN(const auto enrolment, domain::EnrolTotp(call, proof));
        if (enrolment) {
          response->set_secret(enrolment->secret);
          response->set_otpauth_uri(enrolment->uri);
        }
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* SessionServiceHandler::ConfirmTotp(
    grpc::CallbackServerContext* context, const v1::ConfirmTotpRequest* request,
    v1::ConfirmTotpResponse* response) {
  return calls_.Write(context, *request, *response,
                      ParseTotpCode(request->totp_code()),
                      [response](domain::WriteCall& call,
                                 const std::string& code) -> absl::Status {
                        ASSIGN_OR_RETURN(const domain::SessionView session,
                                         domain::ConfirmTotp(call, code));
                        *response->mutable_session() = ToApi(session, call.now);
                        return absl::OkStatus();
                      });
}

grpc::ServerUnaryReactor* SessionServiceHandler::CreateRecoveryCodes(
    grpc::CallbackServerContext* context,
    const v1::CreateRecoveryCodesRequest* request,
    v1::CreateRecoveryCodesResponse* response) {
  return calls_.WriteAfter(
      workers_, context, *request, *response,
      ParseCurrentPassword(request->current_password()),
      [cost = cost_](domain::ReadCall& call, const std::string& password) {
        return domain::ProveOwnPassword(call, password, cost);
      },
      [response](domain::WriteCall& call, const std::string&,
                 const domain::PasswordProof& proof) -> absl::Status {
        ASSIGN_OR_RETURN(const auto codes,
                         domain::CreateRecoveryCodes(call, proof));
        if (codes) {
          response->mutable_recovery_codes()->Assign(codes->begin(),
                                                     codes->end());
        }
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* SessionServiceHandler::GetCurrentPerson(
    grpc::CallbackServerContext* context,
    const v1::GetCurrentPersonRequest* request, v1::CurrentPerson* response) {
  return calls_.Read(
      context, *request, *response, absl::StatusOr<Nothing>(Nothing()),
      [response](domain::ReadCall& call, const Nothing&) -> absl::Status {
        ASSIGN_OR_RETURN(const domain::CurrentPerson current,
                         domain::GetCurrentPerson(call));
        *response->mutable_person() =
            ToApi(domain::CallerOf(call).network, current.person);
        *response->mutable_session() = ToApi(current.session, call.now);
        response->set_password_change_required(
            current.password_change_required);
        response->set_totp_enrolment_required(current.totp_enrolment_required);
        response->set_recovery_codes_left(
            static_cast<int32_t>(current.recovery_codes_left));
        return absl::OkStatus();
      });
}

}  // namespace renkei::rpc
