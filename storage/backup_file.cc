#include "storage/backup_file.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rocksdb/env.h"
#include "storage/base/big_endian.h"
#include "storage/base/status_macros.h"
#include "storage/engine_files.h"

namespace renkei::storage {
namespace {

using crypto::Secret;

constexpr absl::string_view kMagic = "renkei backup 1\n";
constexpr absl::string_view kMagicOfAnyFormat = "renkei backup ";
constexpr size_t kSaltBytes = 32;
constexpr size_t kProofBytes = 32;
constexpr size_t kHeadBytes = kMagic.size() + kSaltBytes + kProofBytes;
constexpr size_t kPortionBytes = size_t{1} << 20;
// A commit's sync waits behind what is unsynced of the backup.
constexpr size_t kUnsyncedBytesMax = size_t{4} << 20;

Secret KeyOf(absl::string_view head, const Secret& backup_key,
             absl::string_view label) {
  return crypto::HkdfSha256(head.substr(kMagic.size(), kSaltBytes), backup_key,
                            label, crypto::kKeyBytes);
}

Secret StreamKeyOf(absl::string_view head, const Secret& backup_key) {
  return KeyOf(head, backup_key, "renkei backup file");
}

Secret ProofOf(absl::string_view head, const Secret& backup_key) {
  return KeyOf(head, backup_key, "renkei backup proof");
}

absl::Status CheckHead(absl::string_view head, const Secret& backup_key,
                       const std::string& path) {
  if (absl::StartsWith(head, kMagicOfAnyFormat) &&
      !absl::StartsWith(head, kMagic)) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is a backup of another format"));
  }
  if (!absl::StartsWith(head, kMagic)) {
    return absl::FailedPreconditionError(absl::StrCat(path, " is no backup"));
  }
  if (head.size() < kHeadBytes) {
    return absl::DataLossError(absl::StrCat(path, " is cut short"));
  }
  return head.substr(kMagic.size() + kSaltBytes) ==
                 ProofOf(head, backup_key).bytes()
             ? absl::OkStatus()
             : absl::UnauthenticatedError(
                   absl::StrCat(path, " was not made under this root key"));
}

absl::Status Named(const absl::Status& opened, const std::string& path) {
  return opened.ok() ? opened
                     : absl::DataLossError(
                           absl::StrCat(path, " is damaged or cut short"));
}

// Cuts the text of the stream into its parts.
class PartReader {
 public:
  explicit PartReader(const BackupParts& parts) : parts_(parts) {}

  absl::Status Take(std::string& text) {
    waiting_.append(text);
    text.clear();
    absl::string_view rest = waiting_;
    while (!rest.empty()) {
      if (missing_ > 0) {
        const absl::string_view some =
            rest.substr(0, std::min<uint64_t>(missing_, rest.size()));
        RETURN_IF_ERROR(parts_.append(some));
        missing_ -= some.size();
        rest.remove_prefix(some.size());
      } else if (!TakeHead(rest)) {
        break;
      } else {
        RETURN_IF_ERROR(parts_.begin(name_, missing_));
      }
    }
    waiting_.erase(0, waiting_.size() - rest.size());
    return absl::OkStatus();
  }

  bool complete() const { return missing_ == 0 && waiting_.empty(); }

 private:
  // False while the head is not there as a whole.
  bool TakeHead(absl::string_view& rest) {
    if (rest.size() < 2) {
      return false;
    }
    const size_t name_bytes = ReadBigEndian<uint16_t>(rest);
    if (rest.size() < 2 + name_bytes + 8) {
      return false;
    }
    name_ = std::string(rest.substr(2, name_bytes));
    missing_ = ReadBigEndian<uint64_t>(rest.substr(2 + name_bytes));
    rest.remove_prefix(2 + name_bytes + 8);
    return true;
  }

  const BackupParts& parts_;
  std::string waiting_;
  std::string name_;
  uint64_t missing_ = 0;
};

}  // namespace

BackupWriter::BackupWriter(Disk& disk,
                           std::unique_ptr<rocksdb::WritableFile> file,
                           Secret key, absl::string_view head)
    : disk_(disk),
      file_(std::move(file)),
      stream_(std::move(key), head),
      sealed_(head) {}

BackupWriter::~BackupWriter() = default;

absl::StatusOr<std::unique_ptr<BackupWriter>> BackupWriter::Create(
    Disk& disk, const std::string& path, const Secret& backup_key) {
  std::unique_ptr<rocksdb::WritableFile> file;
  RETURN_IF_ERROR(
      FromRocks(disk.NewWritableFile(path, &file, rocksdb::EnvOptions())));
  std::string head(kMagic);
  head.append(std::string(Secret::Random(kSaltBytes).bytes()));
  head.append(std::string(ProofOf(head, backup_key).bytes()));
  return std::unique_ptr<BackupWriter>(new BackupWriter(
      disk, std::move(file), StreamKeyOf(head, backup_key), head));
}

absl::StatusOr<v1::BackupFile> BackupWriter::AddFile(
    absl::string_view name, const std::string& path,
    absl::FunctionRef<bool()> called_off) {
  v1::BackupFile part;
  part.set_name(std::string(name));
  uint64_t bytes = 0;
  RETURN_IF_ERROR(FromRocks(disk_.GetFileSize(path, &bytes)));
  RETURN_IF_ERROR(AppendHead(name, bytes));
  crypto::Sha256Hasher hasher;
  RETURN_IF_ERROR(
      ReadPortions(disk_, path, [&](absl::string_view portion) -> absl::Status {
        part.set_bytes(part.bytes() + portion.size());
        hasher.Update(portion);
        return called_off() ? absl::CancelledError("the backup was called off")
                            : Append(portion);
      }));
  if (part.bytes() != bytes) {
    return absl::InternalError(
        absl::StrCat(path, " changed while it was read"));
  }
  part.set_sha256(std::string(hasher.Finish().bytes()));
  return part;
}

absl::StatusOr<v1::BackupFile> BackupWriter::AddBytes(absl::string_view name,
                                                      absl::string_view bytes) {
  v1::BackupFile part;
  part.set_name(std::string(name));
  part.set_bytes(bytes.size());
  part.set_sha256(std::string(crypto::Sha256(bytes).bytes()));
  RETURN_IF_ERROR(AppendHead(name, bytes.size()));
  RETURN_IF_ERROR(Append(bytes));
  return part;
}

absl::Status BackupWriter::AppendHead(absl::string_view name, uint64_t bytes) {
  std::string head;
  AppendBigEndian(head, static_cast<uint16_t>(name.size()));
  head.append(name.data(), name.size());
  AppendBigEndian(head, bytes);
  return Append(head);
}

absl::Status BackupWriter::Append(absl::string_view text) {
  stream_.Append(text, sealed_);
  return sealed_.size() < kPortionBytes ? absl::OkStatus() : Flush();
}

absl::Status BackupWriter::Flush() {
  bytes_written_ += sealed_.size();
  unsynced_bytes_ += sealed_.size();
  const rocksdb::Status written = file_->Append(sealed_);
  sealed_.clear();
  if (!written.ok() || unsynced_bytes_ < kUnsyncedBytesMax) {
    return FromRocks(written);
  }
  unsynced_bytes_ = 0;
  return FromRocks(file_->Sync());
}

absl::Status BackupWriter::Finish() {
  stream_.Finish(sealed_);
  RETURN_IF_ERROR(Flush());
  RETURN_IF_ERROR(FromRocks(file_->Sync()));
  return FromRocks(file_->Close());
}

absl::Status ReadPortions(
    Disk& disk, const std::string& path,
    absl::FunctionRef<absl::Status(absl::string_view)> visit) {
  std::unique_ptr<rocksdb::SequentialFile> file;
  RETURN_IF_ERROR(
      FromRocks(disk.NewSequentialFile(path, &file, rocksdb::EnvOptions())));
  std::string buffer(kPortionBytes, '\0');
  while (true) {
    rocksdb::Slice read;
    RETURN_IF_ERROR(FromRocks(file->Read(buffer.size(), &read, buffer.data())));
    if (read.empty()) {
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(visit({read.data(), read.size()}));
  }
}

absl::Status ReadBackup(Disk& disk, const std::string& path,
                        const Secret& backup_key, BackupParts parts) {
  std::string head;
  std::unique_ptr<crypto::StreamOpener> stream;
  PartReader reader(parts);
  std::string text;
  RETURN_IF_ERROR(
      ReadPortions(disk, path, [&](absl::string_view portion) -> absl::Status {
        if (stream == nullptr) {
          // A portion is longer than a head unless the file is shorter.
          head = std::string(portion.substr(0, kHeadBytes));
          RETURN_IF_ERROR(CheckHead(head, backup_key, path));
          stream = std::make_unique<crypto::StreamOpener>(
              StreamKeyOf(head, backup_key), head);
          portion.remove_prefix(kHeadBytes);
        }
        RETURN_IF_ERROR(Named(stream->Append(portion, text), path));
        return reader.Take(text);
      }));
  if (stream == nullptr) {
    return absl::FailedPreconditionError(absl::StrCat(path, " is no backup"));
  }
  RETURN_IF_ERROR(Named(stream->Finish(text), path));
  RETURN_IF_ERROR(reader.Take(text));
  return reader.complete()
             ? absl::OkStatus()
             : absl::DataLossError(absl::StrCat(path, " ends within a part"));
}

}  // namespace renkei::storage
