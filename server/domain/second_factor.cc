#include "server/domain/second_factor.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "server/domain/credentials.h"
#include "server/domain/refusal.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/aead.h"
#include "storage/crypto/hash.h"
#include "storage/crypto/totp.h"

namespace renkei::domain {
namespace {

using storage::v1::CredentialsRecord;

std::string SecretContext(const storage::PersonKey& person) {
  return absl::StrCat("totp ", person.network.bytes(), person.person.bytes());
}

absl::StatusOr<Hash32> RecoveryCodeHash(const crypto::KeyRing& keys,
                                        const storage::PersonKey& person,
                                        absl::string_view normalized) {
  ASSIGN_OR_RETURN(const auto pepper, PasswordPepper(keys, person.network));
  return crypto::HmacSha256(
      *pepper,
      absl::StrCat("recovery code ", person.person.bytes(), normalized));
}

}  // namespace

absl::StatusOr<std::string> SealTotpSecret(const crypto::KeyRing& keys,
                                           const storage::PersonKey& person,
                                           const crypto::Secret& secret) {
  const auto key = keys.Current(crypto::KeyScope::Network(person.network),
                                crypto::SealUse::kTotpSecrets);
  if (key == nullptr) {
    return Refuse(absl::StatusCode::kUnavailable, Reason::kServerSealed,
                  "the network's keys are not open");
  }
  return crypto::Seal(*key, SecretContext(person), secret.bytes());
}

absl::StatusOr<crypto::Secret> OpenTotpSecret(const crypto::KeyRing& keys,
                                              const storage::PersonKey& person,
                                              absl::string_view sealed) {
  ASSIGN_OR_RETURN(const crypto::BlobHeader name, crypto::ParseHeader(sealed));
  const auto key = keys.Find(name, crypto::SealUse::kTotpSecrets);
  if (key == nullptr) {
    return absl::DataLossError("no key for the TOTP secret");
  }
  ASSIGN_OR_RETURN(std::string bytes,
                   crypto::Open(*key, SecretContext(person), sealed));
  crypto::Secret secret = crypto::Secret::CopyOf(bytes);
  crypto::Wipe(bytes);
  return secret;
}

absl::StatusOr<bool> TakeTotp(const crypto::KeyRing& keys,
                              const storage::PersonKey& person,
                              absl::string_view code, absl::Time now,
                              CredentialsRecord& credentials) {
  if (!credentials.totp_confirmed()) {
    return false;
  }
  ASSIGN_OR_RETURN(const crypto::Secret secret,
                   OpenTotpSecret(keys, person, credentials.totp_secret()));
  const std::optional<int64_t> step =
      crypto::AcceptTotp(secret, code, now, credentials.totp_last_step());
  if (step) {
    credentials.set_totp_last_step(*step);
  }
  return step.has_value();
}

absl::StatusOr<bool> TakeRecoveryCode(const crypto::KeyRing& keys,
                                      const storage::PersonKey& person,
                                      absl::string_view typed,
                                      CredentialsRecord& credentials) {
  const std::optional<std::string> normalized =
      crypto::NormalizeRecoveryCode(typed);
  if (!normalized) {
    return false;
  }
  ASSIGN_OR_RETURN(const Hash32 hash,
                   RecoveryCodeHash(keys, person, *normalized));
  auto& hashes = *credentials.mutable_recovery_code_hashes();
  for (auto unused = hashes.begin(); unused != hashes.end(); ++unused) {
    if (crypto::ConstantTimeEquals(*unused, hash.bytes())) {
      hashes.erase(unused);
      return true;
    }
  }
  return false;
}

absl::StatusOr<std::vector<std::string>> ReplaceRecoveryCodes(
    const crypto::KeyRing& keys, const storage::PersonKey& person,
    CredentialsRecord& credentials) {
  std::vector<std::string> codes = crypto::MakeRecoveryCodes();
  credentials.clear_recovery_code_hashes();
  for (const std::string& code : codes) {
    ASSIGN_OR_RETURN(
        const Hash32 hash,
        RecoveryCodeHash(keys, person, *crypto::NormalizeRecoveryCode(code)));
    credentials.add_recovery_code_hashes(std::string(hash.bytes()));
  }
  return codes;
}

}  // namespace renkei::domain
