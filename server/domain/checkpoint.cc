#include "server/domain/checkpoint.h"

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/hash.h"

namespace renkei::domain {
namespace {

// Of the note format: the type of Ed25519 signatures.
constexpr char kEd25519 = 1;
constexpr size_t kKeyIdBytes = 4;
constexpr size_t kIncarnationBytesShown = 8;

}  // namespace

CheckpointSigner::CheckpointSigner(std::string origin,
                                   const crypto::Secret& seed)
    : origin_(std::move(origin)),
      key_(std::make_unique<const crypto::SigningKey>(seed)) {
  const std::string typed_key =
      absl::StrCat(std::string(1, kEd25519), key_->PublicKey());
  key_id_ = std::string(crypto::Sha256({origin_, "\n", typed_key})
                            .bytes()
                            .substr(0, kKeyIdBytes));
  verifier_key_ = absl::StrCat(origin_, "+", absl::BytesToHexString(key_id_),
                               "+", absl::Base64Escape(typed_key));
}

absl::StatusOr<CheckpointSigner> CheckpointSigner::Of(
    const crypto::KeyRing& keys, const NetworkId& network,
    absl::string_view incarnation) {
  const auto seed =
      keys.Mac(network.IsZero() ? crypto::KeyScope::Server()
                                : crypto::KeyScope::Network(network),
               crypto::MacUse::kCheckpointSeed);
  if (seed == nullptr) {
    return absl::NotFoundError("the key of the network is not open");
  }
  return CheckpointSigner(
      absl::StrCat(
          "renkei/",
          network.IsZero() ? std::string(kServerLogName) : network.ToText(),
          "/",
          absl::BytesToHexString(
              incarnation.substr(0, kIncarnationBytesShown))),
      *seed);
}

SignedCheckpoint CheckpointSigner::Sign(uint64_t size,
                                        const Hash32& root) const {
  const std::string text = absl::StrCat(origin_, "\n", size, "\n",
                                        absl::Base64Escape(root.bytes()), "\n");
  const std::string signature = absl::StrCat(key_id_, key_->Sign(text));
  return {size, root,
          absl::StrCat(text, "\n\xE2\x80\x94 ", origin_, " ",
                       absl::Base64Escape(signature), "\n")};
}

absl::StatusOr<SignedCheckpoint> CheckpointSigner::Open(
    absl::string_view note) const {
  const std::vector<absl::string_view> lines = absl::StrSplit(note, '\n');
  uint64_t size = 0;
  std::string root;
  if (lines.size() < 3 || !absl::SimpleAtoi(lines[1], &size) ||
      !absl::Base64Unescape(lines[2], &root) || root.size() != kHash32Bytes) {
    return absl::InvalidArgumentError("not a checkpoint");
  }
  // Ed25519 signs the same bytes in the same way, so that the right note is the
  // one that would be made.
  SignedCheckpoint made = Sign(size, *Hash32::FromBytes(root));
  if (made.note != note) {
    return absl::InvalidArgumentError("not a checkpoint of this log");
  }
  return made;
}

absl::Status CheckContinues(const AuditTree& tree,
                            const SignedCheckpoint& signed_before,
                            absl::string_view origin) {
  if (tree.size() < signed_before.size) {
    return absl::DataLossError(absl::StrCat(
        "the audit log ", origin, " has ", tree.size(),
        " events, and a checkpoint of ", signed_before.size, " was signed"));
  }
  ASSIGN_OR_RETURN(const Hash32 root, tree.RootAt(signed_before.size));
  if (root != signed_before.root) {
    return absl::DataLossError(absl::StrCat(
        "the first ", signed_before.size, " events of the audit log ", origin,
        " are not those that a checkpoint was signed over"));
  }
  return absl::OkStatus();
}

}  // namespace renkei::domain
