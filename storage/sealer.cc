#include "storage/sealer.h"

#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/aead.h"

namespace renkei::storage {
namespace {

using crypto::KeyScope;
using crypto::SealUse;

KeyScope ScopeOf(const TableFacts& table, absl::string_view key) {
  if (table.scope == Scope::kServer) {
    return KeyScope::Server();
  }
  const absl::string_view parts = key.substr(1);
  const NetworkId network = *NetworkId::FromBytes(parts.substr(0, kIdBytes));
  if (table.scope == Scope::kNetwork) {
    return KeyScope::Network(network);
  }
  return KeyScope::Group(network,
                         *GroupId::FromBytes(parts.substr(kIdBytes, kIdBytes)));
}

// Table and full key (which begins with the network, where there is one), key
// id and epoch.
std::string Associated(absl::string_view key, const crypto::BlobHeader& name) {
  std::string associated;
  associated.reserve(key.size() + sizeof(name.key_id) + sizeof(name.epoch));
  associated.append(key.data(), key.size());
  AppendPart(name.key_id, associated);
  AppendPart(name.epoch, associated);
  return associated;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const crypto::SealingKey>> Sealer::KeyFor(
    const TableFacts& table, absl::string_view key) const {
  std::shared_ptr<const crypto::SealingKey> sealing =
      keys_.Current(ScopeOf(table, key), SealUse::kRecords);
  if (sealing == nullptr) {
    return absl::NotFoundError(absl::StrCat("no key seals ", table.name));
  }
  return sealing;
}

void Sealer::Seal(const TableFacts& table, const crypto::SealingKey& sealing,
                  absl::string_view key, absl::string_view plaintext,
                  std::string& out) const {
  if (!table.keys_only) {
    crypto::AppendSealed(sealing,
                         Associated(key, {sealing.key_id(), sealing.epoch()}),
                         plaintext, out);
  }
}

absl::StatusOr<std::string> Sealer::Open(const TableFacts& table,
                                         absl::string_view key,
                                         absl::string_view blob) const {
  if (table.keys_only && blob.empty()) {
    return std::string();
  }
  ASSIGN_OR_RETURN(const crypto::BlobHeader name, crypto::ParseHeader(blob));
  const std::shared_ptr<const crypto::SealingKey> opening =
      keys_.Find(name, SealUse::kRecords);
  if (opening == nullptr) {
    return absl::DataLossError(absl::StrCat(
        "a record of ", table.name, " is sealed under a key that is gone"));
  }
  absl::StatusOr<std::string> plaintext =
      crypto::Open(*opening, Associated(key, name), blob);
  return plaintext.ok() ? std::move(plaintext)
                        : absl::DataLossError(absl::StrCat(
                              "a record of ", table.name, " does not open"));
}

}  // namespace renkei::storage
