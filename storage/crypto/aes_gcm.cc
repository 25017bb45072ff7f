#include "storage/crypto/aes_gcm.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <array>
#include <atomic>
#include <utility>

#include "storage/base/check.h"

namespace renkei::crypto {
namespace {

constexpr size_t kPieceBytesMax = size_t{1} << 30;

enum Direction : int { kOpening = 0, kSealing = 1 };

uint64_t NextInstance() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

// Fetching by name costs more than sealing a message.
const EVP_CIPHER* Algorithm() {
  static const EVP_CIPHER* const algorithm =
      EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  CHECK(algorithm != nullptr);
  return algorithm;
}

// The contexts of one thread that already hold an expanded key: setting one up
// costs as much as sealing three messages.
class ContextCache {
 public:
  ContextCache() = default;
  ~ContextCache() {
    for (Slot& slot : slots_) {
      EVP_CIPHER_CTX_free(slot.context);
    }
  }
  ContextCache(const ContextCache&) = delete;
  ContextCache& operator=(const ContextCache&) = delete;

  // A context for `key`, started with `nonce`.
  EVP_CIPHER_CTX* Start(const AesKey& key, Direction direction,
                        const uint8_t* nonce) {
    Slot& slot = slots_[(key.instance() * 2 + direction) % slots_.size()];
    if (slot.instance == key.instance()) {
      CHECK(EVP_CipherInit_ex2(slot.context, nullptr, nullptr, nonce, direction,
                               nullptr) == 1);
      return slot.context;
    }
    if (slot.context == nullptr) {
      slot.context = EVP_CIPHER_CTX_new();
      CHECK(slot.context != nullptr);
    }
    CHECK(EVP_CipherInit_ex2(
              slot.context, Algorithm(),
              reinterpret_cast<const uint8_t*>(key.bytes().bytes().data()),
              nonce, direction, nullptr) == 1);
    slot.instance = key.instance();
    return slot.context;
  }

 private:
  struct Slot {
    uint64_t instance = 0;
    EVP_CIPHER_CTX* context = nullptr;
  };
  std::array<Slot, 128> slots_;
};

ContextCache& CacheOfThread() {
  thread_local ContextCache cache;
  return cache;
}

const uint8_t* BytesOf(absl::string_view view) {
  return reinterpret_cast<const uint8_t*>(view.data());
}

void Associate(EVP_CIPHER_CTX* context, absl::string_view bytes) {
  if (bytes.empty()) {
    return;  // OpenSSL takes an empty piece without a buffer for the end
  }
  CHECK(bytes.size() <= kPieceBytesMax);
  int length = 0;
  CHECK(EVP_CipherUpdate(context, nullptr, &length, BytesOf(bytes),
                         static_cast<int>(bytes.size())) == 1);
}

void Transform(EVP_CIPHER_CTX* context, absl::string_view in, uint8_t* out) {
  if (in.empty()) {
    return;
  }
  CHECK(in.size() <= kPieceBytesMax);
  int length = 0;
  CHECK(EVP_CipherUpdate(context, out, &length, BytesOf(in),
                         static_cast<int>(in.size())) == 1);
  CHECK(static_cast<size_t>(length) == in.size());
}

}  // namespace

AesKey::AesKey(Secret bytes)
    : bytes_(std::move(bytes)), instance_(NextInstance()) {
  CHECK(bytes_.size() == kKeyBytes);
}

void GcmEncrypt(const AesKey& key, const GcmContext& context,
                absl::string_view plaintext, std::string& out) {
  CHECK(context.nonce.size() == kNonceBytes);
  EVP_CIPHER_CTX* const cipher =
      CacheOfThread().Start(key, kSealing, BytesOf(context.nonce));
  Associate(cipher, context.header);
  Associate(cipher, context.associated);
  // From here on `context` is not looked at: `out` may move.
  const size_t start = out.size();
  out.resize(start + plaintext.size() + kTagBytes);
  auto* const ciphertext = reinterpret_cast<uint8_t*>(out.data()) + start;
  Transform(cipher, plaintext, ciphertext);
  uint8_t* const tag = ciphertext + plaintext.size();
  int length = 0;
  CHECK(EVP_CipherFinal_ex(cipher, tag, &length) == 1);
  CHECK(EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, kTagBytes, tag) ==
        1);
}

absl::StatusOr<std::string> GcmDecrypt(const AesKey& key,
                                       const GcmContext& context,
                                       absl::string_view sealed) {
  CHECK(context.nonce.size() == kNonceBytes);
  if (sealed.size() < kTagBytes) {
    return absl::DataLossError("too short for sealed bytes");
  }
  const absl::string_view ciphertext =
      sealed.substr(0, sealed.size() - kTagBytes);
  std::array<uint8_t, kTagBytes> tag;
  sealed.copy(reinterpret_cast<char*>(tag.data()), kTagBytes,
              ciphertext.size());

  EVP_CIPHER_CTX* const cipher =
      CacheOfThread().Start(key, kOpening, BytesOf(context.nonce));
  Associate(cipher, context.header);
  Associate(cipher, context.associated);
  std::string plaintext(ciphertext.size(), '\0');
  Transform(cipher, ciphertext, reinterpret_cast<uint8_t*>(plaintext.data()));
  CHECK(EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, kTagBytes,
                            tag.data()) == 1);
  int length = 0;
  uint8_t unused = 0;
  if (EVP_CipherFinal_ex(cipher, &unused, &length) != 1) {
    ERR_clear_error();
    Wipe(plaintext);
    return absl::DataLossError("the sealed bytes were changed or moved");
  }
  return plaintext;
}

}  // namespace renkei::crypto
