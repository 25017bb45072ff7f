#include "storage/crypto/key_ring.h"

#include "absl/strings/string_view.h"
#include "storage/base/check.h"
#include "storage/crypto/hash.h"

namespace renkei::crypto {
namespace {

constexpr uint32_t kFirstEpoch = 1;

// On disk, in what was sealed under them: never change a label.
constexpr std::array<absl::string_view, kSealUses> kSealLabels = {
    "renkei v1 records", "renkei v1 keys",         "renkei v1 audit details",
    "renkei v1 tokens",  "renkei v1 totp secrets",
};
constexpr std::array<absl::string_view, kMacUses> kMacLabels = {
    "renkei v1 lookup",
    "renkei v1 password pepper",
    "renkei v1 checkpoint seed",
};

constexpr size_t IndexOf(SealUse use) { return static_cast<size_t>(use); }
constexpr size_t IndexOf(MacUse use) { return static_cast<size_t>(use); }
static_assert(IndexOf(SealUse::kTotpSecrets) + 1 == kSealUses);
static_assert(IndexOf(MacUse::kCheckpointSeed) + 1 == kMacUses);

}  // namespace

std::shared_ptr<const SealingKey> DeriveSealingKey(BlobHeader name,
                                                   const Secret& secret,
                                                   SealUse use) {
  return std::make_shared<SealingKey>(
      name, DeriveKey(secret, kSealLabels[IndexOf(use)]));
}

void KeyRing::Add(const KeyScope& scope, BlobHeader name,
                  const Secret& secret) {
  CHECK(secret.size() == kKeyBytes);
  SealingKeys sealing;
  const size_t uses = scope.IsGroup() ? 1 : kSealUses;
  for (size_t use = 0; use < uses; ++use) {
    sealing[use] = DeriveSealingKey(name, secret, static_cast<SealUse>(use));
  }
  WriterLock lock(mutex_);
  CHECK(names_.emplace(std::pair(name.key_id, name.epoch), sealing).second);
  ScopeKeys& keys = scopes_[scope];
  CHECK(keys.epoch == 0 || keys.key_id == name.key_id);
  if (name.epoch > keys.epoch) {
    keys.key_id = name.key_id;
    keys.epoch = name.epoch;
    keys.sealing = std::move(sealing);
  }
  if (name.epoch == kFirstEpoch && !scope.IsGroup()) {
    for (size_t use = 0; use < kMacUses; ++use) {
      keys.macs[use] =
          std::make_shared<Secret>(DeriveKey(secret, kMacLabels[use]));
    }
  }
}

void KeyRing::Remove(const KeyScope& scope) {
  WriterLock lock(mutex_);
  const auto found = scopes_.find(scope);
  if (found == scopes_.end()) {
    return;
  }
  for (uint32_t epoch = kFirstEpoch; epoch <= found->second.epoch; ++epoch) {
    names_.erase(std::pair(found->second.key_id, epoch));
  }
  scopes_.erase(found);
}

std::shared_ptr<const SealingKey> KeyRing::Current(const KeyScope& scope,
                                                   SealUse use) const {
  ReaderLock lock(mutex_);
  const auto found = scopes_.find(scope);
  return found == scopes_.end() ? nullptr : found->second.sealing[IndexOf(use)];
}

std::shared_ptr<const SealingKey> KeyRing::Find(BlobHeader name,
                                                SealUse use) const {
  ReaderLock lock(mutex_);
  const auto found = names_.find(std::pair(name.key_id, name.epoch));
  return found == names_.end() ? nullptr : found->second[IndexOf(use)];
}

std::shared_ptr<const Secret> KeyRing::Mac(const KeyScope& scope,
                                           MacUse use) const {
  ReaderLock lock(mutex_);
  const auto found = scopes_.find(scope);
  return found == scopes_.end() ? nullptr : found->second.macs[IndexOf(use)];
}

}  // namespace renkei::crypto
