// enrol, change-password, enrol-totp, confirm-totp, recovery-codes.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/command.h"
#include "client/describe.h"
#include "client/private_file.h"
#include "client/secret_input.h"
#include "storage/base/status_macros.h"

namespace renkei::client {
namespace {

constexpr Text kPasswordPrompt = {"現在のパスワード", "Current password"};
constexpr Text kNewPasswordPrompt = {"新しいパスワード(12文字以上)",
                                     "New password (12 characters or more)"};
constexpr Text kAgainPrompt = {"もう一度", "Again"};
constexpr Text kTotpPrompt = {"認証アプリの6桁のコード",
                              "Code of the authenticator (6 digits)"};

absl::StatusOr<std::string> AskPassword(Invocation& in) {
  return ReadSecret(in.arguments().Get("password-file"),
                    kPasswordPrompt.In(in.output().language()));
}

absl::StatusOr<std::string> AskNewPassword(Invocation& in) {
  const std::string path = in.arguments().Get("new-password-file");
  const Language language = in.output().language();
  ASSIGN_OR_RETURN(std::string password,
                   ReadSecret(path, kNewPasswordPrompt.In(language)));
  if (path.empty()) {
    ASSIGN_OR_RETURN(const std::string again,
                     ReadSecret("", kAgainPrompt.In(language)));
    if (again != password) {
      return UsageError("the two passwords differ");
    }
  }
  return password;
}

absl::StatusOr<v1::ChangePasswordResponse> CallChangePassword(
    Invocation& in, const std::string& current, const std::string& next) {
  v1::ChangePasswordRequest request;
  request.set_current_password(current);
  request.set_new_password(next);
  return in.Call(&v1::SessionService::Stub::ChangePassword, request);
}

// Writes the secret where --totp-secret-file says and leaves it out of the
// answer, or describes it for the terminal.
absl::StatusOr<std::string> DeliverSecret(Invocation& in,
                                          v1::EnrolTotpResponse& answer) {
  constexpr Text kTypeIn = {
      "認証アプリに登録してください(この画面は人に見せないでください)",
      "add this to the authenticator, and let nobody see it"};
  const std::string path = in.arguments().Get("totp-secret-file");
  if (path.empty()) {
    return absl::StrCat(kTypeIn.In(in.output().language()), "\n  ",
                        answer.secret(), "\n  ", answer.otpauth_uri(), "\n");
  }
  RETURN_IF_ERROR(WritePrivateFile(path, absl::StrCat(answer.secret(), "\n")));
  answer.Clear();
  return absl::StrCat("→ ", path, "\n");
}

absl::StatusOr<std::string> DeliverCodes(
    Invocation& in, v1::CreateRecoveryCodesResponse& answer) {
  constexpr Text kKeep = {
      "回復コード(一度ずつ使えます。紙に控えて安全に保管してください)",
      "recovery codes, each good once; keep them on paper in a safe place"};
  const std::string lines =
      absl::StrCat(absl::StrJoin(answer.recovery_codes(), "\n"), "\n");
  const std::string path = in.arguments().Get("recovery-codes-file");
  if (path.empty()) {
    return absl::StrCat(kKeep.In(in.output().language()), "\n", lines);
  }
  RETURN_IF_ERROR(WritePrivateFile(path, lines));
  answer.Clear();
  return absl::StrCat("→ ", path, "\n");
}

absl::StatusOr<v1::EnrolTotpResponse> CallEnrolTotp(
    Invocation& in, const std::string& password) {
  v1::EnrolTotpRequest request;
  request.set_current_password(password);
  return in.Call(&v1::SessionService::Stub::EnrolTotp, request);
}

absl::StatusOr<v1::ConfirmTotpResponse> CallConfirmTotp(Invocation& in) {
  v1::ConfirmTotpRequest request;
  ASSIGN_OR_RETURN(*request.mutable_totp_code(),
                   ReadSecret(in.arguments().Get("totp-file"),
                              kTotpPrompt.In(in.output().language())));
  return in.Call(&v1::SessionService::Stub::ConfirmTotp, request);
}

absl::StatusOr<v1::CreateRecoveryCodesResponse> CallCreateRecoveryCodes(
    Invocation& in, const std::string& password) {
  v1::CreateRecoveryCodesRequest request;
  request.set_current_password(password);
  return in.Call(&v1::SessionService::Stub::CreateRecoveryCodes, request);
}

absl::Status ChangePassword(Invocation& in) {
  ASSIGN_OR_RETURN(const std::string current, AskPassword(in));
  ASSIGN_OR_RETURN(const std::string next, AskNewPassword(in));
  ASSIGN_OR_RETURN(const auto answer, CallChangePassword(in, current, next));
  return in.output().Show(answer,
                          DescribeOne(answer.session(), in.PlainView()));
}

absl::Status EnrolTotp(Invocation& in) {
  ASSIGN_OR_RETURN(const std::string password, AskPassword(in));
  ASSIGN_OR_RETURN(auto answer, CallEnrolTotp(in, password));
  ASSIGN_OR_RETURN(const std::string text, DeliverSecret(in, answer));
  return in.output().Show(answer, text);
}

absl::Status ConfirmTotp(Invocation& in) {
  ASSIGN_OR_RETURN(const auto answer, CallConfirmTotp(in));
  return in.output().Show(answer,
                          DescribeOne(answer.session(), in.PlainView()));
}

absl::Status CreateRecoveryCodes(Invocation& in) {
  ASSIGN_OR_RETURN(const std::string password, AskPassword(in));
  ASSIGN_OR_RETURN(auto answer, CallCreateRecoveryCodes(in, password));
  ASSIGN_OR_RETURN(const std::string text, DeliverCodes(in, answer));
  return in.output().Show(answer, text);
}

absl::Status Enrol(Invocation& in) {
  ASSIGN_OR_RETURN(const std::string current, AskPassword(in));
  ASSIGN_OR_RETURN(const std::string next, AskNewPassword(in));
  RETURN_IF_ERROR(CallChangePassword(in, current, next).status());
  ASSIGN_OR_RETURN(auto secret, CallEnrolTotp(in, next));
  ASSIGN_OR_RETURN(const std::string secret_text, DeliverSecret(in, secret));
  RETURN_IF_ERROR(in.output().Show(secret, secret_text));
  RETURN_IF_ERROR(CallConfirmTotp(in).status());
  ASSIGN_OR_RETURN(auto codes, CallCreateRecoveryCodes(in, next));
  ASSIGN_OR_RETURN(const std::string codes_text, DeliverCodes(in, codes));
  return in.output().Show(codes, codes_text);
}

constexpr Option kPasswordFile = {
    "password-file",
    "FILE",
    {"現在のパスワードを読むファイル。なければ尋ねる",
     "where to read the current password; else it is asked"}};
constexpr Option kNewPasswordFile = {
    "new-password-file",
    "FILE",
    {"新しいパスワードを読むファイル。なければ尋ねる",
     "where to read the new password; else it is asked"}};
constexpr Option kTotpSecretFile = {
    "totp-secret-file",
    "FILE",
    {"秘密鍵(base32)を書くファイル(0600)。なければ画面に出す",
     "file (0600) for the secret in base32; else it is shown"}};
constexpr Option kTotpFile = {"totp-file",
                              "FILE",
                              {"認証コードを読むファイル。なければ尋ねる",
                               "where to read the code; else it is asked"}};
constexpr Option kRecoveryCodesFile = {
    "recovery-codes-file",
    "FILE",
    {"回復コードを書くファイル(0600)。なければ画面に出す",
     "file (0600) for the codes; else they are shown"}};

constexpr Option kEnrolOptions[] = {kPasswordFile, kNewPasswordFile,
                                    kTotpSecretFile, kTotpFile,
                                    kRecoveryCodesFile};
constexpr Option kChangePasswordOptions[] = {kPasswordFile, kNewPasswordFile};
constexpr Option kEnrolTotpOptions[] = {kPasswordFile, kTotpSecretFile};
constexpr Option kConfirmTotpOptions[] = {kTotpFile};
constexpr Option kRecoveryOptions[] = {kPasswordFile, kRecoveryCodesFile};

constexpr Command kCommands[] = {
    {"enrol",
     "",
     0,
     0,
     {"初回登録: パスワード変更、二要素目、回復コードを順に行う",
      "first sign-in: password, second factor and recovery codes in one go"},
     kEnrolOptions,
     Enrol},
    {"change-password",
     "",
     0,
     0,
     {"パスワードを変える", "change the password"},
     kChangePasswordOptions,
     ChangePassword},
    {"enrol-totp",
     "",
     0,
     0,
     {"二要素目(TOTP)の登録を始める", "get a secret for the second factor"},
     kEnrolTotpOptions,
     EnrolTotp},
    {"confirm-totp",
     "",
     0,
     0,
     {"二要素目を確かめて有効にする", "prove the second factor with a code"},
     kConfirmTotpOptions,
     ConfirmTotp},
    {"recovery-codes",
     "",
     0,
     0,
     {"回復コードを作り直す", "make new recovery codes"},
     kRecoveryOptions,
     CreateRecoveryCodes},
};

}  // namespace

absl::Span<const Command> CredentialCommands() { return kCommands; }

}  // namespace renkei::client
