// The second factor: time-based codes of an authenticator app (RFC 6238: SHA-1,
// 6 digits, 30 s), and the recovery codes for who has lost the phone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "storage/crypto/secret.h"

namespace renkei::crypto {

inline constexpr size_t kTotpSecretBytes = 20;
inline constexpr size_t kRecoveryCodes = 10;

// The step that `now` falls into.
int64_t TotpStepAt(absl::Time now);

// The six digits of `step`.
std::string TotpCode(const Secret& secret, int64_t step);

// The step whose code `code` is, out of the step of `now`, the one before and
// the one after; nullopt if it is none of them. Only steps after
// `last_accepted_step` count, so that no code works twice: the caller keeps
// what this returns. Takes the same time for every code.
std::optional<int64_t> AcceptTotp(const Secret& secret, absl::string_view code,
                                  absl::Time now, int64_t last_accepted_step);

// RFC 4648 base32 without padding, for typing into an app.
std::string TotpSecretText(const Secret& secret);

// `otpauth://totp/…`, for a QR code. Both names may be any UTF-8.
std::string TotpUri(const Secret& secret, absl::string_view issuer,
                    absl::string_view account);

// kRecoveryCodes codes of 80 random bits each, in the form
// `k3jx-9m2q-w0ar-5tzc`.
std::vector<std::string> MakeRecoveryCodes();

// The form to hash and compare: as typed by a person, less hyphens, spaces and
// case, with o, i and l read as digits. nullopt if it cannot be one of our
// codes.
std::optional<std::string> NormalizeRecoveryCode(absl::string_view typed);

}  // namespace renkei::crypto
