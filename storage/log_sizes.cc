#include "storage/log_sizes.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "rocksdb/env.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/hash.h"
#include "storage/engine_files.h"
#include "storage/table.h"

namespace renkei::storage {
namespace {

constexpr size_t kSlotBytes = size_t{64} << 10;  // on disk: never change
constexpr size_t kHashBytes = 32;
constexpr absl::Duration kSyncInterval = absl::Seconds(1);

std::string EncodeSlot(uint64_t sequence, const LogSizes::Sizes& sizes) {
  std::string slot;
  AppendPart(sequence, slot);
  AppendPart(static_cast<uint32_t>(sizes.size()), slot);
  for (const auto& [network, size] : sizes) {
    AppendPart(network, slot);
    AppendPart(size, slot);
  }
  AppendPart(crypto::Sha256(slot), slot);
  return slot;
}

struct Slot {
  uint64_t sequence = 0;
  LogSizes::Sizes sizes;
};

std::optional<Slot> DecodeSlot(absl::string_view bytes) {
  Slot slot;
  uint32_t count = 0;
  absl::string_view rest = bytes;
  bool whole = TakePart(rest, slot.sequence) && TakePart(rest, count) &&
               count <= LogSizes::kNetworksMax;
  for (; whole && count > 0; --count) {
    NetworkId network;
    uint64_t size = 0;
    whole = TakePart(rest, network) && TakePart(rest, size);
    slot.sizes[network] = size;
  }
  const absl::string_view hashed = bytes.substr(0, bytes.size() - rest.size());
  whole = whole && crypto::Sha256(hashed).bytes() == rest.substr(0, kHashBytes);
  return whole ? std::optional<Slot>(std::move(slot)) : std::nullopt;
}

}  // namespace

static_assert(8 + 4 + LogSizes::kNetworksMax * (kIdBytes + 8) + kHashBytes <=
              kSlotBytes);

LogSizes::LogSizes(std::unique_ptr<rocksdb::RandomRWFile> file)
    : file_(std::move(file)) {}
LogSizes::~LogSizes() = default;

bool LogSizes::IsThere(Disk& disk, const std::string& path) {
  return !disk.FileExists(path).IsNotFound();
}

absl::Status LogSizes::Create(Disk& disk, const std::string& path,
                              const Sizes& sizes) {
  // Of full length from the start: a full disk must not stop a later Note.
  std::string bytes = EncodeSlot(0, sizes);
  bytes.resize(2 * kSlotBytes, '\0');
  return ReplaceFile(disk, path, bytes);
}

absl::StatusOr<std::unique_ptr<LogSizes>> LogSizes::Open(
    Disk& disk, const std::string& path) {
  if (!IsThere(disk, path)) {
    return absl::DataLossError(absl::StrCat(
        path, ", the file of acknowledged audit log sizes, is gone"));
  }
  std::string bytes;
  RETURN_IF_ERROR(FromRocks(rocksdb::ReadFileToString(&disk, path, &bytes)));
  std::unique_ptr<rocksdb::RandomRWFile> file;
  RETURN_IF_ERROR(
      FromRocks(disk.NewRandomRWFile(path, &file, rocksdb::EnvOptions())));
  auto log_sizes = std::unique_ptr<LogSizes>(new LogSizes(std::move(file)));
  if (!log_sizes->ReadSlots(bytes)) {
    return absl::DataLossError(absl::StrCat(
        path, ", the file of acknowledged audit log sizes, is damaged"));
  }
  // What was read may not be on disk yet, and the other slot is written next.
  RETURN_IF_ERROR(log_sizes->Sync());
  return log_sizes;
}

bool LogSizes::ReadSlots(absl::string_view bytes) {
  bool readable = false;
  for (uint64_t place = 0; place < 2 && bytes.size() == 2 * kSlotBytes;
       ++place) {
    const std::optional<Slot> slot =
        DecodeSlot(bytes.substr(place * kSlotBytes, kSlotBytes));
    if (slot && (!readable || slot->sequence > sequence_)) {
      readable = true;
      place_ = place;
      sequence_ = slot->sequence;
      sizes_ = slot->sizes;
    }
  }
  return readable;
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
  dirty_ = true;
  RETURN_IF_ERROR(FromRocks(
      file_->Write(place_ * kSlotBytes, EncodeSlot(sequence_, sizes_))));
  if (now - synced_at_ >= kSyncInterval) {
    synced_at_ = now;
    return Sync();
  }
  return absl::OkStatus();
}

absl::Status LogSizes::Sync() {
  if (!dirty_) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(FromRocks(file_->Fsync()));
  dirty_ = false;
  place_ = 1 - place_;
  return absl::OkStatus();
}

}  // namespace renkei::storage
