// SHA-256, HMAC and HKDF over it.
#pragma once

#include <cstddef>
#include <initializer_list>

#include "absl/strings/string_view.h"
#include "storage/base/hash32.h"
#include "storage/crypto/secret.h"

struct evp_md_ctx_st;

namespace renkei::crypto {

// All functions are thread-safe and reuse a context of the thread.

Hash32 Sha256(absl::string_view bytes);

// Of the parts one after another. The caller sees to it that the split is
// unambiguous.
Hash32 Sha256(std::initializer_list<absl::string_view> parts);

// Hashes what comes in pieces. Not thread-safe.
class Sha256Hasher {
 public:
  Sha256Hasher();
  ~Sha256Hasher();
  Sha256Hasher(const Sha256Hasher&) = delete;
  Sha256Hasher& operator=(const Sha256Hasher&) = delete;

  void Update(absl::string_view bytes);
  // The hash of all since the construction or the last Finish; starts anew.
  Hash32 Finish();

 private:
  evp_md_ctx_st* const context_;
};

Hash32 HmacSha256(absl::string_view key, absl::string_view bytes);
Hash32 HmacSha256(const Secret& key, absl::string_view bytes);

// RFC 5869. REQUIRES: length <= 255 * 32.
Secret HkdfSha256(absl::string_view salt, const Secret& input,
                  absl::string_view label, size_t length);

// A 32-byte key of `secret` for one use: HKDF without salt, `label` names the
// use.
Secret DeriveKey(const Secret& secret, absl::string_view label);

// Takes the same time wherever the two differ; lengths are no secret.
bool ConstantTimeEquals(absl::string_view a, absl::string_view b);

}  // namespace renkei::crypto
