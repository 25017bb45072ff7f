#include "server/rpc/session_forms.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/domain/password_rules.h"
#include "server/domain/refusal.h"
#include "server/domain/text.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/hash.h"

namespace renkei::rpc {
namespace {

using domain::RefuseField;

constexpr size_t kTokenBytesMax = 128;
constexpr size_t kLoginBytesMax = 64;
constexpr size_t kDeviceIdBytesMax = 100;
constexpr size_t kDeviceNameCodePointsMax = 100;
constexpr size_t kTotpDigits = 6;
constexpr size_t kRecoveryCodeBytesMax = 64;

absl::Status CheckPresent(absl::string_view field, absl::string_view text,
                          size_t bytes_max) {
  return text.empty() || text.size() > bytes_max
             ? RefuseField(field, absl::StrCat("1 to ", bytes_max, " bytes"))
             : absl::OkStatus();
}

absl::Status CheckGivenPassword(absl::string_view field,
                                absl::string_view password) {
  const bool fits =
      !password.empty() && domain::ValidUtf8(password) &&
      domain::CodePoints(password) <= domain::kPasswordCodePointsMax;
  return fits ? absl::OkStatus() : RefuseField(field, "1 to 1,000 code points");
}

absl::StatusOr<domain::Device> ParseDevice(const std::string& id,
                                           const std::string& name) {
  const bool right =
      !id.empty() && id.size() <= kDeviceIdBytesMax &&
      std::all_of(id.begin(), id.end(), [](unsigned char c) {
        return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-';
      });
  if (!right) {
    return RefuseField("device_id", "1 to 100 characters of A-Z a-z 0-9 . _ -");
  }
  domain::Device device{id, {}};
  ASSIGN_OR_RETURN(
      device.name,
      domain::ParseLine("device_name", name, {0, kDeviceNameCodePointsMax}));
  return device;
}

}  // namespace

absl::StatusOr<domain::Login> ParseLogin(const v1::SignInRequest& request) {
  RETURN_IF_ERROR(
      CheckPresent("network_code", request.network_code(), kLoginBytesMax));
  RETURN_IF_ERROR(CheckPresent("login", request.login(), kLoginBytesMax));
  RETURN_IF_ERROR(CheckGivenPassword("password", request.password()));
  domain::Login login{
      request.network_code(), request.login(), request.password(), {}};
  ASSIGN_OR_RETURN(login.device,
                   ParseDevice(request.device_id(), request.device_name()));
  return login;
}

absl::StatusOr<domain::SecondFactor> ParseSecondFactor(
    const v1::VerifySecondFactorRequest& request) {
  domain::SecondFactor factor;
  ASSIGN_OR_RETURN(factor.ticket, ParseToken("ticket", request.ticket()));
  switch (request.second_factor_case()) {
    case v1::VerifySecondFactorRequest::kTotpCode: {
      ASSIGN_OR_RETURN(std::string code, ParseTotpCode(request.totp_code()));
      factor.code = domain::TotpCode{std::move(code)};
      break;
    }
    case v1::VerifySecondFactorRequest::kRecoveryCode:
      RETURN_IF_ERROR(CheckPresent("recovery_code", request.recovery_code(),
                                   kRecoveryCodeBytesMax));
      factor.code = domain::RecoveryCode{request.recovery_code()};
      break;
    default:
      return RefuseField("second_factor", "totp_code or recovery_code");
  }
  ASSIGN_OR_RETURN(factor.device,
                   ParseDevice(request.device_id(), request.device_name()));
  return factor;
}

absl::StatusOr<domain::PasswordChange> ParsePasswordChange(
    const v1::ChangePasswordRequest& request) {
  RETURN_IF_ERROR(
      CheckGivenPassword("current_password", request.current_password()));
  if (!domain::ValidUtf8(request.new_password())) {
    return RefuseField("new_password", "UTF-8");
  }
  return domain::PasswordChange{request.current_password(),
                                request.new_password()};
}

absl::StatusOr<std::string> ParseCurrentPassword(const std::string& password) {
  RETURN_IF_ERROR(CheckGivenPassword("current_password", password));
  return password;
}

absl::StatusOr<std::string> ParseTotpCode(const std::string& code) {
  const bool digits =
      code.size() == kTotpDigits &&
      std::all_of(code.begin(), code.end(),
                  [](unsigned char c) { return absl::ascii_isdigit(c); });
  if (!digits) {
    return RefuseField("totp_code", "six digits");
  }
  return code;
}

absl::StatusOr<Hash32> ParseToken(absl::string_view field,
                                  const std::string& token) {
  RETURN_IF_ERROR(CheckPresent(field, token, kTokenBytesMax));
  return crypto::Sha256(token);
}

}  // namespace renkei::rpc
