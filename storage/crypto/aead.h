// Sealing of records: AES-256-GCM under a key that the sealed bytes name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/crypto/aes_gcm.h"
#include "storage/crypto/secret.h"

namespace renkei::crypto {

// What Seal adds to the plaintext. On disk: never change.
// version(1) suite(1) key id(4, big-endian) epoch(4, big-endian) nonce(12)
// ciphertext tag(16)
inline constexpr size_t kBlobHeaderBytes = 10;
inline constexpr size_t kSealOverheadBytes =
    kBlobHeaderBytes + kNonceBytes + kTagBytes;

struct BlobHeader {
  uint32_t key_id = 0;
  uint32_t epoch = 0;
};

// A key and the name that blobs sealed under it carry. Immutable; thread-safe.
class SealingKey {
 public:
  // REQUIRES: key.size() == kKeyBytes.
  SealingKey(BlobHeader name, Secret key)
      : name_(name), cipher_(std::move(key)) {}

  uint32_t key_id() const { return name_.key_id; }
  uint32_t epoch() const { return name_.epoch; }
  const AesKey& cipher() const { return cipher_; }

 private:
  const BlobHeader name_;
  const AesKey cipher_;
};

// Returns the blob. `associated` is not kept in it; who opens it must give the
// same bytes. The nonce is random: at most 2^28 blobs under one key and epoch.
std::string Seal(const SealingKey& key, absl::string_view associated,
                 absl::string_view plaintext);

// The same, added to the end of `out`.
void AppendSealed(const SealingKey& key, absl::string_view associated,
                  absl::string_view plaintext, std::string& out);

// The plaintext. DataLoss if one bit of blob or `associated` is not what was
// sealed, or if it was sealed under another key.
absl::StatusOr<std::string> Open(const SealingKey& key,
                                 absl::string_view associated,
                                 absl::string_view blob);

// Which key a blob needs; DataLoss if this is no blob of a known version.
// Proves nothing.
absl::StatusOr<BlobHeader> ParseHeader(absl::string_view blob);

}  // namespace renkei::crypto
