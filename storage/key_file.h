// The bytes of the key store's file: a header, then records of one size, oldest
// first. On disk: never change; another layout is another format version.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/crypto/aead.h"
#include "storage/crypto/key_ring.h"

namespace renkei::storage {

inline constexpr size_t kStoreIdBytes = 16;

struct KeyFileHeader {
  std::string store_id;     // kStoreIdBytes, for ever the same
  std::string incarnation;  // kStoreIdBytes, new after every restore
  std::string proof;        // an empty text sealed under the root key
};

// The secret of one scope and epoch, wrapped; a destroyed one keeps its name so
// that no other key gets it.
struct KeyRecord {
  crypto::KeyScope scope;
  crypto::BlobHeader name;
  uint64_t created_at_micros = 0;
  uint64_t destroyed_at_micros = 0;  // 0 while the key lives
  std::string wrapped;               // all zero once destroyed

  bool IsAlive() const { return destroyed_at_micros == 0; }
};

struct KeyFile {
  KeyFileHeader header;
  std::vector<KeyRecord> records;
  // What the next record continues: every record's checksum covers all before
  // it.
  std::string checksum;
  // Bytes of an append that a crash cut short, at the end of the file.
  uint64_t torn_bytes = 0;
};

// What the proof, or the wrapped secret, is bound to.
std::string AssociatedWith(const KeyFileHeader& header);
std::string AssociatedWith(const KeyRecord& record);

// Writes `checksum` for the first time.
std::string EncodeHeader(const KeyFileHeader& header, std::string& checksum);

// Takes the checksum before the record and leaves the one after it.
std::string EncodeRecord(const KeyRecord& record, std::string& checksum);

// The whole file. Sets file.checksum.
std::string EncodeKeyFile(KeyFile& file);

// FailedPrecondition if the file has another format version. DataLoss if it is
// no key file or is damaged anywhere but at its very end, where a last record
// that is not whole is left out and counted in torn_bytes.
absl::StatusOr<KeyFile> ParseKeyFile(absl::string_view bytes);

}  // namespace renkei::storage
