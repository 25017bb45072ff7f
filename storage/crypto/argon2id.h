// Argon2id, which makes guessing passwords expensive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/crypto/secret.h"

namespace renkei::crypto {

// How expensive. RFC 9106 names the parts m, t and p.
struct Argon2Cost {
  uint32_t memory_kib = 0;
  uint32_t iterations = 0;
  uint32_t parallelism = 0;
};

struct Argon2Input {
  absl::string_view password;
  absl::string_view salt;        // 8 bytes at least
  absl::string_view secret;      // may be empty
  absl::string_view associated;  // may be empty
};

// OK if a server may run with this: 8 KiB a lane to 1 GiB, 1 to 64 iterations,
// 1 to 16 lanes; otherwise InvalidArgument with the wanted range.
absl::Status CheckCost(const Argon2Cost& cost);

// `m=65536,t=2,p=1`, as records name what they were made with.
std::string FormatCost(const Argon2Cost& cost);

// The inverse; nullopt for anything else and for what CheckCost refuses.
std::optional<Argon2Cost> ParseCost(absl::string_view text);

// `length` bytes. InvalidArgument by CheckCost, ResourceExhausted without
// memory. Uses one thread, the caller's. Thread-safe.
absl::StatusOr<Secret> Argon2id(const Argon2Input& input,
                                const Argon2Cost& cost, size_t length);

}  // namespace renkei::crypto
