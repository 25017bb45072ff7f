// The requests of SessionService as the domain takes them.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "renkei/v1/session.pb.h"
#include "server/domain/own_account.h"
#include "server/domain/sign_in.h"
#include "storage/base/hash32.h"

namespace renkei::rpc {

// Each is INVALID_ARGUMENT, FIELD_INVALID for what can never work.
absl::StatusOr<domain::Login> ParseLogin(const v1::SignInRequest& request);
absl::StatusOr<domain::SecondFactor> ParseSecondFactor(
    const v1::VerifySecondFactorRequest& request);
absl::StatusOr<domain::PasswordChange> ParsePasswordChange(
    const v1::ChangePasswordRequest& request);
absl::StatusOr<std::string> ParseCurrentPassword(const std::string& password);
absl::StatusOr<std::string> ParseTotpCode(const std::string& code);
// The SHA-256 by which the store knows a token.
absl::StatusOr<Hash32> ParseToken(absl::string_view field,
                                  const std::string& token);

}  // namespace renkei::rpc
