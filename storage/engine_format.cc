#include "storage/engine_format.h"

#include <cstdint>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "rocksdb/env.h"
#include "storage/base/status_macros.h"
#include "storage/engine_files.h"
#include "storage/schema.h"

namespace renkei::storage {
namespace {

std::string PathIn(const std::string& directory) {
  return directory + "/FORMAT";
}

std::string TextFor(absl::string_view store_id) {
  return absl::StrCat("renkei store\nformat ", kFormat, "\nkeys ",
                      absl::BytesToHexString(store_id), "\n");
}

absl::StatusOr<std::string> Read(Disk& disk, const std::string& path) {
  std::string text;
  RETURN_IF_ERROR(FromRocks(rocksdb::ReadFileToString(&disk, path, &text)));
  return text;
}

// Of the line that names it.
bool IsReadable(absl::string_view line) {
  uint32_t format = 0;
  return absl::ConsumePrefix(&line, "format ") &&
         absl::SimpleAtoi(line, &format) && format >= kFormatMin &&
         format <= kFormat;
}

// Asked to create a database, RocksDB sweeps away what it finds: where CURRENT
// is gone and rows are there, it must not be asked.
absl::Status CheckNothingWasLost(Disk& disk, const std::string& directory) {
  std::vector<std::string> names;
  RETURN_IF_ERROR(FromRocks(disk.GetChildren(directory, &names)));
  for (const std::string& name : names) {
    if (absl::EndsWith(name, ".sst") || absl::EndsWith(name, ".log")) {
      return absl::DataLossError(absl::StrCat(
          directory, " holds a database without its CURRENT file"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status PrepareFormat(Disk& disk, const std::string& directory,
                           absl::string_view store_id, bool has_database) {
  RETURN_IF_ERROR(FromRocks(disk.CreateDirIfMissing(directory)));
  if (!has_database) {
    RETURN_IF_ERROR(CheckNothingWasLost(disk, directory));
  }
  const std::string path = PathIn(directory);
  if (disk.FileExists(path).IsNotFound()) {
    return has_database
               ? absl::FailedPreconditionError(absl::StrCat(
                     directory, " holds a database without a FORMAT file"))
               : WriteFormat(disk, directory, store_id);
  }
  ASSIGN_OR_RETURN(const std::string found, Read(disk, path));
  const std::vector<std::string> lines = absl::StrSplit(found, '\n');
  const std::vector<std::string> wanted =
      absl::StrSplit(TextFor(store_id), '\n');
  if (lines.size() != wanted.size() || lines[0] != wanted[0]) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is not the FORMAT file of a Renkei store"));
  }
  if (!IsReadable(lines[1])) {
    return absl::FailedPreconditionError(
        absl::StrCat(directory, " holds a store of ", lines[1],
                     "; this program reads formats ", kFormatMin, " to ",
                     kFormat, ": start the one that wrote it, or a later one"));
  }
  if (lines[2] != wanted[2]) {
    return absl::FailedPreconditionError(
        absl::StrCat(directory, " belongs to another key store"));
  }
  return absl::OkStatus();
}

absl::Status WriteFormat(Disk& disk, const std::string& directory,
                         absl::string_view store_id) {
  const std::string path = PathIn(directory);
  const std::string text = TextFor(store_id);
  if (!disk.FileExists(path).IsNotFound()) {
    ASSIGN_OR_RETURN(const std::string found, Read(disk, path));
    if (found == text) {
      return absl::OkStatus();
    }
  }
  RETURN_IF_ERROR(ReplaceFile(disk, path, text));
  return SyncFolderOf(disk, directory);
}

}  // namespace renkei::storage
