// Seals and opens the records of tables: AES-256-GCM under the key of the
// table's scope, bound to the table and the full key, so that a value moved to
// another place does not open.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/crypto/key_ring.h"
#include "storage/table.h"

namespace renkei::storage {

// Thread-safe.
class Sealer {
 public:
  explicit Sealer(const crypto::KeyRing& keys) : keys_(keys) {}

  // NotFound when the scope of `key` has no sealing key.
  absl::Status CheckKey(const TableFacts& table, absl::string_view key) const;

  // `key` is the encoded key, the table's prefix included. An empty plaintext
  // (a Mark) stays empty. NotFound when the scope has no key.
  absl::StatusOr<std::string> Seal(const TableFacts& table,
                                   absl::string_view key,
                                   absl::string_view plaintext) const;

  // DataLoss when the blob is not what Seal made for this table and key, or its
  // key was destroyed.
  absl::StatusOr<std::string> Open(const TableFacts& table,
                                   absl::string_view key,
                                   absl::string_view blob) const;

 private:
  const crypto::KeyRing& keys_;
};

}  // namespace renkei::storage
