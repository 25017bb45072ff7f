// What people do with their own account: password, TOTP, recovery codes, and
// seeing who they are.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/domain/call.h"
#include "server/domain/password_check.h"
#include "server/domain/person_view.h"
#include "server/domain/sessions.h"
#include "storage/crypto/argon2id.h"

namespace renkei::domain {

// Every answer below is nullopt when the current password was wrong, which
// counts as a failed sign-in: call.answer says PASSWORD_WRONG.

struct PasswordChange {
  std::string current_password;
  std::string new_password;
};
struct PasswordChangeProof {
  PasswordProof current;
  std::string new_hash;  // empty when the current password was wrong
};

// For the workers: up to seven Argon2id when the current password is right.
// PASSWORD_REFUSED with the rule `length`, `blocked` or `reused`.
absl::StatusOr<PasswordChangeProof> ProvePasswordChange(
    ReadCall& call, const PasswordChange& change,
    const crypto::Argon2Cost& cost);

// Puts the new password into force and ends the caller's other sessions.
absl::StatusOr<std::optional<SessionView>> ChangePassword(
    WriteCall& call, const PasswordChangeProof& proof);

struct TotpEnrolment {
  std::string secret;  // base32
  std::string uri;     // otpauth://
};

// Makes a secret that waits for ConfirmTotp; one in force stays so until then.
absl::StatusOr<std::optional<TotpEnrolment>> EnrolTotp(
    WriteCall& call, const PasswordProof& proof);

// Puts the waiting secret into force and ends the caller's other sessions.
// STATE_WRONG if none waits, SIGN_IN_FAILED if it does not make this code now.
absl::StatusOr<SessionView> ConfirmTotp(WriteCall& call,
                                        absl::string_view code);

// Ten new codes; earlier ones are void.
absl::StatusOr<std::optional<std::vector<std::string>>> CreateRecoveryCodes(
    WriteCall& call, const PasswordProof& proof);

struct CurrentPerson {
  PersonView person;
  SessionView session;
  bool password_change_required = false;
  bool totp_enrolment_required = false;
  size_t recovery_codes_left = 0;
};

absl::StatusOr<CurrentPerson> GetCurrentPerson(ReadCall& call);

}  // namespace renkei::domain
