// A store on a disk that fails, with keys in memory and a clock that stands:
// what storage tests open, break and open again.
#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "storage/base/id.h"
#include "storage/base/mutex.h"
#include "storage/crypto/key_ring.h"
#include "storage/schema.h"
#include "storage/store.h"
#include "tests/support/failing_disk.h"

namespace renkei::testing {

inline constexpr char kStoreFolder[] = "/store";
inline constexpr char kLogSizesPath[] = "/log-sizes";

// Has the commit turn from its making until Release: what is written meanwhile
// waits.
class HeldTurn {
 public:
  explicit HeldTurn(storage::Store& store);
  void Release();  // once; must be called

 private:
  std::promise<void> held_;
  std::promise<void> released_;
  std::thread thread_;  // last: it uses the above
};

class StoreRig {
 public:
  explicit StoreRig(uint64_t seed);
  ~StoreRig();

  // For the next Open: sync, limits.
  storage::StoreOptions& options() { return options_; }

  absl::Status Open();
  // A clean shutdown.
  void Close() { store_.reset(); }
  absl::Status Reopen();
  // The process dies as if killed: what it wrote is in the page cache.
  void Kill();
  // The machine loses power.
  void LosePower();

  // Runs a change to its end.
  using Body = std::function<absl::Status(storage::Transaction&)>;
  absl::Status Write(Body body);
  absl::Status Write(storage::WriteKind kind, Body body);
  // Runs the bodies in one batch, in order; gives what each was answered.
  std::vector<absl::Status> WriteTogether(std::vector<Body> bodies);

  // A message with this body, alone in its transaction.
  absl::Status PutBody(uint64_t sequence, absl::string_view body);
  // Its body; empty if there is none, the error if it cannot be read.
  std::string BodyOf(uint64_t sequence);

  storage::Store& store() { return *store_; }
  FailingDisk& disk() { return disk_; }
  crypto::KeyRing& keys() { return keys_; }
  const NetworkId& network() const { return network_; }
  const GroupId& group() const { return group_; }
  storage::MessageKey MessageKeyOf(uint64_t sequence) const {
    return {network_, group_, sequence};
  }

  absl::Time now() const;
  void SetNow(absl::Time now);
  void Advance(absl::Duration step) { SetNow(now() + step); }
  int fences() const { return fences_.load(); }

 private:
  FailingDisk disk_;
  crypto::KeyRing keys_;
  NetworkId network_;
  GroupId group_;
  mutable Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
  std::atomic<int> fences_{0};
  storage::StoreOptions options_;
  std::unique_ptr<storage::Store> store_;
};

// An event of an audit log, whatever it says.
storage::v1::AuditRecord AnyEvent();

// Gives the scope a new random key under this name.
void AddKey(crypto::KeyRing& keys, const crypto::KeyScope& scope,
            uint32_t key_id, uint32_t epoch);

}  // namespace renkei::testing
