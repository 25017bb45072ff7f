#include "client/audit/checks.h"

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/audit/encoding.h"
#include "client/audit/json.h"
#include "client/audit/proof.h"
#include "storage/base/status_macros.h"

namespace renkei::audit {
namespace {

absl::Status Wrong(absl::string_view field, absl::string_view wanted) {
  return absl::InvalidArgumentError(absl::StrCat(field, " must be ", wanted));
}

// nullptr when it is missing.
template <typename T>
const T* FindField(const JsonValue::Object& object, const std::string& name) {
  const auto field = object.find(name);
  return field == object.end() ? nullptr : std::get_if<T>(&field->second.value);
}

absl::StatusOr<uint64_t> NumberOf(const JsonValue::Object& object,
                                  const std::string& name) {
  const JsonNumber* number = FindField<JsonNumber>(object, name);
  const std::optional<uint64_t> value =
      number == nullptr ? std::nullopt : ParseNumber(number->text);
  if (!value) {
    return Wrong(name, "a whole number from 0 to 2^64 - 1");
  }
  return *value;
}

absl::StatusOr<Hash32> ParseHash(const std::string* text,
                                 absl::string_view name) {
  const std::optional<std::string> bytes =
      text == nullptr ? std::nullopt : DecodeBase64(*text);
  const std::optional<Hash32> hash =
      bytes ? Hash32::FromBytes(*bytes) : std::nullopt;
  if (!hash) {
    return Wrong(name, "base64 of 32 bytes");
  }
  return *hash;
}

absl::StatusOr<Hash32> HashOf(const JsonValue::Object& object,
                              const std::string& name) {
  return ParseHash(FindField<std::string>(object, name), name);
}

absl::StatusOr<std::vector<Hash32>> ProofOf(const JsonValue::Object& object) {
  const auto field = object.find("proof");
  if (field == object.end() || field->second.IsNull()) {
    return std::vector<Hash32>();
  }
  const auto* array = std::get_if<JsonValue::Array>(&field->second.value);
  if (array == nullptr) {
    return Wrong("proof", "an array");
  }
  std::vector<Hash32> proof;
  for (const JsonValue& element : *array) {
    ASSIGN_OR_RETURN(const Hash32 hash,
                     ParseHash(std::get_if<std::string>(&element.value),
                               "each element of proof"));
    proof.push_back(hash);
  }
  return proof;
}

absl::Status CheckInclusionLine(const JsonValue::Object& line) {
  ASSIGN_OR_RETURN(const uint64_t index, NumberOf(line, "leafIndex"));
  ASSIGN_OR_RETURN(const uint64_t size, NumberOf(line, "treeSize"));
  ASSIGN_OR_RETURN(const Hash32 leaf_hash, HashOf(line, "leafHash"));
  ASSIGN_OR_RETURN(const Hash32 root, HashOf(line, "root"));
  ASSIGN_OR_RETURN(const std::vector<Hash32> proof, ProofOf(line));
  return CheckInclusion(index, size, leaf_hash, root, proof);
}

absl::Status CheckConsistencyLine(const JsonValue::Object& line) {
  ASSIGN_OR_RETURN(const uint64_t size1, NumberOf(line, "size1"));
  ASSIGN_OR_RETURN(const uint64_t size2, NumberOf(line, "size2"));
  ASSIGN_OR_RETURN(const Hash32 root1, HashOf(line, "root1"));
  ASSIGN_OR_RETURN(const Hash32 root2, HashOf(line, "root2"));
  ASSIGN_OR_RETURN(const std::vector<Hash32> proof, ProofOf(line));
  return CheckConsistency(size1, size2, root1, root2, proof);
}

absl::Status CheckLine(absl::string_view line) {
  ASSIGN_OR_RETURN(const JsonValue value, ParseJson(line));
  const auto* object = std::get_if<JsonValue::Object>(&value.value);
  if (object == nullptr) {
    return Wrong("a line", "an object");
  }
  const std::string* type = FindField<std::string>(*object, "type");
  if (type != nullptr && *type == "inclusion") {
    return CheckInclusionLine(*object);
  }
  if (type != nullptr && *type == "consistency") {
    return CheckConsistencyLine(*object);
  }
  return Wrong("type", "\"inclusion\" or \"consistency\"");
}

}  // namespace

std::string AnswerProofLine(absl::string_view line) {
  const absl::Status checked = CheckLine(line);
  const std::string why(checked.message().data(), checked.message().size());
  return absl::StrCat("{\"ok\":", checked.ok() ? "true" : "false",
                      ",\"why\":", JsonString(why), "}");
}

std::string AnswerProofLines(absl::string_view text) {
  if (absl::EndsWith(text, "\n")) {
    text.remove_suffix(1);
  } else if (text.empty()) {
    return "";
  }
  std::string answers;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    absl::StrAppend(&answers, AnswerProofLine(line), "\n");
  }
  return answers;
}

}  // namespace renkei::audit
