#include "storage/crypto/secret.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <utility>

#include "storage/base/check.h"

namespace renkei::crypto {
namespace {

// Room for some 60,000 keys; within the 8 MiB that systemd lets a service lock.
constexpr size_t kLockedBytes = size_t{4} << 20;
constexpr size_t kLockedBytesMin = 32;

uint8_t* Allocate(size_t size) {
  // A second initialization fails and does no harm; without one the memory is
  // ordinary, and still wiped.
  static const int locked =
      CRYPTO_secure_malloc_init(kLockedBytes, kLockedBytesMin);
  static_cast<void>(locked);
  void* bytes = OPENSSL_secure_zalloc(size);
  if (bytes == nullptr) {
    // The locked pages are full. OPENSSL_secure_clear_free tells both kinds
    // apart.
    bytes = OPENSSL_zalloc(size);
  }
  CHECK(bytes != nullptr);
  return static_cast<uint8_t*>(bytes);
}

}  // namespace

Secret::Secret(size_t size)
    : bytes_(size == 0 ? nullptr : Allocate(size)), size_(size) {}

Secret Secret::CopyOf(absl::string_view bytes) {
  Secret secret(bytes.size());
  std::copy(bytes.begin(), bytes.end(), secret.bytes_);
  return secret;
}

Secret Secret::Random(size_t size) {
  Secret secret(size);
  CHECK(RAND_priv_bytes_ex(nullptr, secret.bytes_, size, 0) == 1);
  return secret;
}

Secret::~Secret() { OPENSSL_secure_clear_free(bytes_, size_); }

Secret::Secret(Secret&& other) noexcept
    : bytes_(std::exchange(other.bytes_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  std::swap(size_, other.size_);
  return *this;
}

void Wipe(std::string& text) {
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

}  // namespace renkei::crypto
