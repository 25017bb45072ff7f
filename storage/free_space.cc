#include "storage/free_space.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "rocksdb/env.h"

namespace renkei::storage {
namespace {

constexpr char kReserveFile[] = "/RESERVE";
constexpr absl::Duration kCheckInterval = absl::Milliseconds(100);

}  // namespace

FreeSpace::FreeSpace(Disk* disk, std::string directory,
                     uint64_t low_water_bytes, uint64_t reserve_bytes)
    : disk_(disk != nullptr ? disk : rocksdb::Env::Default()),
      directory_(std::move(directory)),
      low_water_bytes_(low_water_bytes),
      reserve_bytes_(reserve_bytes) {}

absl::Status FreeSpace::MakeReserve() {
  const std::string path = directory_ + kReserveFile;
  if (reserve_bytes_ == 0 || disk_->FileExists(path).ok() ||
      FreeBytes() < reserve_bytes_ + low_water_bytes_) {
    return absl::OkStatus();
  }
  // Real bytes: a file with a hole would reserve nothing.
  std::unique_ptr<rocksdb::WritableFile> file;
  rocksdb::Status status =
      disk_->NewWritableFile(path, &file, rocksdb::EnvOptions());
  const std::string zeros(std::min<uint64_t>(reserve_bytes_, uint64_t{1} << 20),
                          '\0');
  for (uint64_t written = 0; status.ok() && written < reserve_bytes_;
       written += zeros.size()) {
    status = file->Append(zeros);
  }
  if (status.ok()) {
    status = file->Sync();
  }
  if (status.ok()) {
    status = file->Close();
  }
  return status.ok() ? absl::OkStatus()
                     : absl::UnavailableError(status.ToString());
}

void FreeSpace::Check(absl::Time now) {
  if (low_water_bytes_ == 0) {
    return;
  }
  MutexLock lock(mutex_);
  if (now >= checked_at_ && now - checked_at_ < kCheckInterval) {
    return;
  }
  checked_at_ = now;
  const uint64_t free_bytes = FreeBytes();
  low_.store(free_bytes < low_water_bytes_, std::memory_order_relaxed);
  if (free_bytes < low_water_bytes_ / 4) {
    // Absent after the first time; there is nothing else left to give.
    disk_->DeleteFile(directory_ + kReserveFile).PermitUncheckedError();
  }
}

uint64_t FreeSpace::FreeBytes() const {
  uint64_t free_bytes = 0;
  return disk_->GetFreeSpace(directory_, &free_bytes).ok()
             ? free_bytes
             : std::numeric_limits<uint64_t>::max();
}

}  // namespace renkei::storage
