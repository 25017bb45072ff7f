// Signed statements about an audit log: "at this size its root was this", as
// C2SP notes that anybody can check.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/domain/audit_tree.h"
#include "storage/base/hash32.h"
#include "storage/base/id.h"
#include "storage/crypto/key_ring.h"
#include "storage/crypto/sign.h"

namespace renkei::domain {

// Of the server's own log in origins; that of a network is its id.
inline constexpr absl::string_view kServerLogName = "server";

struct SignedCheckpoint {
  uint64_t size = 0;
  Hash32 root;
  std::string note;
};

// Signs for one log. Immutable; thread-safe.
class CheckpointSigner {
 public:
  // NotFound when the network's key is not open. `incarnation` is the key
  // store's: a log that goes on from a backup may have lost what was signed
  // already, and so is another log, with an origin of its own.
  static absl::StatusOr<CheckpointSigner> Of(const crypto::KeyRing& keys,
                                             const NetworkId& network,
                                             absl::string_view incarnation);

  // The log's name, also that of the key: renkei/NETWORK/INCARNATION, the
  // server's own log being renkei/server/INCARNATION.
  const std::string& origin() const { return origin_; }

  // What an auditor is given: NAME+ID+KEY.
  const std::string& verifier_key() const { return verifier_key_; }

  SignedCheckpoint Sign(uint64_t size, const Hash32& root) const;

  // InvalidArgument unless this signer made the note.
  absl::StatusOr<SignedCheckpoint> Open(absl::string_view note) const;

 private:
  CheckpointSigner(std::string origin, const crypto::Secret& seed);

  std::string origin_;
  std::unique_ptr<const crypto::SigningKey> key_;
  std::string key_id_;
  std::string verifier_key_;
};

// OK when the tree has what was signed as its beginning; DataLoss, with the
// origin and both sizes, when it does not.
absl::Status CheckContinues(const AuditTree& tree,
                            const SignedCheckpoint& signed_before,
                            absl::string_view origin);

}  // namespace renkei::domain
