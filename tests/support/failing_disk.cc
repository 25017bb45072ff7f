#include "tests/support/failing_disk.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rocksdb/system_clock.h"
#include "storage/base/check.h"
#include "tests/support/failing_files.h"

namespace renkei::testing {
namespace {

// RocksDB sleeps a second before it tries again what failed; who has no power
// need not wait.
class ImpatientClock : public rocksdb::SystemClockWrapper {
 public:
  explicit ImpatientClock(std::shared_ptr<FailingFiles> files)
      : SystemClockWrapper(rocksdb::SystemClock::Default()),
        files_(std::move(files)) {}

  const char* Name() const override { return "ImpatientClock"; }
  void SleepForMicroseconds(int micros) override {
    bool powerless = false;
    files_->WithFaults(
        [&](DiskFaults& faults) { powerless = faults.powerless; });
    target_->SleepForMicroseconds(powerless ? 1 : micros);
  }

 private:
  const std::shared_ptr<FailingFiles> files_;
};

// The machine's threads, our files and clock.
class FailingEnv : public rocksdb::EnvWrapper {
 public:
  explicit FailingEnv(const std::shared_ptr<FailingFiles>& files)
      : EnvWrapper(rocksdb::NewCompositeEnv(files)) {
    file_system_ = files;
    system_clock_ = std::make_shared<ImpatientClock>(files);
  }
};

}  // namespace

// RocksDB 7.8 leaves a memtable behind when it cannot make the log that goes
// with it. Named by its library: without a symbolizer, as on a fresh machine,
// the leak sanitizer knows no functions.
extern "C" const char* __lsan_default_suppressions();   // NOLINT
extern "C" const char* __lsan_default_suppressions() {  // NOLINT
  return "leak:librocksdb.so\n";
}

FailingDisk::FailingDisk(uint64_t seed) {
  const std::unique_ptr<rocksdb::Env> memory(
      rocksdb::NewMemEnv(rocksdb::Env::Default()));
  files_ = std::make_shared<FailingFiles>(memory->GetFileSystem(), seed);
  env_ = std::make_unique<FailingEnv>(files_);
}

FailingDisk::~FailingDisk() = default;

uint64_t FailingDisk::changes() const {
  uint64_t changes = 0;
  files_->WithFaults([&](DiskFaults& faults) { changes = faults.changes; });
  return changes;
}

void FailingDisk::CutPowerAt(uint64_t changes_from_now) {
  files_->WithFaults([&](DiskFaults& faults) {
    faults.cut_at = faults.changes + changes_from_now + 1;
  });
}

bool FailingDisk::has_power() const {
  bool has_power = true;
  files_->WithFaults(
      [&](DiskFaults& faults) { has_power = !faults.powerless; });
  return has_power;
}

void FailingDisk::RestorePower() { files_->RestorePower(); }

void FailingDisk::RestorePowerLosingNothing() {
  files_->WithFaults([](DiskFaults& faults) {
    faults.powerless = false;
    faults.cut_at = DiskFaults::kNever;
  });
}

void FailingDisk::FailAt(uint64_t changes_from_now,
                         const rocksdb::IOStatus& error, bool stays) {
  files_->WithFaults([&](DiskFaults& faults) {
    faults.fail_at = faults.changes + changes_from_now + 1;
    faults.failed = false;
    faults.error = error;
    faults.fail_stays = stays;
  });
}

void FailingDisk::FailSyncAt(uint64_t syncs_from_now,
                             const rocksdb::IOStatus& error) {
  files_->WithFaults([&](DiskFaults& faults) {
    faults.fail_sync_at = faults.syncs + syncs_from_now + 1;
    faults.failed = false;
    faults.sync_error = error;
  });
}

bool FailingDisk::has_failed() const {
  bool has_failed = false;
  files_->WithFaults([&](DiskFaults& faults) { has_failed = faults.failed; });
  return has_failed;
}

void FailingDisk::Heal() {
  files_->WithFaults([](DiskFaults& faults) {
    faults.fail_at = DiskFaults::kNever;
    faults.fail_stays = false;
    faults.fail_sync_at = DiskFaults::kNever;
  });
}

void FailingDisk::SetFreeBytes(uint64_t bytes) {
  files_->WithFaults([&](DiskFaults& faults) { faults.free_bytes = bytes; });
}

std::string FailingDisk::ReadAll(const std::string& path) {
  return files_->Contents(path);
}

void FailingDisk::Overwrite(const std::string& path, const std::string& bytes) {
  CHECK(rocksdb::WriteStringToFile(env(), bytes, path, true).ok());
  files_->SyncNames(path.substr(0, path.rfind('/')));
}

void FailingDisk::Remove(const std::string& path) { files_->Forget(path); }

bool FailingDisk::Has(const std::string& path) {
  return env()->FileExists(path).ok();
}

std::vector<std::string> FailingDisk::FilesOf(const std::string& folder,
                                              absl::string_view ending) {
  std::vector<std::string> names;
  CHECK(env()->GetChildren(folder, &names).ok());
  std::vector<std::string> paths;
  for (const std::string& name : names) {
    if (absl::EndsWith(name, ending)) {
      paths.push_back(absl::StrCat(folder, "/", name));
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace renkei::testing
