// The key that opens the key store, in the form in which an operator keeps it.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/crypto/argon2id.h"
#include "storage/crypto/secret.h"

namespace renkei::crypto {

// The root key itself in one line that can be printed and typed in again:
// whoever has the line has the key. For a credential file that only the service
// manager can read.
std::string FormatRootKey(const Secret& root);

// The root key in one line that opens with `passphrase` only.
absl::StatusOr<std::string> ProtectRootKey(const Secret& root,
                                           absl::string_view passphrase,
                                           const Argon2Cost& cost);

// True if `line` needs OpenRootKey and its passphrase.
bool IsProtectedRootKey(absl::string_view line);

// The key of a line of FormatRootKey; white space around it is skipped.
// InvalidArgument if this is none or has a typing error.
absl::StatusOr<Secret> ParseRootKey(absl::string_view line);

// The key of a line of ProtectRootKey. InvalidArgument if it is none,
// Unauthenticated if the passphrase is wrong.
absl::StatusOr<Secret> OpenRootKey(absl::string_view line,
                                   absl::string_view passphrase);

}  // namespace renkei::crypto
