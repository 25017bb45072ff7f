// The bare cipher AES-256-GCM. Records are sealed by aead.h, which chooses
// nonces and names keys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/crypto/secret.h"

namespace renkei::crypto {

inline constexpr size_t kKeyBytes = 32;
inline constexpr size_t kNonceBytes = 12;
inline constexpr size_t kTagBytes = 16;

// Immutable; thread-safe. Contexts that a thread has set up for a key stay in
// that thread until others take their place: destroying a key ends its use and
// wipes its bytes, but is no proof against a dump of the memory.
class AesKey {
 public:
  // REQUIRES: bytes.size() == kKeyBytes.
  explicit AesKey(Secret bytes);
  AesKey(const AesKey&) = delete;
  AesKey& operator=(const AesKey&) = delete;

  const Secret& bytes() const { return bytes_; }
  // Differs from that of every other key object that this process ever made.
  uint64_t instance() const { return instance_; }

 private:
  const Secret bytes_;
  const uint64_t instance_;
};

// What is authenticated and not encrypted; `associated` follows `header`
// without a mark between.
struct GcmContext {
  absl::string_view nonce;  // kNonceBytes
  absl::string_view header;
  absl::string_view associated;
};

// Appends ciphertext and tag to `out`. A nonce must never serve twice under one
// key. `context` may point into `out`. REQUIRES: plaintext.size() <= 1 GiB.
void GcmEncrypt(const AesKey& key, const GcmContext& context,
                absl::string_view plaintext, std::string& out);

// The plaintext of ciphertext and tag, or DataLoss if one bit of anything
// differs.
absl::StatusOr<std::string> GcmDecrypt(const AesKey& key,
                                       const GcmContext& context,
                                       absl::string_view sealed);

}  // namespace renkei::crypto
