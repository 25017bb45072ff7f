// People with credentials, who sign in as clients do: each step through the
// door, passwords hashed cheaply.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/domain/own_account.h"
#include "server/domain/sign_in.h"
#include "tests/support/world.h"

namespace renkei::testing {

inline constexpr crypto::Argon2Cost kCheapCost{8, 1, 1};

struct Account {
  Actor actor;  // no session until SignedIn
  std::string login;
  std::string password;
  std::string totp_secret;  // raw; empty until enrolled
};

// As an administrator makes one: a one-time password, nothing enrolled.
Account AddAccount(World& world, absl::string_view login,
                   const FacilityId& facility);
// Password changed and TOTP confirmed; written directly.
Account AddEnrolledAccount(World& world, absl::string_view login,
                           const FacilityId& facility);

// The code that the account's device shows at the world's time, or `steps`
// later.
std::string CodeOf(const World& world, const Account& account, int steps);

// The raw secret that waits for ConfirmTotp, out of the store: what an
// authenticator app would read from the QR code. Aborts if there is none.
std::string PendingSecretOf(const World& world, const Account& account);

// ---- one call each ----
absl::StatusOr<domain::SignInAnswer> SignIn(World& world,
                                            const domain::Login& login);
absl::StatusOr<domain::SignInAnswer> SignIn(World& world,
                                            const Account& account);
absl::StatusOr<domain::SessionTokens> VerifySecondFactor(
    World& world, const domain::SecondFactor& factor);
absl::StatusOr<domain::SessionTokens> Refresh(World& world,
                                              absl::string_view refresh_token);
absl::StatusOr<domain::SessionView> ChangePassword(
    World& world, const Actor& actor, const domain::PasswordChange& change);
absl::StatusOr<domain::TotpEnrolment> EnrolTotp(World& world,
                                                const Actor& actor,
                                                absl::string_view password);
absl::StatusOr<domain::SessionView> ConfirmTotp(World& world,
                                                const Actor& actor,
                                                absl::string_view code);
absl::StatusOr<std::vector<std::string>> CreateRecoveryCodes(
    World& world, const Actor& actor, absl::string_view password);
absl::StatusOr<domain::CurrentPerson> GetCurrentPerson(World& world,
                                                       const Actor& actor);

// ---- what most tests begin with; each aborts when it does not work ----
// The ticket that the right password gives.
Hash32 TicketOf(World& world, const Account& account);
// Both factors.
domain::SessionTokens SignInFully(World& world, const Account& account);
// Whoever holds these tokens.
Actor Holder(const Account& account, const domain::SessionTokens& tokens);

}  // namespace renkei::testing
