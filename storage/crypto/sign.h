// Ed25519 signatures, for checkpoints of the audit log.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "storage/crypto/secret.h"

struct evp_pkey_st;

namespace renkei::crypto {

inline constexpr size_t kSignatureBytes = 64;

// Immutable; thread-safe.
class SigningKey {
 public:
  // REQUIRES: seed.size() == 32.
  explicit SigningKey(const Secret& seed);
  ~SigningKey();
  SigningKey(const SigningKey&) = delete;
  SigningKey& operator=(const SigningKey&) = delete;

  // 64 bytes, always the same for the same `bytes`.
  std::string Sign(absl::string_view bytes) const;

  // 32 bytes.
  std::string PublicKey() const;

 private:
  evp_pkey_st* const key_;
};

// OK, or InvalidArgument if `public_key` is none or did not make `signature`
// over `bytes`.
absl::Status Verify(absl::string_view public_key, absl::string_view bytes,
                    absl::string_view signature);

}  // namespace renkei::crypto
