#include "storage/crypto/sign.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <cstdint>
#include <memory>

#include "storage/base/check.h"

namespace renkei::crypto {
namespace {

constexpr size_t kSeedBytes = 32;
constexpr size_t kPublicKeyBytes = 32;

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, Free>;

const uint8_t* BytesOf(absl::string_view view) {
  return reinterpret_cast<const uint8_t*>(view.data());
}

EVP_PKEY* KeyOf(const Secret& seed) {
  CHECK(seed.size() == kSeedBytes);
  EVP_PKEY* const key = EVP_PKEY_new_raw_private_key(
      EVP_PKEY_ED25519, nullptr, BytesOf(seed.bytes()), seed.size());
  CHECK(key != nullptr);
  return key;
}

}  // namespace

SigningKey::SigningKey(const Secret& seed) : key_(KeyOf(seed)) {}

SigningKey::~SigningKey() { EVP_PKEY_free(key_); }

std::string SigningKey::Sign(absl::string_view bytes) const {
  const Context context(EVP_MD_CTX_new());
  CHECK(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_) ==
        1);
  std::string signature(kSignatureBytes, '\0');
  size_t length = signature.size();
  CHECK(EVP_DigestSign(context.get(),
                       reinterpret_cast<uint8_t*>(signature.data()), &length,
                       BytesOf(bytes), bytes.size()) == 1);
  CHECK(length == kSignatureBytes);
  return signature;
}

std::string SigningKey::PublicKey() const {
  std::string bytes(kPublicKeyBytes, '\0');
  size_t length = bytes.size();
  CHECK(EVP_PKEY_get_raw_public_key(
            key_, reinterpret_cast<uint8_t*>(bytes.data()), &length) == 1);
  return bytes;
}

absl::Status Verify(absl::string_view public_key, absl::string_view bytes,
                    absl::string_view signature) {
  if (public_key.size() != kPublicKeyBytes) {
    return absl::InvalidArgumentError("an Ed25519 public key has 32 bytes");
  }
  const std::unique_ptr<EVP_PKEY, Free> key(EVP_PKEY_new_raw_public_key(
      EVP_PKEY_ED25519, nullptr, BytesOf(public_key), public_key.size()));
  CHECK(key != nullptr);
  const Context context(EVP_MD_CTX_new());
  CHECK(EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr,
                             key.get()) == 1);
  if (EVP_DigestVerify(context.get(), BytesOf(signature), signature.size(),
                       BytesOf(bytes), bytes.size()) != 1) {
    ERR_clear_error();
    return absl::InvalidArgumentError("the signature does not fit");
  }
  return absl::OkStatus();
}

}  // namespace renkei::crypto
