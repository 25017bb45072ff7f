// All that exists only while the store is open: keys, records, the door. Made
// by unsealing.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "renkei/config/v1/config.pb.h"
#include "server/domain/audit.h"
#include "server/domain/door.h"
#include "server/jobs/audit_spool.h"
#include "server/jobs/checkpoints.h"
#include "server/jobs/repeated.h"
#include "storage/crypto/key_ring.h"
#include "storage/crypto/secret.h"
#include "storage/key_store.h"
#include "storage/store.h"

namespace renkei::server {

// Thread-safe as its parts are.
class OpenedStore {
 public:
  struct Surroundings {
    domain::Door::Publish publish;
    std::function<void(const absl::Status&)> on_fence;
  };

  // Unauthenticated when `root` does not open the key store; DataLoss when the
  // store lost acknowledged data, does not read back, or has another audit log
  // than the checkpoints that were signed; FailedPrecondition for another
  // format. Nothing is served from a store that was refused.
  static absl::StatusOr<std::unique_ptr<OpenedStore>> Open(
      const config::v1::ServerConfig& config, const crypto::Secret& root,
      Surroundings surroundings);

  domain::Door& door() { return *door_; }
  storage::KeyStore& key_store() { return *key_store_; }
  storage::Store& store() { return *store_; }
  const crypto::KeyRing& keys() const { return keys_; }
  const crypto::Secret& backup_key() const { return backup_key_; }

  // Signs a checkpoint of every log that grew, and brings the logs' indexes up
  // to date, each second and at the end of this object's life. `on_failure` as
  // for Checkpoints::Run.
  void FollowLogs(absl::AnyInvocable<void(const absl::Status&)> on_failure);

  // nullptr when the configuration has none.
  jobs::AuditSpool* audit_spool() { return audit_spool_.get(); }

  // What is due every minute: counted denials get their event, sessions whose
  // time is over end, keys of groups that never came to be are destroyed.
  absl::Status KeepHouse();

  // Writes an event of the server itself (started, unsealed, stopped) and waits
  // until it is durable.
  absl::Status RecordServerEvent(domain::AuditType type);

 private:
  OpenedStore() = default;

  // Writes what denials of ended windows were only counted, in every network.
  absl::Status CloseDenialWindows();

  crypto::KeyRing keys_;
  crypto::Secret backup_key_;
  std::unique_ptr<storage::KeyStore> key_store_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<domain::Door> door_;
  std::unique_ptr<jobs::Checkpoints> checkpoints_;
  std::unique_ptr<jobs::AuditSpool> audit_spool_;
  std::optional<jobs::Repeated> indexing_;
  std::optional<jobs::Repeated> spooling_;
};

// The key of a root key file that needs a passphrase. NotFound when the
// configuration names no file.
absl::StatusOr<crypto::Secret> OpenProtectedRootKey(
    const config::v1::ServerConfig& config, const std::string& passphrase);

// Where the root key is at start, by the configuration: NotFound when it names
// no place, so that the operator must bring it. FailedPrecondition when the
// file needs a passphrase.
absl::StatusOr<crypto::Secret> ReadRootKey(
    const config::v1::ServerConfig& config);

}  // namespace renkei::server
