#include "storage/crypto/argon2id.h"

#include <argon2.h>

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"

namespace renkei::crypto {
namespace {

constexpr uint32_t kMemoryKibMax = 1 << 20;
constexpr uint32_t kMemoryKibPerLaneMin = 8;
constexpr uint32_t kIterationsMax = 64;
constexpr uint32_t kParallelismMax = 16;

// libargon2 takes its inputs as mutable; without the CLEAR flags it only reads.
uint8_t* BytesOf(absl::string_view view) {
  return const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(view.data()));
}

bool ParsePart(absl::string_view text, absl::string_view name,
               uint32_t& value) {
  return absl::ConsumePrefix(&text, name) && absl::SimpleAtoi(text, &value);
}

}  // namespace

absl::Status CheckCost(const Argon2Cost& cost) {
  if (cost.parallelism < 1 || cost.parallelism > kParallelismMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("Argon2id takes 1 to ", kParallelismMax, " lanes"));
  }
  if (cost.iterations < 1 || cost.iterations > kIterationsMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("Argon2id takes 1 to ", kIterationsMax, " iterations"));
  }
  const uint32_t memory_kib_min = kMemoryKibPerLaneMin * cost.parallelism;
  if (cost.memory_kib < memory_kib_min || cost.memory_kib > kMemoryKibMax) {
    return absl::InvalidArgumentError(absl::StrCat(
        "Argon2id takes ", memory_kib_min, " to ", kMemoryKibMax, " KiB"));
  }
  return absl::OkStatus();
}

std::string FormatCost(const Argon2Cost& cost) {
  return absl::StrCat("m=", cost.memory_kib, ",t=", cost.iterations,
                      ",p=", cost.parallelism);
}

std::optional<Argon2Cost> ParseCost(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ',');
  Argon2Cost cost;
  if (parts.size() != 3 || !ParsePart(parts[0], "m=", cost.memory_kib) ||
      !ParsePart(parts[1], "t=", cost.iterations) ||
      !ParsePart(parts[2], "p=", cost.parallelism) || !CheckCost(cost).ok()) {
    return std::nullopt;
  }
  return cost;
}

absl::StatusOr<Secret> Argon2id(const Argon2Input& input,
                                const Argon2Cost& cost, size_t length) {
  RETURN_IF_ERROR(CheckCost(cost));
  Secret output(length);
  argon2_context context{};
  context.out = output.mutable_span().data();
  context.outlen = static_cast<uint32_t>(length);
  context.pwd = BytesOf(input.password);
  context.pwdlen = static_cast<uint32_t>(input.password.size());
  context.salt = BytesOf(input.salt);
  context.saltlen = static_cast<uint32_t>(input.salt.size());
  context.secret = BytesOf(input.secret);
  context.secretlen = static_cast<uint32_t>(input.secret.size());
  context.ad = BytesOf(input.associated);
  context.adlen = static_cast<uint32_t>(input.associated.size());
  context.t_cost = cost.iterations;
  context.m_cost = cost.memory_kib;
  context.lanes = cost.parallelism;
  context.threads = 1;
  context.version = ARGON2_VERSION_13;
  context.flags = ARGON2_DEFAULT_FLAGS;
  const int code = argon2id_ctx(&context);
  if (code == ARGON2_MEMORY_ALLOCATION_ERROR) {
    return absl::ResourceExhaustedError("no memory for Argon2id");
  }
  CHECK(code == ARGON2_OK);
  return output;
}

}  // namespace renkei::crypto
