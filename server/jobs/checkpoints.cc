#include "server/jobs/checkpoints.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "storage/base/status_macros.h"
#include "storage/durable_file.h"

namespace renkei::jobs {
namespace {

namespace fs = std::filesystem;
using domain::AuditTree;
using domain::CheckpointSigner;
using domain::SignedCheckpoint;

constexpr absl::Duration kInterval = absl::Seconds(1);
constexpr absl::string_view kFilesOfLogs = "renkei-";
constexpr absl::string_view kEnding = ".checkpoints";
constexpr absl::string_view kEntryEnd = "\n\n";

// renkei/LOG/INCARNATION is renkei-LOG-INCARNATION-DAY.checkpoints here.
std::string FilePrefix(const CheckpointSigner& signer) {
  return absl::StrCat(absl::StrReplaceAll(signer.origin(), {{"/", "-"}}), "-");
}

// Those that begin with `prefix`, by day.
std::vector<std::string> FileNames(const std::string& folder,
                                   absl::string_view prefix) {
  std::vector<std::string> names;
  std::error_code failed;
  for (fs::directory_iterator entry(folder, failed), end;
       !failed && entry != end; entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    if (absl::StartsWith(name, prefix) && absl::EndsWith(name, kEnding)) {
      names.push_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool EndsWithEntry(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  file.seekg(-static_cast<std::streamoff>(kEntryEnd.size()), std::ios::end);
  std::string end(kEntryEnd.size(), '\0');
  file.read(end.data(), static_cast<std::streamsize>(end.size()));
  return file && end == kEntryEnd;
}

// The logs that the store has, and those it says it signed for.
absl::StatusOr<std::set<NetworkId>> LogsOf(const storage::Snapshot& view) {
  std::set<NetworkId> logs;
  const auto take = [&](const storage::NetworkKey& key, const auto&) {
    logs.insert(key.network);
    return true;
  };
  RETURN_IF_ERROR(view.Scan(storage::kAuditTrees,
                            storage::KeysUnder(storage::kAuditTrees),
                            storage::Direction::kForward, take));
  RETURN_IF_ERROR(view.Scan(storage::kCheckpoints,
                            storage::KeysUnder(storage::kCheckpoints),
                            storage::Direction::kForward, take));
  return logs;
}

}  // namespace

absl::Status CheckpointFolder::Append(const CheckpointSigner& signer,
                                      absl::Time now,
                                      absl::string_view note) const {
  const std::string path = absl::StrCat(
      path_, "/", FilePrefix(signer),
      absl::FormatTime("%Y-%m-%d", now, absl::UTCTimeZone()), kEnding);
  RETURN_IF_ERROR(storage::MakeFolder(path_));
  ASSIGN_OR_RETURN(const auto file, storage::DurableFile::AppendOnly(path));
  // What a crash cut short must not run into the next entry.
  const bool torn = file->size() != 0 && !EndsWithEntry(path);
  return file->Append(absl::StrCat(torn ? kEntryEnd : "", note, "\n"));
}

absl::StatusOr<std::optional<SignedCheckpoint>> CheckpointFolder::Last(
    const CheckpointSigner& signer) const {
  const std::vector<std::string> files = FileNames(path_, FilePrefix(signer));
  for (auto file = files.rbegin(); file != files.rend(); ++file) {
    ASSIGN_OR_RETURN(const std::string bytes,
                     storage::ReadWholeFile(absl::StrCat(path_, "/", *file)));
    const std::vector<absl::string_view> parts =
        absl::StrSplit(bytes, kEntryEnd);
    for (size_t i = parts.size(); i > 1; --i) {
      absl::StatusOr<SignedCheckpoint> opened = signer.Open(
          absl::StrCat(parts[i - 2], kEntryEnd, parts[i - 1], "\n"));
      if (opened.ok()) {
        return std::optional<SignedCheckpoint>(*std::move(opened));
      }
    }
  }
  return std::optional<SignedCheckpoint>();
}

std::set<NetworkId> CheckpointFolder::Logs() const {
  std::set<NetworkId> logs;
  for (const std::string& name : FileNames(path_, kFilesOfLogs)) {
    const std::vector<std::string> parts = absl::StrSplit(name, '-');
    if (parts[1] == domain::kServerLogName) {
      logs.insert(NetworkId());
    } else if (const auto network = NetworkId::FromText(parts[1])) {
      logs.insert(*network);
    }
  }
  return logs;
}

Checkpoints::Checkpoints(storage::Store& store, const crypto::KeyRing& keys,
                         std::string incarnation, std::string folder)
    : store_(store),
      keys_(keys),
      incarnation_(std::move(incarnation)),
      folder_(std::move(folder)) {}

absl::StatusOr<std::vector<SignedCheckpoint>> Checkpoints::LastSigned(
    const storage::Snapshot& view, const NetworkId& network,
    const CheckpointSigner& signer) const {
  std::vector<SignedCheckpoint> last;
  ASSIGN_OR_RETURN(const auto record,
                   view.Find(storage::kCheckpoints, {network}));
  if (record) {
    // A note of an earlier incarnation does not bind this one.
    if (absl::StatusOr<SignedCheckpoint> opened = signer.Open(record->note());
        opened.ok()) {
      last.push_back(*std::move(opened));
    }
  }
  ASSIGN_OR_RETURN(std::optional<SignedCheckpoint> second,
                   folder_.Last(signer));
  if (second) {
    last.push_back(*std::move(second));
  }
  return last;
}

absl::Status Checkpoints::CheckLastSigned() const {
  const storage::Snapshot view = store_.Read();
  ASSIGN_OR_RETURN(std::set<NetworkId> logs, LogsOf(view));
  logs.merge(folder_.Logs());
  for (const NetworkId& network : logs) {
    const auto signer = CheckpointSigner::Of(keys_, network, incarnation_);
    if (absl::IsNotFound(signer.status())) {
      continue;  // files of another server in the same folder
    }
    RETURN_IF_ERROR(signer.status());
    ASSIGN_OR_RETURN(const AuditTree tree, AuditTree::Open(view, network));
    ASSIGN_OR_RETURN(const auto last, LastSigned(view, network, *signer));
    for (const SignedCheckpoint& checkpoint : last) {
      RETURN_IF_ERROR(
          domain::CheckContinues(tree, checkpoint, signer->origin()));
    }
  }
  return absl::OkStatus();
}

absl::Status Checkpoints::SignGrown(absl::Time now) {
  MutexLock lock(signing_);
  const storage::Snapshot view = store_.Read();
  ASSIGN_OR_RETURN(const std::set<NetworkId> logs, LogsOf(view));
  // One log that cannot be signed must not keep the others from it.
  absl::Status first_failure;
  for (const NetworkId& network : logs) {
    first_failure.Update(SignLog(view, network, now));
  }
  return first_failure;
}

absl::Status Checkpoints::SignLog(const storage::Snapshot& view,
                                  const NetworkId& network, absl::Time now) {
  ASSIGN_OR_RETURN(const AuditTree tree, AuditTree::Open(view, network));
  ASSIGN_OR_RETURN(const auto record,
                   view.Find(storage::kCheckpoints, {network}));
  ASSIGN_OR_RETURN(const CheckpointSigner signer,
                   CheckpointSigner::Of(keys_, network, incarnation_));
  if (record) {
    const absl::StatusOr<SignedCheckpoint> last = signer.Open(record->note());
    if (!last.ok()) {
      return absl::DataLossError(
          absl::StrCat("the audit log ", signer.origin(),
                       " goes on from another one and does not say so"));
    }
    if (last->size == tree.size()) {
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(domain::CheckContinues(tree, *last, signer.origin()));
  }
  ASSIGN_OR_RETURN(const Hash32 root, tree.RootAt(tree.size()));
  const SignedCheckpoint next = signer.Sign(tree.size(), root);
  // The second place first: what the store says was signed is always there.
  RETURN_IF_ERROR(folder_.Append(signer, now, next.note));
  storage::v1::CheckpointRecord kept;
  kept.set_note(next.note);
  kept.set_size(next.size);
  kept.set_root(std::string(next.root.bytes()));
  kept.set_verifier_key(signer.verifier_key());
  kept.set_signed_at_micros(absl::ToUnixMicros(now));
  return Write([&](storage::Transaction& tx) {
    return tx.Put(storage::kCheckpoints, {network}, kept);
  });
}

absl::Status Checkpoints::Write(
    absl::AnyInvocable<absl::Status(storage::Transaction&)> body) {
  std::promise<absl::Status> written;
  store_.Write(
      storage::WriteKind::kRecordOnly, std::move(body),
      [&written](const absl::Status& status) { written.set_value(status); });
  return written.get_future().get();
}

void Checkpoints::Run(
    absl::AnyInvocable<absl::Time()> clock,
    absl::AnyInvocable<void(const absl::Status&)> on_failure) {
  repeated_.emplace(kInterval,
                    [this, last = absl::OkStatus(), clock = std::move(clock),
                     on_failure = std::move(on_failure)]() mutable {
                      absl::Status signed_all = SignGrown(clock());
                      if (!signed_all.ok() && signed_all != last) {
                        on_failure(signed_all);
                      }
                      last = std::move(signed_all);
                    });
}

}  // namespace renkei::jobs
