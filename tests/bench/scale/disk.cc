#include "tests/bench/scale/disk.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <memory>

#include "absl/strings/str_cat.h"
#include "rocksdb/db.h"
#include "storage/schema.h"

namespace renkei::bench {
namespace {

constexpr std::array<const char*, 3> kFamilies = {"entities", "timeline",
                                                  "audit"};

uint64_t SumOfFiles(
    const std::string& folder,
    const std::function<bool(const std::filesystem::path&)>& counts) {
  uint64_t bytes = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && counts(entry.path())) {
      bytes += entry.file_size();
    }
  }
  return bytes;
}

}  // namespace

uint64_t BytesBelow(const std::string& folder) {
  return SumOfFiles(folder, [](const std::filesystem::path&) { return true; });
}

uint64_t LogBytesIn(const std::string& folder) {
  return SumOfFiles(folder, [](const std::filesystem::path& path) {
    return path.extension() == ".log";
  });
}

absl::Status ForgetFilesBelow(const std::string& folder) {
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) {
      continue;
    }
    const int file = open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
    const bool forgotten = file >= 0 && fsync(file) == 0 &&
                           posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) == 0;
    close(file);
    if (!forgotten) {
      return absl::UnavailableError(
          absl::StrCat("cannot forget ", entry.path().string()));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<TableBytes>> MeasureTables(
    const std::string& folder) {
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  descriptors.emplace_back(rocksdb::kDefaultColumnFamilyName,
                           rocksdb::ColumnFamilyOptions());
  for (const char* family : kFamilies) {
    descriptors.emplace_back(family, rocksdb::ColumnFamilyOptions());
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = rocksdb::DB::OpenForReadOnly(
      rocksdb::DBOptions(), folder, descriptors, &handles, &opened);
  if (!status.ok()) {
    return absl::UnavailableError(status.ToString());
  }
  const std::unique_ptr<rocksdb::DB> db(opened);
  std::vector<TableBytes> tables;
  for (const storage::TableFacts& facts : storage::kTables) {
    const std::string from(1, facts.prefix);
    const std::string to(1, static_cast<char>(facts.prefix + 1));
    const rocksdb::Range range(from, to);
    const auto family = static_cast<size_t>(facts.family);
    uint64_t bytes = 0;
    db->GetApproximateSizes(handles[family + 1], &range, 1, &bytes);
    tables.push_back({kFamilies[family], facts.name, bytes});
  }
  for (rocksdb::ColumnFamilyHandle* handle : handles) {
    db->DestroyColumnFamilyHandle(handle);
  }
  std::sort(tables.begin(), tables.end(),
            [](const TableBytes& one, const TableBytes& two) {
              return one.bytes > two.bytes;
            });
  return tables;
}

}  // namespace renkei::bench
