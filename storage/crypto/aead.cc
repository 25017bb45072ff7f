#include "storage/crypto/aead.h"

#include <array>
#include <utility>

#include "absl/status/status.h"
#include "storage/base/big_endian.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/random.h"

namespace renkei::crypto {
namespace {

constexpr char kVersion = 1;
constexpr char kSuiteAes256Gcm = 1;
constexpr size_t kBodyStart = kBlobHeaderBytes + kNonceBytes;

}  // namespace

std::string Seal(const SealingKey& key, absl::string_view associated,
                 absl::string_view plaintext) {
  std::string blob;
  AppendSealed(key, associated, plaintext, blob);
  return blob;
}

void AppendSealed(const SealingKey& key, absl::string_view associated,
                  absl::string_view plaintext, std::string& out) {
  std::array<uint8_t, kNonceBytes> nonce;
  FillRandom(absl::MakeSpan(nonce));
  const size_t start = out.size();
  out.reserve(start + kSealOverheadBytes + plaintext.size());
  out.push_back(kVersion);
  out.push_back(kSuiteAes256Gcm);
  AppendBigEndian(out, key.key_id());
  AppendBigEndian(out, key.epoch());
  out.append(reinterpret_cast<const char*>(nonce.data()), nonce.size());
  const absl::string_view head = absl::string_view(out).substr(start);
  GcmEncrypt(key.cipher(),
             {.nonce = head.substr(kBlobHeaderBytes),
              .header = head.substr(0, kBlobHeaderBytes),
              .associated = associated},
             plaintext, out);
}

absl::StatusOr<std::string> Open(const SealingKey& key,
                                 absl::string_view associated,
                                 absl::string_view blob) {
  ASSIGN_OR_RETURN(const BlobHeader name, ParseHeader(blob));
  if (name.key_id != key.key_id() || name.epoch != key.epoch()) {
    return absl::DataLossError("sealed under another key");
  }
  return GcmDecrypt(key.cipher(),
                    {.nonce = blob.substr(kBlobHeaderBytes, kNonceBytes),
                     .header = blob.substr(0, kBlobHeaderBytes),
                     .associated = associated},
                    blob.substr(kBodyStart));
}

absl::StatusOr<BlobHeader> ParseHeader(absl::string_view blob) {
  if (blob.size() < kSealOverheadBytes) {
    return absl::DataLossError("too short for sealed bytes");
  }
  if (blob[0] != kVersion || blob[1] != kSuiteAes256Gcm) {
    return absl::DataLossError("sealed bytes of an unknown version");
  }
  return BlobHeader{ReadBigEndian<uint32_t>(blob.substr(2)),
                    ReadBigEndian<uint32_t>(blob.substr(6))};
}

}  // namespace renkei::crypto
