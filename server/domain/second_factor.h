// What proves the second factor: TOTP codes and recovery codes, each of them
// once.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "renkei/storage/v1/records.pb.h"
#include "storage/crypto/key_ring.h"
#include "storage/crypto/secret.h"
#include "storage/schema.h"

namespace renkei::domain {

// A TOTP secret is sealed under a key of its own inside the record, which is
// sealed as a whole besides.
absl::StatusOr<std::string> SealTotpSecret(const crypto::KeyRing& keys,
                                           const storage::PersonKey& person,
                                           const crypto::Secret& secret);
// DataLoss if it does not open for this person.
absl::StatusOr<crypto::Secret> OpenTotpSecret(const crypto::KeyRing& keys,
                                              const storage::PersonKey& person,
                                              absl::string_view sealed);

// True if `code` is one of now's of the secret in force and of no step that was
// taken before; its step is then taken in `credentials`, which the caller puts.
absl::StatusOr<bool> TakeTotp(const crypto::KeyRing& keys,
                              const storage::PersonKey& person,
                              absl::string_view code, absl::Time now,
                              storage::v1::CredentialsRecord& credentials);

// True if `typed` is an unused recovery code, which is then removed from
// `credentials`.
absl::StatusOr<bool> TakeRecoveryCode(
    const crypto::KeyRing& keys, const storage::PersonKey& person,
    absl::string_view typed, storage::v1::CredentialsRecord& credentials);

// Ten fresh codes. Their hashes replace those in `credentials`.
absl::StatusOr<std::vector<std::string>> ReplaceRecoveryCodes(
    const crypto::KeyRing& keys, const storage::PersonKey& person,
    storage::v1::CredentialsRecord& credentials);

}  // namespace renkei::domain
