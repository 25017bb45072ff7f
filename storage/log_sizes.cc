#include "storage/log_sizes.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/string_view.h"
#include "rocksdb/env.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/hash.h"
#include "storage/table.h"

namespace renkei::storage {
namespace {

constexpr size_t kSlotBytes = 4096;
constexpr size_t kHashBytes = 32;

absl::Status FromRocks(const rocksdb::Status& status) {
  return status.ok() ? absl::OkStatus()
                     : absl::UnavailableError(status.ToString());
}

std::string EncodeSlot(uint64_t sequence, const LogSizes::Sizes& sizes) {
  std::string slot;
  AppendPart(sequence, slot);
  AppendPart(static_cast<uint32_t>(sizes.size()), slot);
  for (const auto& [network, size] : sizes) {
    AppendPart(network, slot);
    AppendPart(size, slot);
  }
  slot.resize(kSlotBytes - kHashBytes, '\0');
  AppendPart(crypto::Sha256(slot), slot);
  return slot;
}

struct Slot {
  uint64_t sequence = 0;
  LogSizes::Sizes sizes;
};

std::optional<Slot> DecodeSlot(absl::string_view bytes) {
  if (bytes.size() != kSlotBytes) {
    return std::nullopt;
  }
  const absl::string_view body = bytes.substr(0, kSlotBytes - kHashBytes);
  if (crypto::Sha256(body).bytes() != bytes.substr(kSlotBytes - kHashBytes)) {
    return std::nullopt;
  }
  Slot slot;
  uint32_t count = 0;
  absl::string_view rest = body;
  bool whole = TakePart(rest, slot.sequence) && TakePart(rest, count);
  for (; whole && count > 0; --count) {
    NetworkId network;
    uint64_t size = 0;
    whole = TakePart(rest, network) && TakePart(rest, size);
    slot.sizes[network] = size;
  }
  return whole ? std::optional<Slot>(std::move(slot)) : std::nullopt;
}

}  // namespace

LogSizes::LogSizes(std::unique_ptr<rocksdb::RandomRWFile> file)
    : file_(std::move(file)) {}
LogSizes::~LogSizes() = default;

absl::StatusOr<std::unique_ptr<LogSizes>> LogSizes::Open(
    Disk* disk, const std::string& path) {
  rocksdb::Env* env = disk != nullptr ? disk : rocksdb::Env::Default();
  const bool exists = env->FileExists(path).ok();
  if (!exists) {
    RETURN_IF_ERROR(FromRocks(rocksdb::WriteStringToFile(
        env, EncodeSlot(0, {}), path, /*should_sync=*/true)));
    std::unique_ptr<rocksdb::Directory> directory;
    RETURN_IF_ERROR(FromRocks(
        env->NewDirectory(path.substr(0, path.rfind('/')), &directory)));
    RETURN_IF_ERROR(FromRocks(directory->Fsync()));
  }
  std::unique_ptr<rocksdb::RandomRWFile> file;
  RETURN_IF_ERROR(
      FromRocks(env->NewRandomRWFile(path, &file, rocksdb::EnvOptions())));
  auto log_sizes = std::unique_ptr<LogSizes>(new LogSizes(std::move(file)));
  RETURN_IF_ERROR(log_sizes->ReadSlots());
  return log_sizes;
}

absl::Status LogSizes::ReadSlots() {
  std::string buffer(kSlotBytes, '\0');
  bool readable = false;
  for (uint64_t place = 0; place < 2; ++place) {
    rocksdb::Slice read;
    RETURN_IF_ERROR(FromRocks(
        file_->Read(place * kSlotBytes, kSlotBytes, &read, buffer.data())));
    const std::optional<Slot> slot = DecodeSlot({read.data(), read.size()});
    if (slot && (!readable || slot->sequence > sequence_)) {
      readable = true;
      sequence_ = slot->sequence;
      sizes_ = slot->sizes;
    }
  }
  return readable ? absl::OkStatus()
                  : absl::DataLossError(
                        "the file of acknowledged audit log sizes is damaged");
}

absl::Status LogSizes::Note(const Sizes& raised, absl::Time now) {
  for (const auto& [network, size] : raised) {
    uint64_t& noted = sizes_[network];
    noted = std::max(noted, size);
  }
  if (sizes_.size() > kNetworksMax) {
    return absl::ResourceExhaustedError(
        "more networks than the file of audit log sizes holds");
  }
  ++sequence_;
  const std::string slot = EncodeSlot(sequence_, sizes_);
  RETURN_IF_ERROR(FromRocks(file_->Write((sequence_ % 2) * kSlotBytes, slot)));
  if (now - synced_at_ >= absl::Seconds(1)) {
    synced_at_ = now;
    return Sync();
  }
  return absl::OkStatus();
}

absl::Status LogSizes::Sync() { return FromRocks(file_->Fsync()); }

}  // namespace renkei::storage
