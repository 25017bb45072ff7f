#include "storage/free_space.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "absl/types/span.h"
#include "rocksdb/env.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/random.h"
#include "storage/engine_files.h"

namespace renkei::storage {
namespace {

constexpr char kReserveFile[] = "/RESERVE";
constexpr absl::Duration kCheckInterval = absl::Milliseconds(100);
constexpr uint64_t kNoiseBytes = uint64_t{1} << 20;
// The reserve goes when a quarter of the low-water mark is left.
constexpr uint64_t kGiveUpDivisor = 4;

}  // namespace

FreeSpace::FreeSpace(Disk& disk, std::string directory,
                     uint64_t low_water_bytes, uint64_t reserve_bytes)
    : disk_(disk),
      directory_(std::move(directory)),
      low_water_bytes_(low_water_bytes),
      reserve_bytes_(reserve_bytes) {}

void FreeSpace::MakeRoomToOpen() {
  if (FreeBytes() < low_water_bytes_ / kGiveUpDivisor) {
    // There may be none.
    disk_.DeleteFile(directory_ + kReserveFile).PermitUncheckedError();
  }
}

absl::Status FreeSpace::MakeReserve() {
  const std::string path = directory_ + kReserveFile;
  MutexLock lock(mutex_);
  uint64_t size = 0;
  reserve_held_ = disk_.GetFileSize(path, &size).ok() && size >= reserve_bytes_;
  if (reserve_held_) {
    return absl::OkStatus();
  }
  // A piece of one: its writing was interrupted. There may be none.
  disk_.DeleteFile(path).PermitUncheckedError();
  if (FreeBytes() < reserve_bytes_ + low_water_bytes_) {
    return absl::OkStatus();
  }
  const absl::Status written = WriteReserve(path);
  reserve_held_ = written.ok();
  if (absl::IsResourceExhausted(written)) {
    // Somebody else was faster; it must not take what is left.
    disk_.DeleteFile(path).PermitUncheckedError();
    return absl::OkStatus();
  }
  return written;
}

absl::Status FreeSpace::WriteReserve(const std::string& path) {
  // Real bytes: a file with a hole, or one that a file system compresses, would
  // reserve nothing.
  std::string noise(std::min<uint64_t>(reserve_bytes_, kNoiseBytes), '\0');
  crypto::FillRandom(
      absl::MakeSpan(reinterpret_cast<uint8_t*>(noise.data()), noise.size()));
  std::unique_ptr<rocksdb::WritableFile> file;
  RETURN_IF_ERROR(
      FromRocks(disk_.NewWritableFile(path, &file, rocksdb::EnvOptions())));
  for (uint64_t written = 0; written < reserve_bytes_;
       written += noise.size()) {
    RETURN_IF_ERROR(FromRocks(file->Append(noise)));
  }
  RETURN_IF_ERROR(FromRocks(file->Sync()));
  return FromRocks(file->Close());
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
  const uint64_t spoken_for = reserve_held_ ? 0 : reserve_bytes_;
  low_.store(free_bytes < low_water_bytes_ + spoken_for,
             std::memory_order_relaxed);
  if (reserve_held_ && free_bytes < low_water_bytes_ / kGiveUpDivisor) {
    // It comes back when the store is next opened with room for it.
    reserve_held_ = !disk_.DeleteFile(directory_ + kReserveFile).ok();
  }
}

uint64_t FreeSpace::FreeBytes() const {
  uint64_t free_bytes = 0;
  return disk_.GetFreeSpace(directory_, &free_bytes).ok()
             ? free_bytes
             : std::numeric_limits<uint64_t>::max();
}

}  // namespace renkei::storage
