#include "tests/support/stored_rows.h"

#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rocksdb/db.h"
#include "storage/base/check.h"

namespace renkei::testing {

std::map<std::string, std::string> RowsOnDisk(const std::string& data_dir) {
  std::vector<std::string> names;
  CHECK(rocksdb::DB::ListColumnFamilies({}, data_dir, &names).ok());
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  families.reserve(names.size());
  for (const std::string& name : names) {
    families.emplace_back(name, rocksdb::ColumnFamilyOptions());
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  CHECK(rocksdb::DB::OpenForReadOnly({}, data_dir, families, &handles, &opened)
            .ok());
  const std::unique_ptr<rocksdb::DB> database(opened);
  std::map<std::string, std::string> rows;
  for (rocksdb::ColumnFamilyHandle* handle : handles) {
    const std::unique_ptr<rocksdb::Iterator> row(
        database->NewIterator({}, handle));
    for (row->SeekToFirst(); row->Valid(); row->Next()) {
      rows[absl::StrCat(handle->GetName(), " ", row->key().ToString())] =
          row->value().ToString();
    }
    CHECK(row->status().ok());
    CHECK(database->DestroyColumnFamilyHandle(handle).ok());
  }
  return rows;
}

}  // namespace renkei::testing
