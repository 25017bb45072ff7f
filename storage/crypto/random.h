// Random bytes, from OpenSSL's generator.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "absl/types/span.h"
#include "storage/base/id.h"

namespace renkei::crypto {

// All thread-safe. A generator that fails aborts: nothing here can go on
// without it.

// Fills `bytes` for what need not stay secret: nonces, salts, ids. Taken from a
// stock that each thread keeps, so that twelve bytes cost no call of the
// generator.
void FillRandom(absl::Span<uint8_t> bytes);

// The random part of a new id.
std::array<uint8_t, kIdRandomBytes> RandomIdBytes();

// 32 fresh random bytes as 43 characters of base64url without padding: an
// access or refresh token.
std::string RandomToken();

}  // namespace renkei::crypto
