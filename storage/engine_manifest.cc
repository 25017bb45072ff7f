#include "storage/engine_manifest.h"

#include <algorithm>
#include <array>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "rocksdb/env.h"
#include "storage/engine_files.h"

namespace renkei::storage {
namespace {

// RocksDB's log format: blocks of records, none across the end of a block; a
// logical record is one record or a first, middle ones and a last.
//   checksum (4) | length (2) | type (1) | `length` bytes; little-endian
constexpr size_t kBlockBytes = size_t{32} << 10;
constexpr size_t kHeaderBytes = 7;
constexpr size_t kTypeAt = 6;
constexpr uint8_t kFull = 1;
constexpr uint8_t kLast = 4;
constexpr size_t kSectorBytes = 512;

uint64_t LittleEndian(absl::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = bytes.size(); i > 0; --i) {
    value = value << 8 | static_cast<uint8_t>(bytes[i - 1]);
  }
  return value;
}

constexpr std::array<uint32_t, 256> MakeCrc32cTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < table.size(); ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78 : 0);
    }
    table[i] = crc;
  }
  return table;
}

// CRC-32C, masked as RocksDB stores it.
uint32_t MaskedCrc(absl::string_view bytes) {
  static constexpr std::array<uint32_t, 256> kTable = MakeCrc32cTable();
  uint32_t crc = ~uint32_t{0};
  for (const char byte : bytes) {
    crc = (crc >> 8) ^ kTable[(crc ^ static_cast<uint8_t>(byte)) & 0xff];
  }
  crc = ~crc;
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8;
}

// Is one of the sectors of [begin, end) all zeros, as far as it lies behind
// `begin` and in the file?
bool LacksASector(absl::string_view file, size_t begin, size_t end) {
  for (size_t sector = begin - begin % kSectorBytes; sector < end;
       sector += kSectorBytes) {
    const size_t from = std::max(sector, begin);
    const absl::string_view piece =
        file.substr(from, sector + kSectorBytes - from);
    if (piece.find_first_not_of('\0') == absl::string_view::npos) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::optional<size_t> TornRecordAt(absl::string_view manifest) {
  size_t logical = 0;
  size_t at = 0;
  while (at + kHeaderBytes <= manifest.size()) {
    const size_t room =
        std::min(kBlockBytes - at % kBlockBytes, manifest.size() - at);
    if (room < kHeaderBytes) {
      at += room;  // the end of a block, which no header fits in
      continue;
    }
    const absl::string_view rest = manifest.substr(at, room);
    const size_t size = kHeaderBytes + LittleEndian(rest.substr(4, 2));
    const absl::string_view checked = rest.substr(0, size).substr(kTypeAt);
    if (size > room || MaskedCrc(checked) != LittleEndian(rest.substr(0, 4))) {
      const bool torn = LacksASector(manifest, at, at + std::min(size, room)) &&
                        manifest.size() - logical <= kUnsyncedManifestBytesMax;
      return torn ? std::optional<size_t>(logical) : std::nullopt;
    }
    const auto type = static_cast<uint8_t>(rest[kTypeAt]);
    at += size;
    logical = type == kFull || type == kLast ? at : logical;
  }
  return std::nullopt;
}

absl::Status CutTornManifest(Disk& disk, const std::string& directory) {
  std::string current;
  std::string manifest;
  if (!rocksdb::ReadFileToString(&disk, directory + "/CURRENT", &current)
           .ok()) {
    return absl::OkStatus();  // for RocksDB to make or to refuse
  }
  const std::string path =
      absl::StrCat(directory, "/", absl::StripSuffix(current, "\n"));
  rocksdb::FileLock* lock = nullptr;
  if (!disk.LockFile(directory + "/LOCK", &lock).ok()) {
    return absl::OkStatus();  // for RocksDB to refuse: it is in use
  }
  const absl::Cleanup unlock = [&] {
    disk.UnlockFile(lock).PermitUncheckedError();
  };
  if (!rocksdb::ReadFileToString(&disk, path, &manifest).ok()) {
    return absl::OkStatus();
  }
  const std::optional<size_t> torn_at = TornRecordAt(manifest);
  // Should the cut not become durable, the next opening cuts again.
  return torn_at ? FromRocks(disk.Truncate(path, *torn_at)) : absl::OkStatus();
}

}  // namespace renkei::storage
