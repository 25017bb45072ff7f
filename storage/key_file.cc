#include "storage/key_file.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "storage/base/big_endian.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/hash.h"

namespace renkei::storage {
namespace {

constexpr absl::string_view kMagic = "RENKEIKS";
constexpr uint32_t kFormatVersion = 1;
constexpr absl::string_view kSecretPurpose = "renkei key ";
constexpr size_t kChecksumBytes = 16;
constexpr size_t kVersionEnd = 12;
constexpr size_t kHeaderBytes = kVersionEnd + 2 * kStoreIdBytes +
                                crypto::kSealOverheadBytes + kChecksumBytes;
constexpr size_t kNameBytes = 2 * kIdBytes + 4 + 4 + 8;
constexpr size_t kWrappedBytes = crypto::kKeyBytes + crypto::kSealOverheadBytes;
constexpr size_t kRecordBytes = kNameBytes + 8 + kWrappedBytes + kChecksumBytes;

std::string ChecksumOf(absl::string_view previous, absl::string_view bytes) {
  return std::string(
      crypto::Sha256({previous, bytes}).bytes().substr(0, kChecksumBytes));
}

// Cuts `size` bytes off the front.
absl::string_view Take(absl::string_view& bytes, size_t size) {
  const absl::string_view taken = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return taken;
}

// The part of a record that is fixed when its secret is wrapped.
std::string EncodeName(const KeyRecord& record) {
  std::string bytes =
      absl::StrCat(record.scope.network.bytes(), record.scope.group.bytes());
  AppendBigEndian(bytes, record.name.key_id);
  AppendBigEndian(bytes, record.name.epoch);
  AppendBigEndian(bytes, record.created_at_micros);
  return bytes;
}

KeyRecord DecodeRecord(absl::string_view bytes) {
  KeyRecord record;
  record.scope.network = *NetworkId::FromBytes(Take(bytes, kIdBytes));
  record.scope.group = *GroupId::FromBytes(Take(bytes, kIdBytes));
  record.name.key_id = ReadBigEndian<uint32_t>(Take(bytes, 4));
  record.name.epoch = ReadBigEndian<uint32_t>(Take(bytes, 4));
  record.created_at_micros = ReadBigEndian<uint64_t>(Take(bytes, 8));
  record.destroyed_at_micros = ReadBigEndian<uint64_t>(Take(bytes, 8));
  record.wrapped = std::string(Take(bytes, kWrappedBytes));
  return record;
}

absl::StatusOr<KeyFileHeader> ParseFileHeader(absl::string_view bytes,
                                              std::string& checksum) {
  if (bytes.substr(0, kMagic.size()) != kMagic || bytes.size() < kVersionEnd) {
    return absl::DataLossError("this is no key store");
  }
  const auto version = ReadBigEndian<uint32_t>(bytes.substr(kMagic.size()));
  if (version != kFormatVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat("the key store has format version ", version,
                     "; this program reads version ", kFormatVersion));
  }
  if (bytes.size() < kHeaderBytes) {
    return absl::DataLossError("the header of the key store is cut off");
  }
  checksum = ChecksumOf("", bytes.substr(0, kHeaderBytes - kChecksumBytes));
  if (bytes.substr(kHeaderBytes - kChecksumBytes, kChecksumBytes) != checksum) {
    return absl::DataLossError("the header of the key store is damaged");
  }
  bytes.remove_prefix(kVersionEnd);
  KeyFileHeader header;
  header.store_id = std::string(Take(bytes, kStoreIdBytes));
  header.incarnation = std::string(Take(bytes, kStoreIdBytes));
  header.proof = std::string(Take(bytes, crypto::kSealOverheadBytes));
  return header;
}

}  // namespace

std::string AssociatedWith(const KeyFileHeader& header) {
  std::string bytes(kMagic);
  AppendBigEndian(bytes, kFormatVersion);
  absl::StrAppend(&bytes, header.store_id, header.incarnation);
  return bytes;
}

std::string AssociatedWith(const KeyRecord& record) {
  return absl::StrCat(kSecretPurpose, EncodeName(record));
}

std::string EncodeHeader(const KeyFileHeader& header, std::string& checksum) {
  std::string bytes = absl::StrCat(AssociatedWith(header), header.proof);
  checksum = ChecksumOf("", bytes);
  bytes.append(checksum);
  CHECK(bytes.size() == kHeaderBytes);
  return bytes;
}

std::string EncodeRecord(const KeyRecord& record, std::string& checksum) {
  std::string bytes = EncodeName(record);
  AppendBigEndian(bytes, record.destroyed_at_micros);
  bytes.append(record.wrapped);
  checksum = ChecksumOf(checksum, bytes);
  bytes.append(checksum);
  CHECK(bytes.size() == kRecordBytes);
  return bytes;
}

std::string EncodeKeyFile(KeyFile& file) {
  std::string bytes = EncodeHeader(file.header, file.checksum);
  for (const KeyRecord& record : file.records) {
    bytes.append(EncodeRecord(record, file.checksum));
  }
  return bytes;
}

absl::StatusOr<KeyFile> ParseKeyFile(absl::string_view bytes) {
  KeyFile file;
  ASSIGN_OR_RETURN(file.header, ParseFileHeader(bytes, file.checksum));
  bytes.remove_prefix(kHeaderBytes);
  while (bytes.size() >= kRecordBytes) {
    absl::string_view rest = bytes;
    const absl::string_view record = Take(rest, kRecordBytes - kChecksumBytes);
    const std::string checksum = ChecksumOf(file.checksum, record);
    if (Take(rest, kChecksumBytes) != checksum) {
      // Every append was on disk before the next began, so only the last record
      // can be torn.
      if (rest.empty()) {
        break;
      }
      return absl::DataLossError(absl::StrCat(
          "record ", file.records.size() + 1, " of the key store is damaged"));
    }
    file.records.push_back(DecodeRecord(record));
    file.checksum = checksum;
    bytes = rest;
  }
  file.torn_bytes = bytes.size();
  return file;
}

}  // namespace renkei::storage
