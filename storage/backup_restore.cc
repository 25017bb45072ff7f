// RestoreBackup of storage/backup.h.
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "rocksdb/env.h"
#include "storage/backup.h"
#include "storage/backup_file.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/hash.h"
#include "storage/crypto/key_ring.h"
#include "storage/crypto/random.h"
#include "storage/engine_files.h"
#include "storage/log_sizes.h"
#include "storage/schema.h"

namespace renkei::storage {
namespace {

// The database does not open without this file: it gets its name last.
constexpr absl::string_view kFormatName = "FORMAT";
constexpr char kWaitingSuffix[] = ".restored";
constexpr char kMarkFile[] = "/RESTORED";

absl::Status CheckEmpty(Disk& disk, const std::string& folder) {
  if (!disk.FileExists(folder).ok()) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> names,
                   ListFolder(disk, folder));
  return names.empty() ? absl::OkStatus()
                       : absl::FailedPreconditionError(absl::StrCat(
                             folder, " is not empty: nothing was restored"));
}

absl::StatusOr<v1::BackupFile> Reread(Disk& disk, const std::string& path) {
  v1::BackupFile found;
  crypto::Sha256Hasher hasher;
  RETURN_IF_ERROR(
      ReadPortions(disk, path, [&](absl::string_view portion) -> absl::Status {
        found.set_bytes(found.bytes() + portion.size());
        hasher.Update(portion);
        return absl::OkStatus();
      }));
  found.set_sha256(std::string(hasher.Finish().bytes()));
  return found;
}

// Puts the parts of one backup where they belong. What it put there goes with
// it, unless it is told to keep it.
class Restoration {
 public:
  Restoration(Disk& disk, const RestoreTarget& target)
      : disk_(disk), target_(target) {}
  ~Restoration() {
    if (begun_ && !kept_) {
      Undo();
    }
  }

  absl::Status CheckTarget() const;
  absl::Status Extract(const std::string& path, const crypto::Secret& key);
  absl::Status CheckFiles() const;
  // From here on the store opens.
  absl::Status PlaceKeys(const crypto::Secret& root, absl::Time now);
  // Opens every record, as a server would; gives the sizes of the audit logs.
  absl::StatusOr<LogSizes::Sizes> CheckRecords(const crypto::Secret& root,
                                               absl::Time now) const;
  absl::Status PlaceLogSizes(const LogSizes::Sizes& sizes) const {
    return LogSizes::Create(disk_, target_.log_sizes_path, sizes);
  }
  void Keep() { kept_ = true; }

  const v1::BackupManifest& manifest() const { return manifest_; }

 private:
  absl::Status BeginPart(absl::string_view name);
  absl::Status AppendPart(absl::string_view bytes);
  absl::Status EndFile();
  std::string PathOf(absl::string_view name) const {
    return absl::StrCat(target_.data_folder, "/", name,
                        name == kFormatName ? kWaitingSuffix : "");
  }
  void Undo();

  Disk& disk_;
  const RestoreTarget& target_;
  bool begun_ = false;
  bool kept_ = false;
  std::unique_ptr<rocksdb::WritableFile> file_;  // the part that is being read
  std::string* into_ = nullptr;                  // or where else it goes
  uint64_t file_bytes_ = 0;
  std::string key_image_;
  std::string manifest_bytes_;
  v1::BackupManifest manifest_;
};

absl::Status Restoration::CheckTarget() const {
  RETURN_IF_ERROR(CheckEmpty(disk_, target_.data_folder));
  // The key store knows the machine's own disk only.
  RETURN_IF_ERROR(CheckEmpty(MachineDisk(), target_.key_folder));
  return LogSizes::IsThere(disk_, target_.log_sizes_path)
             ? absl::FailedPreconditionError(absl::StrCat(
                   target_.log_sizes_path, " is there: nothing was restored"))
             : absl::OkStatus();
}

absl::Status Restoration::Extract(const std::string& path,
                                  const crypto::Secret& key) {
  begun_ = true;
  RETURN_IF_ERROR(FromRocks(disk_.GetFileSize(path, &file_bytes_)));
  RETURN_IF_ERROR(FromRocks(disk_.CreateDirIfMissing(target_.data_folder)));
  const auto begin = [this](absl::string_view name, uint64_t) {
    return BeginPart(name);
  };
  const auto append = [this](absl::string_view bytes) {
    return AppendPart(bytes);
  };
  RETURN_IF_ERROR(
      ReadBackup(disk_, path, key, {.begin = begin, .append = append}));
  RETURN_IF_ERROR(EndFile());
  RETURN_IF_ERROR(SyncFolderOf(disk_, PathOf(kFormatName)));
  return manifest_.ParseFromString(manifest_bytes_)
             ? absl::OkStatus()
             : absl::DataLossError("the backup's manifest is not readable");
}

absl::Status Restoration::BeginPart(absl::string_view name) {
  RETURN_IF_ERROR(EndFile());
  into_ = name == kKeysPart       ? &key_image_
          : name == kManifestPart ? &manifest_bytes_
                                  : nullptr;
  if (into_ != nullptr) {
    return absl::OkStatus();
  }
  if (!absl::ConsumePrefix(&name, kDatabasePrefix) || name.empty() ||
      name[0] == '.' || name.find('/') != absl::string_view::npos) {
    return absl::DataLossError("a part of the backup has no place");
  }
  return FromRocks(
      disk_.NewWritableFile(PathOf(name), &file_, rocksdb::EnvOptions()));
}

absl::Status Restoration::AppendPart(absl::string_view bytes) {
  if (into_ != nullptr) {
    into_->append(bytes.data(), bytes.size());
    return absl::OkStatus();
  }
  return FromRocks(file_->Append(rocksdb::Slice(bytes.data(), bytes.size())));
}

absl::Status Restoration::EndFile() {
  if (file_ == nullptr) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(FromRocks(file_->Sync()));
  RETURN_IF_ERROR(FromRocks(file_->Close()));
  file_.reset();
  return absl::OkStatus();
}

absl::Status Restoration::CheckFiles() const {
  ASSIGN_OR_RETURN(const std::vector<std::string> names,
                   ListFolder(disk_, target_.data_folder));
  if (names.size() != static_cast<size_t>(manifest_.files_size())) {
    return absl::DataLossError("the backup has not the files that it lists");
  }
  for (const v1::BackupFile& listed : manifest_.files()) {
    absl::string_view name = listed.name();
    absl::ConsumePrefix(&name, kDatabasePrefix);
    ASSIGN_OR_RETURN(const v1::BackupFile found, Reread(disk_, PathOf(name)));
    if (found.bytes() != listed.bytes() || found.sha256() != listed.sha256()) {
      return absl::DataLossError(
          absl::StrCat(PathOf(name), " is not what the backup lists"));
    }
  }
  return absl::OkStatus();
}

absl::Status Restoration::PlaceKeys(const crypto::Secret& root,
                                    absl::Time now) {
  LogSizes::Sizes at_least;
  for (const v1::BackupLogSize& log : manifest_.log_sizes()) {
    if (const auto network = NetworkId::FromBytes(log.network())) {
      at_least[*network] = log.events();
    }
  }
  RETURN_IF_ERROR(PlaceLogSizes(at_least));
  RETURN_IF_ERROR(KeyStore::Restore(target_.key_folder, key_image_));
  crypto::KeyRing ring;
  ASSIGN_OR_RETURN(const std::unique_ptr<KeyStore> keys,
                   KeyStore::Open(target_.key_folder, root, ring));
  // The lost future of the backup has used the epochs there were.
  RETURN_IF_ERROR(keys->StartNewEpochs(now));
  v1::RestoreMark mark;
  mark.set_made_at_micros(manifest_.made_at_micros());
  mark.set_restored_at_micros(absl::ToUnixMicros(now));
  mark.set_records(manifest_.records());
  mark.set_file_bytes(file_bytes_);
  RETURN_IF_ERROR(ReplaceFile(disk_, target_.data_folder + kMarkFile,
                              mark.SerializeAsString()));
  const std::string format =
      absl::StrCat(target_.data_folder, "/", kFormatName);
  RETURN_IF_ERROR(FromRocks(disk_.RenameFile(PathOf(kFormatName), format)));
  return SyncFolderOf(disk_, format);
}

absl::StatusOr<LogSizes::Sizes> Restoration::CheckRecords(
    const crypto::Secret& root, absl::Time now) const {
  crypto::KeyRing ring;
  ASSIGN_OR_RETURN(const std::unique_ptr<KeyStore> keys,
                   KeyStore::Open(target_.key_folder, root, ring));
  StoreOptions options;
  options.directory = target_.data_folder;
  options.log_sizes_path = target_.log_sizes_path;
  options.store_id = keys->StoreId();
  options.disk = &disk_;
  options.clock = [now] { return now; };
  options.random = crypto::FillRandom;
  ASSIGN_OR_RETURN(const std::unique_ptr<Store> store,
                   Store::Open(std::move(options), ring));
  const Snapshot view = store->Read();
  uint64_t records = 0;
  for (const TableFacts& table : kTables) {
    ASSIGN_OR_RETURN(const uint64_t readable, view.CountReadable(table));
    records += readable;
  }
  if (records != manifest_.records()) {
    return absl::DataLossError(absl::StrCat("the backup was made of ",
                                            manifest_.records(),
                                            " records and has ", records));
  }
  LogSizes::Sizes sizes;
  RETURN_IF_ERROR(
      view.Scan(kNetworkHeads, KeysUnder(kNetworkHeads), Direction::kForward,
                [&](const NetworkKey& key, const v1::NetworkHeadRecord& head) {
                  sizes[key.network] = head.audit_size();
                  return true;
                }));
  for (const auto& [network, events] : store->NotedLogSizes()) {
    if (sizes[network] < events) {
      return absl::DataLossError(
          absl::StrCat("the audit log of network ", network.ToText(), " had ",
                       events, " events and has ", sizes[network]));
    }
  }
  return sizes;
}

// As good as it goes; what stays is refused by the next restore.
void Restoration::Undo() {
  file_.reset();
  ClearFolder(disk_, target_.data_folder).IgnoreError();
  ClearFolder(MachineDisk(), target_.key_folder).IgnoreError();
  disk_.DeleteFile(target_.log_sizes_path).PermitUncheckedError();
}

}  // namespace

absl::StatusOr<RestoreSummary> RestoreBackup(Disk& disk,
                                             const std::string& path,
                                             const crypto::Secret& root,
                                             const RestoreTarget& target,
                                             absl::Time now) {
  Restoration restoration(disk, target);
  RETURN_IF_ERROR(restoration.CheckTarget());
  RETURN_IF_ERROR(restoration.Extract(path, BackupKeyOf(root)));
  RETURN_IF_ERROR(restoration.CheckFiles());
  RETURN_IF_ERROR(restoration.PlaceKeys(root, now));
  ASSIGN_OR_RETURN(LogSizes::Sizes sizes, restoration.CheckRecords(root, now));
  RETURN_IF_ERROR(restoration.PlaceLogSizes(sizes));
  restoration.Keep();
  const v1::BackupManifest& manifest = restoration.manifest();
  return RestoreSummary{path, absl::FromUnixMicros(manifest.made_at_micros()),
                        manifest.records(), std::move(sizes)};
}

absl::StatusOr<std::optional<v1::RestoreMark>> FindRestoreMark(
    Disk& disk, const std::string& data_folder) {
  const std::string path = data_folder + kMarkFile;
  if (disk.FileExists(path).IsNotFound()) {
    return std::optional<v1::RestoreMark>();
  }
  std::string bytes;
  RETURN_IF_ERROR(FromRocks(rocksdb::ReadFileToString(&disk, path, &bytes)));
  v1::RestoreMark mark;
  if (!mark.ParseFromString(bytes)) {
    return absl::DataLossError(absl::StrCat(path, " is not readable"));
  }
  return std::optional<v1::RestoreMark>(std::move(mark));
}

absl::Status RemoveRestoreMark(Disk& disk, const std::string& data_folder) {
  const std::string path = data_folder + kMarkFile;
  RETURN_IF_ERROR(FromRocks(disk.DeleteFile(path)));
  return SyncFolderOf(disk, path);
}

}  // namespace renkei::storage
