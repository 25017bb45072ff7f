// The wrapped keys, in a file of their own outside the message database, so
// that a destroyed key is gone from the only place it was in.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "storage/base/id.h"
#include "storage/base/mutex.h"
#include "storage/crypto/key_ring.h"
#include "storage/crypto/secret.h"
#include "storage/durable_file.h"
#include "storage/key_file.h"

namespace renkei::storage {

struct LivingGroupKey {
  crypto::KeyScope scope;
  absl::Time created_at;
};

// The root key wraps the secrets of the server and the networks; a network's
// key wraps those of its groups. Whatever is here is open in the key ring too.
// Every change is on disk when its call returns OK, and has not happened when
// it returns ResourceExhausted (disk full). After any other error of the disk
// each later change is refused with Internal until the store is opened anew.
// Thread-safe.
class KeyStore {
 public:
  // Makes `folder` with a new key store and the server's key in it.
  // AlreadyExists if one is there.
  static absl::Status Create(const std::string& folder,
                             const crypto::Secret& root, absl::Time now);

  // Puts what Image() gave into `folder`. AlreadyExists if a key store is
  // there. Who restores then opens it and calls StartNewEpochs before anything
  // else is sealed.
  static absl::Status Restore(const std::string& folder,
                              absl::string_view image);

  // Opens all keys into `ring`, which must be empty and outlive the store.
  // NotFound if there is none, FailedPrecondition if another process has it
  // open or it has another format version, Unauthenticated if `root` is not its
  // root key, DataLoss if it is damaged. A record that a crash cut short at the
  // very end is removed; it belonged to a call that never returned.
  static absl::StatusOr<std::unique_ptr<KeyStore>> Open(
      const std::string& folder, const crypto::Secret& root,
      crypto::KeyRing& ring);

  KeyStore(const KeyStore&) = delete;
  KeyStore& operator=(const KeyStore&) = delete;

  // AlreadyExists if the network has or had a key.
  absl::Status CreateNetworkKey(const NetworkId& network, absl::Time now);

  // To be called before the operation that makes the group is queued; if that
  // fails the key is an orphan for a later sweep. NotFound if the network has
  // no key, AlreadyExists if the group has or had one.
  absl::Status CreateGroupKey(const NetworkId& network, const GroupId& group,
                              absl::Time now);

  // The living keys of groups, oldest first.
  std::vector<LivingGroupKey> ListGroupKeys() const;

  // Shreds the keys: when it returns OK nothing that was sealed under them can
  // be opened, by us or by who gets the file; backups of the key store apart.
  // NotFound, and nothing is destroyed, if one of the scopes is no group with a
  // living key.
  absl::Status DestroyGroupKeys(const std::vector<crypto::KeyScope>& groups,
                                absl::Time now);

  // Gives every living key a new epoch and the store a new incarnation. What
  // was sealed before stays readable. Necessary after a restore: the lost
  // future of the backup has used the old epochs.
  absl::Status StartNewEpochs(absl::Time now);

  // From now on `root` is the root key, and the one before opens nothing in
  // this file.
  absl::Status RewrapUnder(const crypto::Secret& root);

  // The file's bytes for a backup. Take it after the checkpoint of the message
  // database, so that no record there lacks its key.
  std::string Image() const;

  // 16 bytes that are for ever the same: the message database keeps a copy, so
  // that two that do not belong together are not opened together.
  std::string StoreId() const;

  // 16 bytes that change with StartNewEpochs: cursors are bound to them.
  std::string Incarnation() const;

  // How many bytes of an interrupted append Open removed.
  uint64_t torn_bytes() const { return torn_bytes_; }

 private:
  KeyStore(std::string path, std::unique_ptr<FolderLock> folder,
           const crypto::Secret& root, crypto::KeyRing& ring);

  // Reads the file and fills the ring.
  absl::Status Load() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status OpenSecret(const KeyRecord& record)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::Status CreateKey(const crypto::KeyScope& scope, absl::Time now);
  absl::Status Append(const KeyRecord& record)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Puts `next` in place of the file and wipes the file there was.
  absl::Status Rewrite(KeyFile next) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckWritable() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes note of an error of the disk that leaves the file in doubt.
  absl::Status Judge(absl::Status status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string path_;
  const std::unique_ptr<FolderLock> folder_;
  crypto::KeyRing& ring_;
  uint64_t torn_bytes_ = 0;

  mutable Mutex mutex_;
  std::shared_ptr<const crypto::SealingKey> root_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<DurableFile> disk_ ABSL_GUARDED_BY(mutex_);
  KeyFile file_ ABSL_GUARDED_BY(mutex_);
  // The newest key of every scope, destroyed ones included.
  absl::flat_hash_map<crypto::KeyScope, crypto::BlobHeader> newest_
      ABSL_GUARDED_BY(mutex_);
  uint32_t last_key_id_ ABSL_GUARDED_BY(mutex_) = 0;
  bool fenced_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace renkei::storage
