#include "storage/crypto/password.h"

#include <array>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "storage/base/hash32.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/hash.h"
#include "storage/crypto/random.h"

namespace renkei::crypto {
namespace {

constexpr size_t kSaltBytes = 16;
constexpr absl::string_view kPrefix = "$argon2id$v=19$";

struct Parsed {
  Argon2Cost cost;
  std::string salt;
  std::string hash;
};

std::optional<Parsed> Parse(absl::string_view record) {
  if (!absl::ConsumePrefix(&record, kPrefix)) {
    return std::nullopt;
  }
  const std::vector<absl::string_view> parts = absl::StrSplit(record, '$');
  if (parts.size() != 3) {
    return std::nullopt;
  }
  const std::optional<Argon2Cost> cost = ParseCost(parts[0]);
  Parsed parsed;
  if (!cost || !absl::WebSafeBase64Unescape(parts[1], &parsed.salt) ||
      !absl::WebSafeBase64Unescape(parts[2], &parsed.hash) ||
      parsed.salt.size() != kSaltBytes || parsed.hash.size() != kHash32Bytes) {
    return std::nullopt;
  }
  parsed.cost = *cost;
  return parsed;
}

absl::StatusOr<Secret> Stretch(absl::string_view password, const Secret& pepper,
                               absl::string_view salt, const Argon2Cost& cost) {
  const Hash32 peppered = HmacSha256(pepper, password);
  return Argon2id({.password = peppered.bytes(),
                   .salt = salt,
                   .secret = {},
                   .associated = {}},
                  cost, kHash32Bytes);
}

}  // namespace

absl::StatusOr<std::string> HashPassword(absl::string_view password,
                                         const Secret& pepper,
                                         const Argon2Cost& cost) {
  std::array<uint8_t, kSaltBytes> random;
  FillRandom(absl::MakeSpan(random));
  const absl::string_view salt(reinterpret_cast<const char*>(random.data()),
                               random.size());
  ASSIGN_OR_RETURN(const Secret hash, Stretch(password, pepper, salt, cost));
  return absl::StrCat(kPrefix, FormatCost(cost), "$",
                      absl::WebSafeBase64Escape(salt), "$",
                      absl::WebSafeBase64Escape(hash.bytes()));
}

absl::Status VerifyPassword(absl::string_view password, const Secret& pepper,
                            absl::string_view record) {
  const std::optional<Parsed> parsed = Parse(record);
  if (!parsed) {
    return absl::DataLossError("the password record does not parse");
  }
  ASSIGN_OR_RETURN(const Secret hash,
                   Stretch(password, pepper, parsed->salt, parsed->cost));
  if (!ConstantTimeEquals(hash.bytes(), parsed->hash)) {
    return absl::UnauthenticatedError("wrong password");
  }
  return absl::OkStatus();
}

absl::Status VerifyPasswordOfNobody(absl::string_view password,
                                    const Secret& pepper,
                                    const Argon2Cost& cost) {
  const std::string salt(kSaltBytes, '\0');
  RETURN_IF_ERROR(Stretch(password, pepper, salt, cost).status());
  return absl::UnauthenticatedError("wrong password");
}

bool NeedsRehash(absl::string_view record, const Argon2Cost& cost) {
  const std::optional<Parsed> parsed = Parse(record);
  return parsed && (parsed->cost.memory_kib != cost.memory_kib ||
                    parsed->cost.iterations != cost.iterations ||
                    parsed->cost.parallelism != cost.parallelism);
}

}  // namespace renkei::crypto
