// Seals and opens the records of tables: AES-256-GCM under the key of the
// table's scope, bound to the table and the full key, so that a value moved to
// another place does not open.
#pragma once

#include <memory>
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

  // The key that seals the records of `table` under `key` now. `key` is the
  // encoded key, the table's prefix included. NotFound when its scope has none.
  absl::StatusOr<std::shared_ptr<const crypto::SealingKey>> KeyFor(
      const TableFacts& table, absl::string_view key) const;

  // Adds the blob to the end of `out`. The record of a table whose keys say
  // everything has nothing to seal and adds nothing.
  void Seal(const TableFacts& table, const crypto::SealingKey& sealing,
            absl::string_view key, absl::string_view plaintext,
            std::string& out) const;

  // DataLoss when the blob is not what Seal made for this table and key, or its
  // key was destroyed.
  absl::StatusOr<std::string> Open(const TableFacts& table,
                                   absl::string_view key,
                                   absl::string_view blob) const;

 private:
  const crypto::KeyRing& keys_;
};

}  // namespace renkei::storage
