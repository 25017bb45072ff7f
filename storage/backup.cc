#include "storage/backup.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rocksdb/env.h"
#include "storage/backup_checkpoint.h"
#include "storage/backup_file.h"
#include "storage/base/status_macros.h"
#include "storage/engine_files.h"
#include "storage/schema.h"

namespace renkei::storage {
namespace {

constexpr char kPartialSuffix[] = ".partial";

// What a backup that was cut short left.
absl::Status RemovePartials(Disk& disk, const std::string& folder) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names,
                   ListFolder(disk, folder));
  for (const std::string& name : names) {
    if (absl::EndsWith(name, absl::StrCat(kBackupSuffix, kPartialSuffix))) {
      RETURN_IF_ERROR(
          FromRocks(disk.DeleteFile(absl::StrCat(folder, "/", name))));
    }
  }
  return absl::OkStatus();
}

absl::Status PrepareFolder(Disk& disk, const std::string& folder) {
  const bool is_there = disk.FileExists(folder).ok();
  absl::Status prepared = FromRocks(disk.CreateDirIfMissing(folder));
  if (prepared.ok()) {
    prepared =
        is_there ? RemovePartials(disk, folder) : SyncFolderOf(disk, folder);
  }
  return prepared.ok() ? prepared
                       : absl::InvalidArgumentError(absl::StrCat(
                             "a folder for backups: ", prepared.message()));
}

// A backup must not take the space that the server needs, on whichever disk.
absl::Status CheckRoom(const Store& store, const std::string& folder,
                       uint64_t bytes) {
  uint64_t free_bytes = 0;
  if (!store.disk().GetFreeSpace(folder, &free_bytes).ok() ||
      free_bytes >= bytes + store.disk_low_water_bytes()) {
    return absl::OkStatus();
  }
  return absl::ResourceExhaustedError(
      absl::StrCat("disk space is low: ", free_bytes, " bytes are free at ",
                   folder, ", the backup takes ", bytes, " and ",
                   store.disk_low_water_bytes(), " are to stay free"));
}

void NoteLogSizes(const std::map<NetworkId, uint64_t>& sizes,
                  v1::BackupManifest& manifest) {
  for (const auto& [network, events] : sizes) {
    v1::BackupLogSize& log = *manifest.add_log_sizes();
    log.set_network(std::string(network.bytes()));
    log.set_events(events);
  }
}

absl::Status WriteParts(const BackupCheckpoint& checkpoint,
                        const KeyStore& keys, const BackupOrder& order,
                        BackupWriter& writer, v1::BackupManifest& manifest) {
  for (const std::string& name : checkpoint.names()) {
    ASSIGN_OR_RETURN(
        *manifest.add_files(),
        writer.AddFile(absl::StrCat(kDatabasePrefix, name),
                       absl::StrCat(checkpoint.folder(), "/", name),
                       order.called_off));
  }
  // After the checkpoint, so that no record there lacks its key.
  RETURN_IF_ERROR(writer.AddBytes(kKeysPart, keys.Image()).status());
  RETURN_IF_ERROR(
      writer.AddBytes(kManifestPart, manifest.SerializeAsString()).status());
  return writer.Finish();
}

// Reads the file as a restore would, without putting anything anywhere.
absl::Status ReadAgain(Disk& disk, const std::string& path,
                       const crypto::Secret& backup_key,
                       const std::function<bool()>& called_off) {
  const auto begin = [](absl::string_view, uint64_t) {
    return absl::OkStatus();
  };
  const auto append = [&called_off](absl::string_view) {
    return called_off() ? absl::CancelledError("the backup was called off")
                        : absl::OkStatus();
  };
  return ReadBackup(disk, path, backup_key, {.begin = begin, .append = append});
}

absl::StatusOr<v1::BackupManifest> BeginManifest(const Store& store,
                                                 const KeyStore& keys,
                                                 absl::Time now) {
  v1::BackupManifest manifest;
  manifest.set_store_id(keys.StoreId());
  manifest.set_made_at_micros(absl::ToUnixMicros(now));
  std::map<NetworkId, uint64_t> sizes;
  RETURN_IF_ERROR(store.Read().Scan(
      kNetworkHeads, KeysUnder(kNetworkHeads), Direction::kForward,
      [&](const NetworkKey& key, const v1::NetworkHeadRecord& head) {
        sizes[key.network] = head.audit_size();
        return true;
      }));
  NoteLogSizes(sizes, manifest);
  return manifest;
}

}  // namespace

crypto::Secret BackupKeyOf(const crypto::Secret& root) {
  return crypto::DeriveKey(root, "renkei backups");
}

absl::StatusOr<BackupSummary> WriteBackup(Store& store, const KeyStore& keys,
                                          const crypto::Secret& backup_key,
                                          const BackupOrder& order) {
  Disk& disk = store.disk();
  RETURN_IF_ERROR(CheckRoom(store, store.directory(), 0));
  RETURN_IF_ERROR(PrepareFolder(disk, order.folder));
  const std::string path = absl::StrCat(
      order.folder, "/",
      absl::FormatTime("%Y%m%dT%H%M%E6SZ", order.now, absl::UTCTimeZone()),
      kBackupSuffix);
  if (!disk.FileExists(path).IsNotFound()) {
    return absl::AlreadyExistsError(absl::StrCat(path, ": is there"));
  }
  // Before the checkpoint: the logs have at least these sizes there.
  ASSIGN_OR_RETURN(v1::BackupManifest manifest,
                   BeginManifest(store, keys, order.now));
  ASSIGN_OR_RETURN(const std::unique_ptr<BackupCheckpoint> checkpoint,
                   BackupCheckpoint::Make(store));
  ASSIGN_OR_RETURN(const uint64_t bytes, checkpoint->Bytes());
  RETURN_IF_ERROR(CheckRoom(store, order.folder, bytes));
  ASSIGN_OR_RETURN(const uint64_t records,
                   checkpoint->CountRecords(order.called_off));
  manifest.set_records(records);

  const std::string partial = absl::StrCat(path, kPartialSuffix);
  // What stays of it is removed by the next backup.
  const absl::Cleanup tidy = [&] {
    disk.DeleteFile(partial).PermitUncheckedError();
  };
  ASSIGN_OR_RETURN(const std::unique_ptr<BackupWriter> writer,
                   BackupWriter::Create(disk, partial, backup_key));
  RETURN_IF_ERROR(WriteParts(*checkpoint, keys, order, *writer, manifest));
  RETURN_IF_ERROR(ReadAgain(disk, partial, backup_key, order.called_off));
  RETURN_IF_ERROR(FromRocks(disk.RenameFile(partial, path)));
  RETURN_IF_ERROR(SyncFolderOf(disk, path));
  return BackupSummary{path, order.now, writer->bytes_written(), records};
}

absl::StatusOr<std::string> NewestBackup(Disk& disk,
                                         const std::string& folder) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names,
                   ListFolder(disk, folder));
  std::string newest;
  for (const std::string& name : names) {
    if (absl::EndsWith(name, kBackupSuffix)) {
      newest = absl::StrCat(folder, "/", name);
    }
  }
  if (newest.empty()) {
    return absl::NotFoundError(absl::StrCat("there is no backup in ", folder));
  }
  return newest;
}

}  // namespace renkei::storage
