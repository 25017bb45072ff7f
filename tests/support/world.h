// A network with people on a real store in memory, behind the real door. Time
// stands still unless moved.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/domain/audit_query.h"
#include "server/domain/door.h"
#include "storage/base/mutex.h"
#include "storage/crypto/key_ring.h"
#include "storage/store.h"

namespace renkei::testing {

// Somebody signed in.
struct Actor {
  PersonId person;
  AffiliationId affiliation;
  FacilityId facility;
  SessionId session;
  Hash32 token;
};

// What the actor's client sends: the text that `token` is the hash of.
std::string AccessToken(const Actor& actor);

// As the configuration has them; 0 for none.
struct DiskLimits {
  uint64_t low_water_bytes = 0;
  uint64_t reserve_bytes = 0;
};

class World {
 public:
  World();
  // On the machine's own disk, in `directory`, which exists; a world that was
  // there goes on, once the keys of its groups are added in the same order.
  explicit World(const std::string& directory);
  // The same on a disk that may get full; then fences are counted.
  World(const std::string& directory, const DiskLimits& limits);
  // On a disk that may fail; then fences are counted instead of being broken
  // invariants. Without `sync`: what the crash tests compare with.
  World(storage::Disk& disk, bool sync);
  World(storage::Disk& disk, const DiskLimits& limits);
  ~World();

  // ---- who there is; written directly, without asking the policy ----
  FacilityId AddFacility(absl::string_view name);
  Actor AddPerson(absl::string_view name, absl::string_view profession,
                  const FacilityId& facility);
  void GrantRole(const Actor& actor, storage::v1::Role role,
                 const FacilityId& facility = {});
  // A new session of the same person, as from another device.
  Actor SignInAgain(const Actor& actor, absl::string_view device);
  void AddGroupKey(const GroupId& group);
  // A change of records by a body that asks nobody.
  void Change(std::function<absl::Status(storage::Transaction&)> body);

  // ---- calls through the door, until answered ----
  using WriteOperation = std::function<absl::Status(domain::WriteCall&)>;
  using ReadOperation = std::function<absl::Status(domain::ReadCall&)>;
  domain::Request RequestOf(const Actor& actor, domain::Action action,
                            uint32_t event_type) const;
  absl::Status Write(const Actor& actor, domain::Action action,
                     uint32_t event_type, WriteOperation operation);
  absl::Status Write(domain::Request request, WriteOperation operation);
  absl::Status Read(const Actor& actor, domain::Action action,
                    uint32_t event_type, ReadOperation operation);
  absl::Status Read(domain::Request request, ReadOperation operation);

  // ---- what came of it ----
  // The whole audit log of the network, or with the zero id of the server,
  // oldest first.
  std::vector<domain::AuditEvent> Audit(const NetworkId& network) const;
  std::vector<domain::AuditEvent> Audit() const { return Audit(network()); }
  // What the door published so far: wakes and ended sessions.
  std::vector<domain::Outcome> published() const;
  storage::Snapshot Look() const { return store_->Read(); }

  // Closes the store cleanly and opens it again.
  void Reopen();
  void Close();
  absl::Status Open();
  int fences() const { return fences_.load(); }

  void Advance(absl::Duration step);
  absl::Time now() const;

  const NetworkId& network() const { return network_; }
  storage::Store& store() { return *store_; }
  crypto::KeyRing& keys() { return keys_; }
  const crypto::KeyRing& keys() const { return keys_; }
  domain::Door& door() { return *door_; }

 private:
  void AddKey(const crypto::KeyScope& scope);
  void Furnish();

  const std::string directory_;
  std::unique_ptr<storage::Disk, void (*)(storage::Disk*)> memory_;
  storage::Disk& disk_;
  const bool sync_ = true;
  const DiskLimits limits_;
  const bool may_fence_ = false;
  std::atomic<int> fences_{0};
  crypto::KeyRing keys_;
  uint32_t last_key_id_ = 0;
  mutable Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
  std::vector<domain::Outcome> published_ ABSL_GUARDED_BY(mutex_);
  NetworkId network_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<domain::Door> door_;
};

}  // namespace renkei::testing
