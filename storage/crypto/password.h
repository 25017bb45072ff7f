// What is kept of a password, and the check against it.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/crypto/argon2id.h"
#include "storage/crypto/secret.h"

namespace renkei::crypto {

// All thread-safe. Each call takes the full cost of one Argon2id in the
// caller's thread; who calls bounds how many run at once. `pepper` is a key of
// the server that is not in the store, so that stolen records alone cannot be
// guessed at. Nothing normalizes the password.

// The record to keep: `$argon2id$v=19$m=…,t=…,p=…$salt$hash`, with a fresh
// salt.
absl::StatusOr<std::string> HashPassword(absl::string_view password,
                                         const Secret& pepper,
                                         const Argon2Cost& cost);

// OK if `record` was made of this password under this pepper; Unauthenticated
// if not; DataLoss if `record` is none of ours.
absl::Status VerifyPassword(absl::string_view password, const Secret& pepper,
                            absl::string_view record);

// Unauthenticated, after the work that VerifyPassword would have had: for
// accounts that do not exist.
absl::Status VerifyPasswordOfNobody(absl::string_view password,
                                    const Secret& pepper,
                                    const Argon2Cost& cost);

// True if `record` was made at another cost and should be made again at the
// next sign-in.
bool NeedsRehash(absl::string_view record, const Argon2Cost& cost);

}  // namespace renkei::crypto
