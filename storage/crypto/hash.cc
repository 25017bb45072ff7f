#include "storage/crypto/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "storage/base/check.h"

namespace renkei::crypto {
namespace {

constexpr size_t kBlockBytes = 64;
constexpr size_t kHkdfBlocksMax = 255;

// Fetching by name costs more than hashing a short text.
const EVP_MD* Algorithm() {
  static const EVP_MD* const algorithm =
      EVP_MD_fetch(nullptr, "SHA256", nullptr);
  CHECK(algorithm != nullptr);
  return algorithm;
}

void Start(EVP_MD_CTX* context) {
  CHECK(EVP_DigestInit_ex2(context, nullptr, nullptr) == 1);
}

EVP_MD_CTX* NewContext() {
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  CHECK(context != nullptr);
  CHECK(EVP_DigestInit_ex2(context, Algorithm(), nullptr) == 1);
  return context;
}

void Add(EVP_MD_CTX* context, absl::string_view bytes) {
  CHECK(EVP_DigestUpdate(context, bytes.data(), bytes.size()) == 1);
}

Hash32 End(EVP_MD_CTX* context) {
  std::array<uint8_t, kHash32Bytes> hash;
  CHECK(EVP_DigestFinal_ex(context, hash.data(), nullptr) == 1);
  return Hash32(hash);
}

struct ThreadContext {
  ThreadContext() : context(NewContext()) {}
  ~ThreadContext() { EVP_MD_CTX_free(context); }
  ThreadContext(const ThreadContext&) = delete;
  ThreadContext& operator=(const ThreadContext&) = delete;

  EVP_MD_CTX* const context;
};

EVP_MD_CTX* StartOnThread() {
  thread_local const ThreadContext thread;
  Start(thread.context);
  return thread.context;
}

absl::string_view ViewOf(const std::array<uint8_t, kBlockBytes>& block) {
  return {reinterpret_cast<const char*>(block.data()), block.size()};
}

Hash32 Hmac(absl::string_view key,
            std::initializer_list<absl::string_view> parts) {
  // RFC 2104 by hand: EVP_MAC costs several times the hashing itself.
  std::array<uint8_t, kBlockBytes> block{};
  Hash32 short_key;
  if (key.size() > kBlockBytes) {
    short_key = Sha256(key);
    key = short_key.bytes();
  }
  std::copy(key.begin(), key.end(), block.begin());
  for (uint8_t& byte : block) {
    byte ^= 0x36;
  }
  EVP_MD_CTX* context = StartOnThread();
  Add(context, ViewOf(block));
  for (const absl::string_view part : parts) {
    Add(context, part);
  }
  const Hash32 inner = End(context);
  for (uint8_t& byte : block) {
    byte ^= 0x36 ^ 0x5c;
  }
  context = StartOnThread();
  Add(context, ViewOf(block));
  Add(context, inner.bytes());
  OPENSSL_cleanse(block.data(), block.size());
  return End(context);
}

}  // namespace

Hash32 Sha256(absl::string_view bytes) { return Sha256({bytes}); }

Hash32 Sha256(std::initializer_list<absl::string_view> parts) {
  EVP_MD_CTX* const context = StartOnThread();
  for (const absl::string_view part : parts) {
    Add(context, part);
  }
  return End(context);
}

Sha256Hasher::Sha256Hasher() : context_(NewContext()) {}

Sha256Hasher::~Sha256Hasher() { EVP_MD_CTX_free(context_); }

void Sha256Hasher::Update(absl::string_view bytes) { Add(context_, bytes); }

Hash32 Sha256Hasher::Finish() {
  const Hash32 hash = End(context_);
  Start(context_);
  return hash;
}

Hash32 HmacSha256(absl::string_view key, absl::string_view bytes) {
  return Hmac(key, {bytes});
}

Hash32 HmacSha256(const Secret& key, absl::string_view bytes) {
  return Hmac(key.bytes(), {bytes});
}

Secret HkdfSha256(absl::string_view salt, const Secret& input,
                  absl::string_view label, size_t length) {
  CHECK(length <= kHkdfBlocksMax * kHash32Bytes);
  const Secret extracted =
      Secret::CopyOf(HmacSha256(salt, input.bytes()).bytes());
  Secret output(length);
  Hash32 block;
  absl::string_view previous;
  size_t done = 0;
  for (char counter = 1; done < length; ++counter) {
    block = Hmac(extracted.bytes(),
                 {previous, label, absl::string_view(&counter, 1)});
    previous = block.bytes();
    const size_t taken = std::min(kHash32Bytes, length - done);
    std::copy_n(previous.begin(), taken, output.mutable_span().begin() + done);
    done += taken;
  }
  OPENSSL_cleanse(&block, sizeof(block));
  return output;
}

Secret DeriveKey(const Secret& secret, absl::string_view label) {
  return HkdfSha256("", secret, label, kHash32Bytes);
}

bool ConstantTimeEquals(absl::string_view a, absl::string_view b) {
  return a.size() == b.size() &&
         CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace renkei::crypto
