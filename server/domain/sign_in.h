// Signing in: the password gives a ticket, the ticket and a second factor give
// a session. Who must still enrol gets a session for just that.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/domain/call.h"
#include "server/domain/password_check.h"
#include "server/domain/sessions.h"
#include "storage/base/hash32.h"

namespace renkei::domain {

inline constexpr absl::Duration kTicketLifetime = absl::Minutes(5);
inline constexpr uint32_t kTicketAttemptsMax = 5;

struct Login {
  std::string network_code;
  std::string login;
  std::string password;
  Device device;  // of an enrolment session
};

struct SecondFactorTicket {
  std::string ticket;  // given once; the store keeps its hash
  absl::Time expires_at;
};

// Whatever was wrong: call.answer is SIGN_IN_FAILED, the log says more.
struct Refused {};

using SignInAnswer = std::variant<Refused, SecondFactorTicket, SessionTokens>;

// `proof` is what ProveLogin found for the same login a moment ago. Failures of
// known accounts count towards the lock; those of unknown ones are events of
// the server's own log.
absl::StatusOr<SignInAnswer> SignIn(WriteCall& call, const Login& login,
                                    const PasswordProof& proof);

struct TotpCode {
  std::string text;
};
struct RecoveryCode {
  std::string text;
};
struct SecondFactor {
  Hash32 ticket;
  std::variant<TotpCode, RecoveryCode> code;
  Device device;
};

// nullopt: refused, as above. A failure counts against the ticket and towards
// the lock.
absl::StatusOr<std::optional<SessionTokens>> VerifySecondFactor(
    WriteCall& call, const SecondFactor& factor);

}  // namespace renkei::domain
