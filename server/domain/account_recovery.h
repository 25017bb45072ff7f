// What administrators do for somebody who cannot sign in any more.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/domain/call.h"
#include "server/domain/person_view.h"

namespace renkei::domain {

// SECOND_PERSON_NEEDED for the own account; STATE_WRONG if it is not locked.
absl::StatusOr<PersonView> UnlockAccount(WriteCall& call,
                                         const NetworkId& network,
                                         const PersonId& person);

// Takes the place of a reset that waits. SECOND_PERSON_NEEDED for oneself.
absl::StatusOr<CredentialReset> RequestCredentialReset(
    WriteCall& call, const NetworkId& network, const PersonId& person,
    const std::string& reason);

// Whether the caller may approve the reset that waits: SECOND_PERSON_NEEDED for
// who asked and whom it is about, STATE_WRONG if none waits. To be asked before
// the password is hashed; ApproveCredentialReset asks again.
absl::StatusOr<CredentialReset> CheckCredentialReset(ReadCall& call,
                                                     const NetworkId& network,
                                                     const PersonId& person);

// Voids all credentials, ends all sessions and unlocks; `password_hash` is that
// of the one-time password.
absl::StatusOr<CredentialReset> ApproveCredentialReset(
    WriteCall& call, const NetworkId& network, const PersonId& person,
    absl::string_view password_hash);

}  // namespace renkei::domain
