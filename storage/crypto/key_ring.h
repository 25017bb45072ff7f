// The keys that are open in memory, found by whom they belong to or by the name
// a blob carries.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "storage/base/id.h"
#include "storage/base/mutex.h"
#include "storage/crypto/aead.h"
#include "storage/crypto/secret.h"

namespace renkei::crypto {

// Whose key it is: the server's, a network's or a group's.
struct KeyScope {
  NetworkId network;  // zero for the server's own
  GroupId group;      // zero for the network's own

  static KeyScope Server() { return {}; }
  static KeyScope Network(const NetworkId& network) {
    return {network, GroupId()};
  }
  static KeyScope Group(const NetworkId& network, const GroupId& group) {
    return {network, group};
  }

  bool IsGroup() const { return !group.IsZero(); }

  friend bool operator==(const KeyScope&, const KeyScope&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const KeyScope& scope) {
    return H::combine(std::move(state), scope.network, scope.group);
  }
};

// What a scope's key seals. Each use has a key of its own, derived by label;
// groups have only the first.
enum class SealUse {
  kRecords,       // records of the store
  kKeys,          // the secrets of the network's groups, in the key store
  kAuditDetails,  // personal details of audit events, which can be shredded
                  // apart
  kTokens,        // page tokens, cursors and tickets that clients carry
  kTotpSecrets,   // authenticator secrets
};
inline constexpr size_t kSealUses = 5;

// What the keyed hashes of the server or a network are for. They come from the
// first epoch and stay the same for ever, since records are found by them.
enum class MacUse {
  kLookup,          // insured numbers and whatever else is matched by its hash
  kPasswordPepper,  // passwords
  kCheckpointSeed,  // no hashes: the Ed25519 key that signs checkpoints of the
                    // audit log, which must stay the same as long
};
inline constexpr size_t kMacUses = 3;

// The key for one use that `secret`, a scope's secret of that name, stands for.
std::shared_ptr<const SealingKey> DeriveSealingKey(BlobHeader name,
                                                   const Secret& secret,
                                                   SealUse use);

// Thread-safe. What it returned stays usable until the last holder lets go.
class KeyRing {
 public:
  KeyRing() = default;
  KeyRing(const KeyRing&) = delete;
  KeyRing& operator=(const KeyRing&) = delete;

  // Opens `secret` for use under `name`. Key ids belong to one scope for ever;
  // the highest epoch is the scope's current one. REQUIRES: secret.size() ==
  // 32, `name` is new.
  void Add(const KeyScope& scope, BlobHeader name, const Secret& secret);

  // Forgets all epochs of the scope.
  void Remove(const KeyScope& scope);

  // The key to seal with, or null if the scope has none for this use.
  std::shared_ptr<const SealingKey> Current(const KeyScope& scope,
                                            SealUse use) const;

  // The key to open a blob with, or null if there is no such key (any more).
  std::shared_ptr<const SealingKey> Find(BlobHeader name, SealUse use) const;

  // The key for HmacSha256, or null if the scope has none; groups have none.
  std::shared_ptr<const Secret> Mac(const KeyScope& scope, MacUse use) const;

 private:
  using SealingKeys = std::array<std::shared_ptr<const SealingKey>, kSealUses>;

  struct ScopeKeys {
    uint32_t key_id = 0;
    uint32_t epoch = 0;
    SealingKeys sealing;
    std::array<std::shared_ptr<const Secret>, kMacUses> macs;
  };

  mutable SharedMutex mutex_;
  absl::flat_hash_map<KeyScope, ScopeKeys> scopes_ ABSL_GUARDED_BY(mutex_);
  // By key id and epoch.
  absl::flat_hash_map<std::pair<uint32_t, uint32_t>, SealingKeys> names_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace renkei::crypto
