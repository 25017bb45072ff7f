#include "storage/crypto/root_key.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "storage/base/base32.h"
#include "storage/base/hash32.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/aead.h"
#include "storage/crypto/hash.h"
#include "storage/crypto/random.h"

namespace renkei::crypto {
namespace {

constexpr absl::string_view kPlainPrefix = "renkei-root-1-";
constexpr absl::string_view kProtectedPrefix = "renkei-root-2$";
constexpr size_t kCheckBytes = 4;
constexpr size_t kSaltBytes = 16;

// Finds typing errors; a 32-bit part of its hash tells nothing about a random
// key.
std::string CheckOf(absl::string_view root) {
  return std::string(
      Sha256({kPlainPrefix, root}).bytes().substr(0, kCheckBytes));
}

absl::StatusOr<Secret> Stretch(absl::string_view passphrase,
                               absl::string_view salt, const Argon2Cost& cost) {
  return Argon2id(
      {.password = passphrase, .salt = salt, .secret = {}, .associated = {}},
      cost, kKeyBytes);
}

}  // namespace

std::string FormatRootKey(const Secret& root) {
  Secret line(root.size() + kCheckBytes);
  const std::string check = CheckOf(root.bytes());
  const absl::Span<uint8_t> bytes = line.mutable_span();
  std::copy(root.bytes().begin(), root.bytes().end(), bytes.begin());
  std::copy(check.begin(), check.end(), bytes.begin() + root.size());
  return absl::StrCat(kPlainPrefix, EncodeBase32(bytes));
}

absl::StatusOr<std::string> ProtectRootKey(const Secret& root,
                                           absl::string_view passphrase,
                                           const Argon2Cost& cost) {
  std::array<uint8_t, kSaltBytes> random;
  FillRandom(absl::MakeSpan(random));
  const absl::string_view salt(reinterpret_cast<const char*>(random.data()),
                               random.size());
  ASSIGN_OR_RETURN(Secret stretched, Stretch(passphrase, salt, cost));
  const std::string sealed =
      Seal(SealingKey(BlobHeader(), std::move(stretched)), kProtectedPrefix,
           root.bytes());
  return absl::StrCat(kProtectedPrefix, FormatCost(cost), "$",
                      absl::WebSafeBase64Escape(salt), "$",
                      absl::WebSafeBase64Escape(sealed));
}

bool IsProtectedRootKey(absl::string_view line) {
  return absl::StartsWith(absl::StripAsciiWhitespace(line), kProtectedPrefix);
}

absl::StatusOr<Secret> ParseRootKey(absl::string_view line) {
  line = absl::StripAsciiWhitespace(line);
  if (!absl::ConsumePrefix(&line, kPlainPrefix)) {
    return absl::InvalidArgumentError(
        absl::StrCat("a root key begins with \"", kPlainPrefix, "\""));
  }
  std::optional<std::string> bytes =
      DecodeBase32(line, kKeyBytes + kCheckBytes);
  if (!bytes) {
    return absl::InvalidArgumentError(
        "the root key is not complete or has a wrong character");
  }
  Secret root = Secret::CopyOf(absl::string_view(*bytes).substr(0, kKeyBytes));
  const bool typed_right = ConstantTimeEquals(
      CheckOf(root.bytes()), absl::string_view(*bytes).substr(kKeyBytes));
  Wipe(*bytes);
  if (!typed_right) {
    return absl::InvalidArgumentError("the root key has a typing error");
  }
  return root;
}

absl::StatusOr<Secret> OpenRootKey(absl::string_view line,
                                   absl::string_view passphrase) {
  line = absl::StripAsciiWhitespace(line);
  if (!absl::ConsumePrefix(&line, kProtectedPrefix)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a protected root key begins with \"", kProtectedPrefix, "\""));
  }
  const std::vector<absl::string_view> parts = absl::StrSplit(line, '$');
  const std::optional<Argon2Cost> cost = ParseCost(parts[0]);
  std::string salt;
  std::string sealed;
  if (parts.size() != 3 || !cost ||
      !absl::WebSafeBase64Unescape(parts[1], &salt) ||
      !absl::WebSafeBase64Unescape(parts[2], &sealed) ||
      salt.size() != kSaltBytes) {
    return absl::InvalidArgumentError("the protected root key is not complete");
  }
  ASSIGN_OR_RETURN(Secret stretched, Stretch(passphrase, salt, *cost));
  absl::StatusOr<std::string> root = Open(
      SealingKey(BlobHeader(), std::move(stretched)), kProtectedPrefix, sealed);
  if (!root.ok() || root->size() != kKeyBytes) {
    return absl::UnauthenticatedError(
        "the passphrase does not open this root key");
  }
  Secret opened = Secret::CopyOf(*root);
  Wipe(*root);
  return opened;
}

}  // namespace renkei::crypto
