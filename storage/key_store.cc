#include "storage/key_store.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/aead.h"
#include "storage/crypto/random.h"

namespace renkei::storage {
namespace {

using crypto::BlobHeader;
using crypto::KeyScope;
using crypto::SealingKey;
using crypto::SealUse;
using crypto::Secret;

constexpr absl::string_view kFileName = "/keys";
constexpr uint32_t kFirstEpoch = 1;
constexpr BlobHeader kRootName = {.key_id = 0, .epoch = 0};

std::shared_ptr<const SealingKey> RootKeyOf(const Secret& root) {
  return DeriveSealingKey(kRootName, root, SealUse::kKeys);
}

std::string RandomId() {
  std::array<uint8_t, kStoreIdBytes> bytes;
  crypto::FillRandom(absl::MakeSpan(bytes));
  return std::string(bytes.begin(), bytes.end());
}

uint64_t MicrosOf(absl::Time time) {
  return static_cast<uint64_t>(absl::ToUnixMicros(time));
}

KeyRecord Wrapped(const KeyScope& scope, BlobHeader name, absl::Time now,
                  const SealingKey& wrapping, const Secret& secret) {
  KeyRecord record;
  record.scope = scope;
  record.name = name;
  record.created_at_micros = MicrosOf(now);
  record.wrapped = Seal(wrapping, AssociatedWith(record), secret.bytes());
  return record;
}

absl::StatusOr<Secret> Unwrapped(const SealingKey& wrapping,
                                 const KeyRecord& record) {
  absl::StatusOr<std::string> opened =
      Open(wrapping, AssociatedWith(record), record.wrapped);
  if (!opened.ok()) {
    return absl::DataLossError(absl::StrCat("key ", record.name.key_id,
                                            ", epoch ", record.name.epoch,
                                            ", of the key store is damaged"));
  }
  Secret secret = Secret::CopyOf(*opened);
  crypto::Wipe(*opened);
  return secret;
}

// Says whether there is a file already; other errors of reading are left to who
// opens it.
bool IsThere(const std::string& path) {
  return !absl::IsNotFound(DurableFile::Open(path).status());
}

absl::Status AlreadyThere(absl::string_view folder) {
  return absl::AlreadyExistsError(
      absl::StrCat("there is a key store in ", folder));
}

}  // namespace

KeyStore::KeyStore(std::string path, std::unique_ptr<FolderLock> folder,
                   const Secret& root, crypto::KeyRing& ring)
    : path_(std::move(path)),
      folder_(std::move(folder)),
      ring_(ring),
      root_(RootKeyOf(root)) {}

absl::Status KeyStore::Create(const std::string& folder, const Secret& root,
                              absl::Time now) {
  RETURN_IF_ERROR(MakeFolder(folder));
  ASSIGN_OR_RETURN(const std::unique_ptr<FolderLock> lock,
                   FolderLock::Take(folder));
  const std::string path = absl::StrCat(folder, kFileName);
  if (IsThere(path)) {
    return AlreadyThere(folder);
  }
  const std::shared_ptr<const SealingKey> wrapping = RootKeyOf(root);
  KeyFile file;
  file.header.store_id = RandomId();
  file.header.incarnation = RandomId();
  file.header.proof = Seal(*wrapping, AssociatedWith(file.header), "");
  file.records.push_back(Wrapped(KeyScope::Server(),
                                 {.key_id = 1, .epoch = kFirstEpoch}, now,
                                 *wrapping, Secret::Random(crypto::kKeyBytes)));
  return DurableFile::Replace(path, EncodeKeyFile(file)).status();
}

absl::Status KeyStore::Restore(const std::string& folder,
                               absl::string_view image) {
  RETURN_IF_ERROR(ParseKeyFile(image).status());
  RETURN_IF_ERROR(MakeFolder(folder));
  ASSIGN_OR_RETURN(const std::unique_ptr<FolderLock> lock,
                   FolderLock::Take(folder));
  const std::string path = absl::StrCat(folder, kFileName);
  if (IsThere(path)) {
    return AlreadyThere(folder);
  }
  return DurableFile::Replace(path, image).status();
}

absl::StatusOr<std::unique_ptr<KeyStore>> KeyStore::Open(
    const std::string& folder, const Secret& root, crypto::KeyRing& ring) {
  const std::string path = absl::StrCat(folder, kFileName);
  if (!IsThere(path)) {
    return absl::NotFoundError(
        absl::StrCat("there is no key store in ", folder));
  }
  ASSIGN_OR_RETURN(std::unique_ptr<FolderLock> lock, FolderLock::Take(folder));
  std::unique_ptr<KeyStore> store(
      new KeyStore(path, std::move(lock), root, ring));
  MutexLock guard(store->mutex_);
  RETURN_IF_ERROR(store->Load());
  return store;
}

absl::Status KeyStore::Load() {
  ASSIGN_OR_RETURN(const std::string bytes, ReadWholeFile(path_));
  ASSIGN_OR_RETURN(file_, ParseKeyFile(bytes));
  if (!crypto::Open(*root_, AssociatedWith(file_.header), file_.header.proof)
           .ok()) {
    return absl::UnauthenticatedError(
        "the root key does not open this key store");
  }
  ASSIGN_OR_RETURN(disk_, DurableFile::Open(path_));
  torn_bytes_ = file_.torn_bytes;
  if (torn_bytes_ > 0) {
    RETURN_IF_ERROR(disk_->Truncate(bytes.size() - torn_bytes_));
  }
  absl::flat_hash_set<std::pair<uint32_t, uint32_t>> seen;
  for (const KeyRecord& record : file_.records) {
    if (!seen.emplace(record.name.key_id, record.name.epoch).second) {
      return absl::DataLossError(
          absl::StrCat("the key store has key ", record.name.key_id, " twice"));
    }
    BlobHeader& newest = newest_[record.scope];
    newest = {record.name.key_id, std::max(newest.epoch, record.name.epoch)};
    last_key_id_ = std::max(last_key_id_, record.name.key_id);
    if (record.IsAlive()) {
      RETURN_IF_ERROR(OpenSecret(record));
    }
  }
  return absl::OkStatus();
}

absl::Status KeyStore::OpenSecret(const KeyRecord& record) {
  std::shared_ptr<const SealingKey> wrapping = root_;
  if (record.scope.IsGroup()) {
    ASSIGN_OR_RETURN(const BlobHeader name,
                     crypto::ParseHeader(record.wrapped));
    wrapping = ring_.Find(name, SealUse::kKeys);
    if (wrapping == nullptr) {
      return absl::DataLossError(
          absl::StrCat("key ", record.name.key_id,
                       " of the key store is wrapped by no known key"));
    }
  }
  ASSIGN_OR_RETURN(const Secret secret, Unwrapped(*wrapping, record));
  ring_.Add(record.scope, record.name, secret);
  return absl::OkStatus();
}

absl::Status KeyStore::CreateNetworkKey(const NetworkId& network,
                                        absl::Time now) {
  return CreateKey(KeyScope::Network(network), now);
}

absl::Status KeyStore::CreateGroupKey(const NetworkId& network,
                                      const GroupId& group, absl::Time now) {
  return CreateKey(KeyScope::Group(network, group), now);
}

absl::Status KeyStore::CreateKey(const KeyScope& scope, absl::Time now) {
  MutexLock lock(mutex_);
  RETURN_IF_ERROR(CheckWritable());
  if (newest_.contains(scope)) {
    return absl::AlreadyExistsError("this network or group has or had a key");
  }
  std::shared_ptr<const SealingKey> wrapping = root_;
  if (scope.IsGroup()) {
    wrapping = ring_.Current(KeyScope::Network(scope.network), SealUse::kKeys);
    if (wrapping == nullptr) {
      return absl::NotFoundError("the network has no key");
    }
  }
  const Secret secret = Secret::Random(crypto::kKeyBytes);
  const BlobHeader name = {.key_id = last_key_id_ + 1, .epoch = kFirstEpoch};
  RETURN_IF_ERROR(Append(Wrapped(scope, name, now, *wrapping, secret)));
  last_key_id_ = name.key_id;
  newest_[scope] = name;
  ring_.Add(scope, name, secret);
  return absl::OkStatus();
}

std::vector<LivingGroupKey> KeyStore::ListGroupKeys() const {
  MutexLock lock(mutex_);
  std::vector<LivingGroupKey> keys;
  for (const KeyRecord& record : file_.records) {
    if (record.scope.IsGroup() && record.IsAlive() &&
        record.name.epoch == kFirstEpoch) {
      keys.push_back({record.scope, absl::FromUnixMicros(static_cast<int64_t>(
                                        record.created_at_micros))});
    }
  }
  return keys;
}

absl::Status KeyStore::DestroyGroupKeys(const std::vector<KeyScope>& groups,
                                        absl::Time now) {
  MutexLock lock(mutex_);
  RETURN_IF_ERROR(CheckWritable());
  absl::flat_hash_set<KeyScope> wanted(groups.begin(), groups.end());
  absl::flat_hash_set<KeyScope> found;
  KeyFile next = file_;
  for (KeyRecord& record : next.records) {
    if (record.scope.IsGroup() && record.IsAlive() &&
        wanted.contains(record.scope)) {
      record.destroyed_at_micros = std::max<uint64_t>(MicrosOf(now), 1);
      record.wrapped.assign(record.wrapped.size(), '\0');
      found.insert(record.scope);
    }
  }
  if (found.size() != wanted.size()) {
    return absl::NotFoundError("one of the groups has no key");
  }
  RETURN_IF_ERROR(Rewrite(std::move(next)));
  for (const KeyScope& scope : found) {
    ring_.Remove(scope);
  }
  return absl::OkStatus();
}

absl::Status KeyStore::StartNewEpochs(absl::Time now) {
  MutexLock lock(mutex_);
  RETURN_IF_ERROR(CheckWritable());
  KeyFile next = file_;
  next.header.incarnation = RandomId();
  next.header.proof = Seal(*root_, AssociatedWith(next.header), "");
  std::vector<std::pair<KeyScope, BlobHeader>> names;
  std::vector<Secret> secrets;
  absl::flat_hash_map<NetworkId, std::shared_ptr<const SealingKey>> wrapping;
  // A network's first record stands in the file before those of its groups.
  for (const KeyRecord& record : file_.records) {
    if (!record.IsAlive() || record.name.epoch != kFirstEpoch) {
      continue;
    }
    BlobHeader name = newest_[record.scope];
    ++name.epoch;
    Secret secret = Secret::Random(crypto::kKeyBytes);
    const SealingKey& over =
        record.scope.IsGroup() ? *wrapping[record.scope.network] : *root_;
    next.records.push_back(Wrapped(record.scope, name, now, over, secret));
    if (!record.scope.IsGroup()) {
      wrapping[record.scope.network] =
          DeriveSealingKey(name, secret, SealUse::kKeys);
    }
    names.emplace_back(record.scope, name);
    secrets.push_back(std::move(secret));
  }
  RETURN_IF_ERROR(Rewrite(std::move(next)));
  for (size_t i = 0; i < names.size(); ++i) {
    const auto& [scope, name] = names[i];
    newest_[scope] = name;
    ring_.Add(scope, name, secrets[i]);
  }
  return absl::OkStatus();
}

absl::Status KeyStore::RewrapUnder(const Secret& root) {
  MutexLock lock(mutex_);
  RETURN_IF_ERROR(CheckWritable());
  std::shared_ptr<const SealingKey> new_root = RootKeyOf(root);
  KeyFile next = file_;
  next.header.proof = Seal(*new_root, AssociatedWith(next.header), "");
  for (KeyRecord& record : next.records) {
    if (record.IsAlive() && !record.scope.IsGroup()) {
      ASSIGN_OR_RETURN(const Secret secret, Unwrapped(*root_, record));
      record.wrapped = Seal(*new_root, AssociatedWith(record), secret.bytes());
    }
  }
  RETURN_IF_ERROR(Rewrite(std::move(next)));
  root_ = std::move(new_root);
  return absl::OkStatus();
}

std::string KeyStore::Image() const {
  MutexLock lock(mutex_);
  KeyFile copy = file_;
  return EncodeKeyFile(copy);
}

std::string KeyStore::StoreId() const {
  MutexLock lock(mutex_);
  return file_.header.store_id;
}

std::string KeyStore::Incarnation() const {
  MutexLock lock(mutex_);
  return file_.header.incarnation;
}

absl::Status KeyStore::Append(const KeyRecord& record) {
  std::string checksum = file_.checksum;
  RETURN_IF_ERROR(Judge(disk_->Append(EncodeRecord(record, checksum))));
  file_.checksum = std::move(checksum);
  file_.records.push_back(record);
  return absl::OkStatus();
}

absl::Status KeyStore::Rewrite(KeyFile next) {
  absl::StatusOr<std::unique_ptr<DurableFile>> replaced =
      DurableFile::Replace(path_, EncodeKeyFile(next));
  RETURN_IF_ERROR(Judge(replaced.status()));
  const std::unique_ptr<DurableFile> old =
      std::exchange(disk_, *std::move(replaced));
  file_ = std::move(next);
  // The old file has no name any more; a disk that does not let us wipe it
  // changes nothing in what the new one says.
  old->Erase().IgnoreError();
  return absl::OkStatus();
}

absl::Status KeyStore::CheckWritable() const {
  if (fenced_) {
    return absl::InternalError(
        "the key store is closed to changes after an error of its disk");
  }
  return absl::OkStatus();
}

absl::Status KeyStore::Judge(absl::Status status) {
  if (!status.ok() && !absl::IsResourceExhausted(status)) {
    fenced_ = true;
  }
  return status;
}

}  // namespace renkei::storage
