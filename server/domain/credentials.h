// The credentials of an account as administrators deal with them: the one-time
// password of a beginning, the lock, and how a login is found.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/domain/call.h"
#include "server/domain/session_end.h"
#include "storage/base/hash32.h"
#include "storage/base/id.h"
#include "storage/crypto/argon2id.h"
#include "storage/crypto/key_ring.h"
#include "storage/crypto/secret.h"

namespace renkei::domain {

inline constexpr absl::Duration kInitialPasswordLifetime = absl::Hours(24 * 14);
// This many failures in a row lock the account.
inline constexpr uint32_t kFailuresMax = 5;
inline constexpr int kEarlierPasswordsMax = 5;

// The key of a login in kLogins; upper and lower case are the same login.
absl::StatusOr<Hash32> LoginHash(const crypto::KeyRing& keys,
                                 const NetworkId& network,
                                 absl::string_view login);

// The key that passwords of `network` are hashed with; the server's own for the
// zero id.
absl::StatusOr<std::shared_ptr<const crypto::Secret>> PasswordPepper(
    const crypto::KeyRing& keys, const NetworkId& network);

struct InitialCredentials {
  std::string one_time_password;  // `k3jx-9m2q-w0ar-5tzc`: 80 random bits
  std::string hash;
};

// Takes the full cost of one Argon2id: for the workers, not for the commit
// thread. Thread-safe.
absl::StatusOr<InitialCredentials> NewInitialCredentials(
    const crypto::KeyRing& keys, const NetworkId& network,
    const crypto::Argon2Cost& cost);

// Gives a new person these credentials, or replaces those of an old one: the
// password must be changed within kInitialPasswordLifetime, TOTP enrolled anew;
// recovery codes, open sign-ins, counted failures and a waiting reset are void.
// Does not end sessions and does not unlock.
absl::Status PutInitialCredentials(WriteCall& call, const NetworkId& network,
                                   const PersonId& person,
                                   absl::string_view hash);

// Locks the account, ends its sessions and writes ACCOUNT_LOCKED. Nothing
// happens to a locked one.
absl::Status LockAccount(WriteCall& call, const NetworkId& network,
                         const PersonId& person);

// The opposite: unlocks and forgets the failures. NotFound for no such person.
absl::Status LiftLock(WriteCall& call, const NetworkId& network,
                      const PersonId& person);

// Moves the password hash to the front of the earlier ones, which a new
// password may not repeat.
void KeepEarlierPassword(storage::v1::CredentialsRecord& credentials);

// Voids the tickets of sign-ins that wait for their second factor. The caller
// puts `credentials`.
void VoidTickets(WriteCall& call, storage::v1::CredentialsRecord& credentials);

}  // namespace renkei::domain
