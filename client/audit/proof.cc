#include "client/audit/proof.h"

#include <bit>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/audit/encoding.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/hash.h"
#include "storage/crypto/sign.h"

namespace renkei::audit {
namespace {

constexpr absl::string_view kSignaturePrefix = "\xE2\x80\x94 ";  // em dash
constexpr size_t kSignaturesMax = 100;
constexpr size_t kKeyIdBytes = 4;
constexpr size_t kTimeBytes = 8;
constexpr char kEd25519 = 1;
constexpr char kCosignature = 4;

absl::Status Wrong(absl::string_view why) {
  return absl::InvalidArgumentError(why);
}

Hash32 ParentHash(const Hash32& left, const Hash32& right) {
  return crypto::Sha256({"\1", left.bytes(), right.bytes()});
}

std::string KeyId(absl::string_view name, absl::string_view typed_key) {
  return std::string(
      crypto::Sha256({name, "\n", typed_key}).bytes().substr(0, kKeyIdBytes));
}

absl::StatusOr<NoteSignature> ParseSignature(absl::string_view line) {
  if (!absl::StartsWith(line, kSignaturePrefix)) {
    return Wrong("a signature line does not begin with a dash");
  }
  line.remove_prefix(kSignaturePrefix.size());
  const size_t space = line.find(' ');
  if (space == absl::string_view::npos || !IsKeyName(line.substr(0, space))) {
    return Wrong("a signature line does not name its key");
  }
  const std::optional<std::string> bytes = DecodeBase64(line.substr(space + 1));
  if (!bytes || bytes->size() <= kKeyIdBytes) {
    return Wrong("a signature is not base64 of a key id and more");
  }
  return NoteSignature{std::string(line.substr(0, space)),
                       bytes->substr(0, kKeyIdBytes),
                       bytes->substr(kKeyIdBytes)};
}

absl::Status CheckSignature(absl::string_view text, const VerifierKey& key,
                            absl::string_view signature) {
  if (!key.is_witness) {
    return crypto::Verify(key.public_key, text, signature);
  }
  if (signature.size() != kTimeBytes + crypto::kSignatureBytes) {
    return Wrong("a cosignature is not a time and a signature");
  }
  RETURN_IF_ERROR(ParseCheckpoint(text).status());
  uint64_t time = 0;
  for (size_t i = 0; i < kTimeBytes; ++i) {
    time = (time << 8) | static_cast<uint8_t>(signature[i]);
  }
  return crypto::Verify(key.public_key, CosignedText(text, time),
                        signature.substr(kTimeBytes));
}

}  // namespace

// ---- trees ----

Hash32 LeafHash(absl::string_view leaf) {
  return crypto::Sha256({absl::string_view("\0", 1), leaf});
}

absl::StatusOr<TreeHasher> TreeHasher::After(uint64_t size,
                                             std::vector<Hash32> frontier) {
  if (static_cast<size_t>(std::popcount(size)) != frontier.size()) {
    return Wrong("the frontier does not have a hash for each bit of the size");
  }
  TreeHasher tree;
  tree.size_ = size;
  tree.subtrees_ = std::move(frontier);
  return tree;
}

void TreeHasher::Append(const Hash32& leaf_hash) {
  Hash32 hash = leaf_hash;
  for (uint64_t bits = size_; (bits & 1) != 0; bits >>= 1) {
    hash = ParentHash(subtrees_.back(), hash);
    subtrees_.pop_back();
  }
  subtrees_.push_back(hash);
  ++size_;
}

Hash32 TreeHasher::Root() const {
  if (subtrees_.empty()) {
    return crypto::Sha256("");
  }
  Hash32 hash = subtrees_.back();
  for (auto left = subtrees_.rbegin() + 1; left != subtrees_.rend(); ++left) {
    hash = ParentHash(*left, hash);
  }
  return hash;
}

absl::Status CheckInclusion(uint64_t index, uint64_t size,
                            const Hash32& leaf_hash, const Hash32& root,
                            const std::vector<Hash32>& proof) {
  if (index >= size) {
    return Wrong("the leaf is not below the size of the tree");
  }
  // From the leaf up: `node` is the place of `hash` on its level, `last` that
  // of the level's last node.
  uint64_t node = index;
  uint64_t last = size - 1;
  Hash32 hash = leaf_hash;
  for (const Hash32& sibling : proof) {
    if (last == 0) {
      return Wrong("the proof is too long");
    }
    if ((node & 1) != 0 || node == last) {
      hash = ParentHash(sibling, hash);
      // A last node without a right neighbour is its own parent.
      while ((node & 1) == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      hash = ParentHash(hash, sibling);
    }
    node >>= 1;
    last >>= 1;
  }
  if (last != 0) {
    return Wrong("the proof is too short");
  }
  return hash == root ? absl::OkStatus()
                      : Wrong("the proof leads to another root");
}

absl::Status CheckConsistency(uint64_t size1, uint64_t size2,
                              const Hash32& root1, const Hash32& root2,
                              const std::vector<Hash32>& proof) {
  if (size1 == 0 || size1 > size2) {
    return Wrong("the older tree must have leaves, and no more than the newer");
  }
  if (size1 == size2) {
    if (!proof.empty()) {
      return Wrong("the proof is too long");
    }
    return root1 == root2 ? absl::OkStatus()
                          : Wrong("two roots for trees of one size");
  }
  // The climb begins at the largest complete subtree at the older tree's end;
  // when that is the older tree itself, its root is not in the proof.
  const int level = std::countr_zero(size1);
  uint64_t node = (size1 - 1) >> level;
  uint64_t last = (size2 - 1) >> level;
  auto next = proof.begin();
  if (node != 0 && next == proof.end()) {
    return Wrong("the proof is too short");
  }
  Hash32 older = node == 0 ? root1 : *next++;
  Hash32 newer = older;
  for (; next != proof.end(); ++next) {
    if (last == 0) {
      return Wrong("the proof is too long");
    }
    if ((node & 1) != 0 || node == last) {
      older = ParentHash(*next, older);
      newer = ParentHash(*next, newer);
      while ((node & 1) == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      newer = ParentHash(newer, *next);
    }
    node >>= 1;
    last >>= 1;
  }
  if (last != 0) {
    return Wrong("the proof is too short");
  }
  if (older != root1) {
    return Wrong("the proof leads to another older root");
  }
  return newer == root2 ? absl::OkStatus()
                        : Wrong("the proof leads to another newer root");
}

// ---- signed notes ----

absl::StatusOr<VerifierKey> ParseVerifierKey(absl::string_view text) {
  // The name has no plus sign; base64 may.
  const std::vector<absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits('+', 2));
  if (parts.size() != 3 || !IsKeyName(parts[0])) {
    return Wrong("a verifier key is NAME+ID+KEY");
  }
  const std::optional<std::string> typed_key = DecodeBase64(parts[2]);
  if (!typed_key || typed_key->size() != 1 + kHash32Bytes ||
      ((*typed_key)[0] != kEd25519 && (*typed_key)[0] != kCosignature)) {
    return Wrong("the key is not base64 of type 1 or 4 and 32 bytes");
  }
  VerifierKey key{std::string(parts[0]), KeyId(parts[0], *typed_key),
                  typed_key->substr(1), (*typed_key)[0] == kCosignature};
  if (absl::BytesToHexString(key.id) != parts[1]) {
    return Wrong("the id is not that of name and key");
  }
  return key;
}

std::string FormatVerifierKey(absl::string_view name, bool is_witness,
                              absl::string_view public_key) {
  const std::string typed_key = absl::StrCat(
      std::string(1, is_witness ? kCosignature : kEd25519), public_key);
  return absl::StrCat(name, "+", absl::BytesToHexString(KeyId(name, typed_key)),
                      "+", absl::Base64Escape(typed_key));
}

absl::StatusOr<Note> ParseNote(absl::string_view bytes) {
  if (!IsUtf8(bytes)) {
    return Wrong("the note is not UTF-8");
  }
  for (const char c : bytes) {
    if (static_cast<uint8_t>(c) < 0x20 && c != '\n') {
      return Wrong("the note has a control character");
    }
  }
  const size_t blank = bytes.rfind("\n\n");
  if (blank == absl::string_view::npos) {
    return Wrong("no blank line before signatures");
  }
  Note note;
  note.text = std::string(bytes.substr(0, blank + 1));
  absl::string_view rest = bytes.substr(blank + 2);
  if (rest.empty() || rest.back() != '\n') {
    return Wrong("the note does not end with a signature line");
  }
  rest.remove_suffix(1);
  for (const absl::string_view line : absl::StrSplit(rest, '\n')) {
    ASSIGN_OR_RETURN(NoteSignature signature, ParseSignature(line));
    note.signatures.push_back(std::move(signature));
    if (note.signatures.size() > kSignaturesMax) {
      return Wrong("too many signatures");
    }
  }
  return note;
}

absl::StatusOr<std::string> OpenNote(absl::string_view bytes,
                                     const VerifierKey& key) {
  ASSIGN_OR_RETURN(Note note, ParseNote(bytes));
  bool is_signed = false;
  for (const NoteSignature& signature : note.signatures) {
    if (signature.name == key.name && signature.id == key.id) {
      if (!CheckSignature(note.text, key, signature.signature).ok()) {
        return Wrong("a signature by the key is wrong");
      }
      is_signed = true;
    }
  }
  if (!is_signed) {
    return Wrong("no signature by the key");
  }
  return std::move(note.text);
}

std::string CosignedText(absl::string_view text, uint64_t time) {
  return absl::StrCat("cosignature/v1\ntime ", time, "\n", text);
}

absl::StatusOr<Checkpoint> ParseCheckpoint(absl::string_view text) {
  const std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  if (lines.size() < 4 || !lines.back().empty()) {
    return Wrong("a checkpoint has the lines origin, size and root");
  }
  for (size_t i = 0; i + 1 < lines.size(); ++i) {
    if (lines[i].empty()) {
      return Wrong("a checkpoint has no empty line");
    }
  }
  const std::optional<uint64_t> size = ParseNumber(lines[1]);
  const std::optional<std::string> root = DecodeBase64(lines[2]);
  if (!size || !root || root->size() != kHash32Bytes) {
    return Wrong("the size or the root of the checkpoint does not read");
  }
  return Checkpoint{std::string(lines[0]), *size, *Hash32::FromBytes(*root)};
}

}  // namespace renkei::audit
