// What an auditor has to believe: Merkle proofs (RFC 6962 over SHA-256) and
// signed notes (C2SP, Ed25519). Shares no code with the server's tree; of the
// project it uses the calls to SHA-256 and Ed25519 alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/base/hash32.h"

namespace renkei::audit {

// ---- trees ----

Hash32 LeafHash(absl::string_view leaf);

// The root of the leaves so far, leaf after leaf.
class TreeHasher {
 public:
  TreeHasher() = default;
  // Goes on after `size` leaves that are not there: `frontier` are the hashes
  // of the complete subtrees they fall into, from left to right.
  // InvalidArgument when there are more or fewer than `size` has.
  static absl::StatusOr<TreeHasher> After(uint64_t size,
                                          std::vector<Hash32> frontier);

  void Append(const Hash32& leaf_hash);
  uint64_t size() const { return size_; }
  Hash32 Root() const;

 private:
  uint64_t size_ = 0;
  std::vector<Hash32> subtrees_;  // one for each bit of size_, highest first
};

// OK, or InvalidArgument with what is wrong. A tree of no leaves proves
// nothing and is refused.
absl::Status CheckInclusion(uint64_t index, uint64_t size,
                            const Hash32& leaf_hash, const Hash32& root,
                            const std::vector<Hash32>& proof);
absl::Status CheckConsistency(uint64_t size1, uint64_t size2,
                              const Hash32& root1, const Hash32& root2,
                              const std::vector<Hash32>& proof);

// ---- signed notes ----

// Whom to believe: a name and a public key.
struct VerifierKey {
  std::string name;
  std::string id;  // 4 bytes
  std::string public_key;
  bool is_witness = false;  // makes cosignatures of checkpoints, with a time
};

// `NAME+HEX_ID+BASE64(type, 32 bytes)`; type 1 (Ed25519) or 4 (cosignature).
absl::StatusOr<VerifierKey> ParseVerifierKey(absl::string_view text);
std::string FormatVerifierKey(absl::string_view name, bool is_witness,
                              absl::string_view public_key);

struct NoteSignature {
  std::string name;
  std::string id;  // 4 bytes
  std::string signature;
};

struct Note {
  std::string text;  // with its last newline; what is signed
  std::vector<NoteSignature> signatures;
};

// InvalidArgument unless `bytes` is a note by every rule of the format.
absl::StatusOr<Note> ParseNote(absl::string_view bytes);

// The text of the note if `key` signed it; every signature by the key must be
// right. Signatures of others are ignored.
absl::StatusOr<std::string> OpenNote(absl::string_view bytes,
                                     const VerifierKey& key);

// What a witness signs at `time`, in seconds since 1970.
std::string CosignedText(absl::string_view text, uint64_t time);

// The text of a note that is a checkpoint. Further lines, which nobody can
// check, are passed over.
struct Checkpoint {
  std::string origin;
  uint64_t size = 0;
  Hash32 root;
};
absl::StatusOr<Checkpoint> ParseCheckpoint(absl::string_view text);

}  // namespace renkei::audit
