// Checking passwords on the workers, before the commit; and what the commit
// makes of it.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/domain/call.h"
#include "storage/base/id.h"
#include "storage/crypto/argon2id.h"

namespace renkei::domain {

// What a snapshot said of a password. The commit may find other credentials in
// force, and then this proves nothing.
struct PasswordProof {
  NetworkId network;  // zero: no such network
  PersonId person;    // zero: no such login
  std::string hash;   // with which it was compared; empty: there was none
  bool right = false;
  std::string renewed;  // right, but hashed at another cost: the same anew
};

// Each takes the full cost of one Argon2id whoever is asked for, so that
// unknown and known accounts answer alike. For the workers. An error is a fault
// of the server, never a wrong password.
absl::StatusOr<PasswordProof> ProveLogin(ReadCall& call,
                                         absl::string_view network_code,
                                         absl::string_view login,
                                         absl::string_view password,
                                         const crypto::Argon2Cost& cost);
// The caller's own, given again.
absl::StatusOr<PasswordProof> ProveOwnPassword(ReadCall& call,
                                               absl::string_view password,
                                               const crypto::Argon2Cost& cost);

// Right, and for the credentials that are in force now.
bool StillRight(const PasswordProof& proof,
                const storage::v1::CredentialsRecord& credentials);

// One more failure in a row: at kFailuresMax the account is locked. Puts
// `credentials`.
absl::Status CountFailure(WriteCall& call, const NetworkId& network,
                          const PersonId& person,
                          storage::v1::CredentialsRecord& credentials);

// OK if the caller's password was right. Otherwise counts a failure, keeps that
// in spite of the refusal PASSWORD_WRONG that becomes call.answer, and returns
// false.
absl::StatusOr<bool> AcceptOwnPassword(
    WriteCall& call, const PasswordProof& proof,
    storage::v1::CredentialsRecord& credentials);

}  // namespace renkei::domain
