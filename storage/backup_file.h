// The file of a backup: named parts one after another, sealed as one stream.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "renkei/storage/v1/backup.pb.h"
#include "storage/crypto/hash.h"
#include "storage/crypto/secret.h"
#include "storage/crypto/stream.h"
#include "storage/engine.h"

namespace rocksdb {
class WritableFile;
}

namespace renkei::storage {

// On disk: never change; another layout has another first line.
//   "renkei backup 1\n" (16) | salt (32) | proof (32) | sealed stream
//   (storage/crypto/stream.h)
// Proof and the stream's key are HKDF-SHA256(salt, backup key, label) with the
// labels "renkei backup proof" and "renkei backup file"; the first 80 bytes are
// bound to every piece. In the stream, for each part:
//   length of the name (2) | name | length (8) | bytes
// Numbers are big-endian. The parts are the files of the database, then the key
// store's, then the manifest (storage.v1.BackupManifest), which lists the
// first.
inline constexpr absl::string_view kDatabasePrefix = "database/";
inline constexpr absl::string_view kKeysPart = "keys";
inline constexpr absl::string_view kManifestPart = "manifest";

// Not thread-safe.
class BackupWriter {
 public:
  static absl::StatusOr<std::unique_ptr<BackupWriter>> Create(
      Disk& disk, const std::string& path, const crypto::Secret& backup_key);
  ~BackupWriter();

  // Adds a part; gives its length and hash. Cancelled once `called_off` says
  // true.
  absl::StatusOr<v1::BackupFile> AddFile(absl::string_view name,
                                         const std::string& path,
                                         absl::FunctionRef<bool()> called_off);
  absl::StatusOr<v1::BackupFile> AddBytes(absl::string_view name,
                                          absl::string_view bytes);
  // Durable when it returns OK, but for the file's name.
  absl::Status Finish();

  uint64_t bytes_written() const { return bytes_written_; }

 private:
  BackupWriter(Disk& disk, std::unique_ptr<rocksdb::WritableFile> file,
               crypto::Secret key, absl::string_view head);
  absl::Status Append(absl::string_view text);
  absl::Status AppendHead(absl::string_view name, uint64_t bytes);
  absl::Status Flush();

  Disk& disk_;
  const std::unique_ptr<rocksdb::WritableFile> file_;
  crypto::StreamSealer stream_;
  std::string sealed_;
  uint64_t bytes_written_ = 0;
  uint64_t unsynced_bytes_ = 0;
};

// Takes the parts of a backup as they come.
struct BackupParts {
  absl::FunctionRef<absl::Status(absl::string_view name, uint64_t bytes)> begin;
  absl::FunctionRef<absl::Status(absl::string_view bytes)> append;
};

// Calls `visit` with the bytes of a file, in portions.
absl::Status ReadPortions(
    Disk& disk, const std::string& path,
    absl::FunctionRef<absl::Status(absl::string_view)> visit);

// Reads the whole file. Everything given to `parts` is proven to be from a
// backup under this key, in order; only when OK is returned, to be all of it.
// FailedPrecondition if the file is no backup or of another format,
// Unauthenticated if it was made under another key, DataLoss if it is damaged
// or cut short.
absl::Status ReadBackup(Disk& disk, const std::string& path,
                        const crypto::Secret& backup_key, BackupParts parts);

}  // namespace renkei::storage
