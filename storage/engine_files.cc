#include "storage/engine_files.h"

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "rocksdb/env.h"
#include "rocksdb/status.h"
#include "storage/base/status_macros.h"

namespace renkei::storage {

absl::Status FromRocks(const rocksdb::Status& status) {
  if (status.ok()) {
    return absl::OkStatus();
  }
  const std::string text = status.ToString();
  if (status.IsNotFound()) {
    return absl::NotFoundError(text);
  }
  if (status.IsCorruption()) {
    return absl::DataLossError(text);
  }
  if (status.IsNoSpace()) {
    return absl::ResourceExhaustedError(absl::StrCat("disk full: ", text));
  }
  return absl::UnavailableError(text);
}

absl::Status ReplaceFile(Disk& disk, const std::string& path,
                         absl::string_view bytes) {
  const std::string fresh = absl::StrCat(path, ".new");
  RETURN_IF_ERROR(FromRocks(rocksdb::WriteStringToFile(
      &disk, rocksdb::Slice(bytes.data(), bytes.size()), fresh,
      /*should_sync=*/true)));
  RETURN_IF_ERROR(FromRocks(disk.RenameFile(fresh, path)));
  return SyncFolderOf(disk, path);
}

absl::Status SyncFolderOf(Disk& disk, const std::string& path) {
  const size_t slash = path.rfind('/');
  std::unique_ptr<rocksdb::Directory> folder;
  RETURN_IF_ERROR(FromRocks(disk.NewDirectory(
      slash == std::string::npos ? "." : path.substr(0, slash + 1), &folder)));
  return FromRocks(folder->Fsync());
}

absl::StatusOr<std::vector<std::string>> ListFolder(Disk& disk,
                                                    const std::string& folder) {
  std::vector<std::string> names;
  RETURN_IF_ERROR(FromRocks(disk.GetChildren(folder, &names)));
  std::erase_if(names, [](const std::string& name) {
    return name == "." || name == "..";
  });
  std::sort(names.begin(), names.end());
  return names;
}

absl::Status ClearFolder(Disk& disk, const std::string& folder) {
  if (!disk.FileExists(folder).ok()) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> names,
                   ListFolder(disk, folder));
  for (const std::string& name : names) {
    RETURN_IF_ERROR(
        FromRocks(disk.DeleteFile(absl::StrCat(folder, "/", name))));
  }
  return absl::OkStatus();
}

}  // namespace renkei::storage
