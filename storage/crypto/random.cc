#include "storage/crypto/random.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>

#include "absl/strings/escaping.h"
#include "storage/base/check.h"
#include "storage/crypto/secret.h"

namespace renkei::crypto {
namespace {

constexpr size_t kStockBytes = 1024;
constexpr size_t kTokenBytes = 32;

struct Stock {
  std::array<uint8_t, kStockBytes> bytes;
  size_t used = kStockBytes;
};

void Generate(absl::Span<uint8_t> bytes) {
  CHECK(RAND_bytes_ex(nullptr, bytes.data(), bytes.size(), 0) == 1);
}

}  // namespace

void FillRandom(absl::Span<uint8_t> bytes) {
  if (bytes.size() > kStockBytes / 4) {
    Generate(bytes);
    return;
  }
  thread_local Stock stock;
  if (kStockBytes - stock.used < bytes.size()) {
    Generate(absl::MakeSpan(stock.bytes));
    stock.used = 0;
  }
  uint8_t* const taken = stock.bytes.data() + stock.used;
  std::copy_n(taken, bytes.size(), bytes.data());
  // What was handed out is nobody else's to read.
  std::fill_n(taken, bytes.size(), uint8_t{0});
  stock.used += bytes.size();
}

std::array<uint8_t, kIdRandomBytes> RandomIdBytes() {
  std::array<uint8_t, kIdRandomBytes> bytes;
  FillRandom(absl::MakeSpan(bytes));
  return bytes;
}

std::string RandomToken() {
  const Secret token = Secret::Random(kTokenBytes);
  return absl::WebSafeBase64Escape(token.bytes());
}

}  // namespace renkei::crypto
