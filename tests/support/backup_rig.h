// A server's store and key store on the machine's own disk, with messages in
// it, and folders to back it up and restore it into.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "storage/backup.h"
#include "storage/crypto/key_ring.h"
#include "storage/crypto/secret.h"
#include "storage/key_store.h"
#include "storage/store.h"
#include "tests/support/real_folder.h"

namespace renkei::testing {

// One server's folders below `folder`.
class StoredServer {
 public:
  explicit StoredServer(const std::string& folder);

  const storage::RestoreTarget& target() const { return target_; }

  absl::Status Open(const crypto::Secret& root);
  void Close();
  absl::Status Write(storage::Store::Body body);

  storage::Store& store() { return *store_; }
  storage::KeyStore& keys() { return *keys_; }
  const crypto::KeyRing& ring() const { return *ring_; }

 private:
  storage::RestoreTarget target_;
  std::unique_ptr<crypto::KeyRing> ring_;
  std::unique_ptr<storage::KeyStore> keys_;
  std::unique_ptr<storage::Store> store_;
};

class BackupRig {
 public:
  static constexpr uint64_t kMessages = 50;
  static constexpr uint64_t kRecords = 2 * kMessages + 1;

  // With kMessages messages.
  BackupRig();

  StoredServer& server() { return server_; }
  RealFolder& folder() { return folder_; }
  const std::string& backups() const { return backups_; }
  std::string NewFolder();

  const crypto::Secret& root() const { return root_; }
  const NetworkId& network() const { return network_; }
  const GroupId& group() const { return group_; }
  absl::Time now() const { return now_; }

  // A message with its audit event; `sequence` is the next one.
  absl::Status Post(uint64_t sequence);
  static std::string BodyOf(uint64_t sequence);

  // Into backups(), a second after the one before.
  absl::StatusOr<storage::BackupSummary> Backup();
  absl::StatusOr<storage::BackupSummary> BackupInto(const std::string& folder);
  absl::StatusOr<storage::RestoreSummary> Restore(const std::string& path,
                                                  const StoredServer& into);

  // The messages and events as one text.
  static std::string AllOf(storage::Store& store);

 private:
  RealFolder folder_;
  int folders_ = 0;
  absl::Time now_;
  const crypto::Secret root_;
  const NetworkId network_;
  const GroupId group_;
  const std::string backups_;
  StoredServer server_;
};

}  // namespace renkei::testing
