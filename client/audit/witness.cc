#include "client/audit/witness.h"

#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "client/audit/encoding.h"
#include "client/audit/files.h"
#include "client/audit/json.h"
#include "client/audit/proof.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/secret.h"
#include "storage/crypto/sign.h"

namespace renkei::audit {
namespace {

constexpr size_t kSeedBytes = 32;
constexpr size_t kTimeBytes = 8;
constexpr absl::string_view kKeyFile = "witness.key";

// A witness on disk: its name and the seed of its key.
struct Witness {
  std::string name;
  crypto::Secret seed;
};

absl::StatusOr<Witness> OpenWitness(const std::string& folder) {
  ASSIGN_OR_RETURN(const std::string content,
                   ReadFile(absl::StrCat(folder, "/", kKeyFile)));
  const std::vector<std::string> lines = absl::StrSplit(content, '\n');
  const std::optional<std::string> seed =
      lines.size() < 2 ? std::nullopt : DecodeBase64(lines[1]);
  if (!seed || seed->size() != kSeedBytes) {
    return absl::DataLossError(absl::StrCat(folder, ": no witness's key"));
  }
  return Witness{lines[0], crypto::Secret::CopyOf(*seed)};
}

std::string VerifierKeyOf(const Witness& witness) {
  return FormatVerifierKey(witness.name, true,
                           crypto::SigningKey(witness.seed).PublicKey());
}

// What was cosigned last of the log, whatever its origin's incarnation.
std::string MemoryOf(const std::string& folder, absl::string_view origin) {
  const std::string log =
      absl::StrReplaceAll(origin.substr(0, origin.rfind('/')), {{"/", "-"}});
  return absl::StrCat(folder, "/", log, ".note");
}

absl::StatusOr<Checkpoint> OpenCheckpoint(absl::string_view note,
                                          absl::string_view verifier_key) {
  ASSIGN_OR_RETURN(const VerifierKey key, ParseVerifierKey(verifier_key));
  ASSIGN_OR_RETURN(const std::string text, OpenNote(note, key));
  ASSIGN_OR_RETURN(Checkpoint checkpoint, ParseCheckpoint(text));
  if (checkpoint.origin != key.name) {
    return absl::InvalidArgumentError("the checkpoint is of another log");
  }
  return checkpoint;
}

absl::StatusOr<std::vector<Hash32>> ParseProof(absl::string_view text) {
  std::vector<Hash32> hashes;
  if (text.empty()) {
    return hashes;
  }
  ASSIGN_OR_RETURN(const JsonValue line, ParseJson(text));
  const auto* object = std::get_if<JsonValue::Object>(&line.value);
  const auto proof = object == nullptr ? JsonValue::Object::const_iterator()
                                       : object->find("proof");
  if (object == nullptr || proof == object->end()) {
    return absl::InvalidArgumentError("the proof has no `proof`");
  }
  const auto* list = std::get_if<JsonValue::Array>(&proof->second.value);
  for (const JsonValue& element :
       list == nullptr ? JsonValue::Array() : *list) {
    const auto* word = std::get_if<std::string>(&element.value);
    const std::optional<std::string> bytes =
        word == nullptr ? std::nullopt : DecodeBase64(*word);
    const std::optional<Hash32> hash =
        bytes ? Hash32::FromBytes(*bytes) : std::nullopt;
    if (!hash) {
      return absl::InvalidArgumentError("a hash of the proof does not read");
    }
    hashes.push_back(*hash);
  }
  return hashes;
}

// The remembered note was checked when it was written.
absl::Status CheckContinues(const std::string& memory, const Checkpoint& next,
                            absl::string_view proof) {
  if (!std::filesystem::exists(memory)) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const std::string note, ReadFile(memory));
  ASSIGN_OR_RETURN(const Note kept, ParseNote(note));
  ASSIGN_OR_RETURN(const Checkpoint before, ParseCheckpoint(kept.text));
  ASSIGN_OR_RETURN(const std::vector<Hash32> hashes, ParseProof(proof));
  const absl::Status consistent =
      CheckConsistency(before.size, next.size, before.root, next.root, hashes);
  return consistent.ok()
             ? consistent
             : absl::FailedPreconditionError(absl::StrCat(
                   "it does not continue the ", before.size,
                   " events that were cosigned: ", consistent.message()));
}

std::string BigEndian(uint64_t number) {
  std::string bytes(kTimeBytes, '\0');
  for (size_t i = 0; i < kTimeBytes; ++i) {
    bytes[i] = static_cast<char>(number >> (8 * (kTimeBytes - 1 - i)));
  }
  return bytes;
}

}  // namespace

absl::StatusOr<std::string> MakeWitness(const std::string& folder,
                                        absl::string_view name) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all,
                               failed);
  const std::string path = absl::StrCat(folder, "/", kKeyFile);
  if (std::filesystem::exists(path)) {
    return absl::AlreadyExistsError(absl::StrCat(path, ": is there already"));
  }
  const Witness witness{std::string(name), crypto::Secret::Random(kSeedBytes)};
  const std::string key = VerifierKeyOf(witness);
  RETURN_IF_ERROR(ParseVerifierKey(key).status());
  RETURN_IF_ERROR(WriteFile(
      path, absl::StrCat(name, "\n", absl::Base64Escape(witness.seed.bytes()),
                         "\n")));
  return key;
}

absl::StatusOr<std::string> Cosign(const std::string& folder,
                                   const WitnessRequest& request,
                                   uint64_t time) {
  ASSIGN_OR_RETURN(const Witness witness, OpenWitness(folder));
  ASSIGN_OR_RETURN(const Checkpoint checkpoint,
                   OpenCheckpoint(request.note, request.verifier_key));
  ASSIGN_OR_RETURN(const Note note, ParseNote(request.note));
  const std::string memory = MemoryOf(folder, checkpoint.origin);
  RETURN_IF_ERROR(CheckContinues(memory, checkpoint, request.proof));
  // Remembered first: a witness may forget that it signed, never what.
  RETURN_IF_ERROR(WriteFile(memory, request.note));
  ASSIGN_OR_RETURN(const VerifierKey key,
                   ParseVerifierKey(VerifierKeyOf(witness)));
  const std::string signature = absl::StrCat(
      key.id, BigEndian(time),
      crypto::SigningKey(witness.seed).Sign(CosignedText(note.text, time)));
  return absl::StrCat(request.note, "\xE2\x80\x94 ", witness.name, " ",
                      absl::Base64Escape(signature), "\n");
}

}  // namespace renkei::audit
