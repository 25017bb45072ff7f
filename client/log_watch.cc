#include "client/log_watch.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"

namespace renkei::client {
namespace {

using Audit = v1::AuditService::Stub;

constexpr absl::string_view kAlarmUrl = "renkei/log-alarm";

absl::Status Alarm(absl::string_view why) {
  absl::Status alarm =
      absl::DataLossError(absl::StrCat("the audit log: ", why));
  alarm.SetPayload(kAlarmUrl, absl::Cord());
  return alarm;
}

// A server that is busy or away may be asked again; one that will not prove
// what it must be able to prove has something to hide.
bool MayBeAskedAgain(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kUnauthenticated:
      return true;
    default:
      return false;
  }
}

absl::StatusOr<std::vector<Hash32>> HashesOf(
    const v1::ConsistencyProof& proof) {
  std::vector<Hash32> hashes;
  for (const std::string& bytes : proof.hashes()) {
    const std::optional<Hash32> hash = Hash32::FromBytes(bytes);
    if (!hash) {
      return Alarm("the server's proof is malformed");
    }
    hashes.push_back(*hash);
  }
  return hashes;
}

absl::Status CheckContinues(Client& client, absl::string_view network,
                            const audit::Checkpoint& kept,
                            const audit::Checkpoint& now) {
  if (now.size < kept.size) {
    return Alarm(
        absl::StrCat("it had ", kept.size, " events and has ", now.size));
  }
  std::vector<Hash32> hashes;
  if (now.size != kept.size) {
    v1::GetConsistencyProofRequest request;
    request.set_parent(std::string(network));
    request.set_older_size(static_cast<int64_t>(kept.size));
    request.set_newer_size(static_cast<int64_t>(now.size));
    const absl::StatusOr<v1::ConsistencyProof> proof =
        client.Call(&Audit::GetConsistencyProof, request);
    if (!proof.ok()) {
      return MayBeAskedAgain(proof.status())
                 ? proof.status()
                 : Alarm(absl::StrCat("the server gives no proof: ",
                                      proof.status().message()));
    }
    ASSIGN_OR_RETURN(hashes, HashesOf(*proof));
  }
  const absl::Status proved =
      audit::CheckConsistency(kept.size, now.size, kept.root, now.root, hashes);
  return proved.ok()
             ? absl::OkStatus()
             : Alarm(absl::StrCat(
                   "the first ", kept.size,
                   " events are not those of before: ", proved.message()));
}

absl::Status Compare(Client& client, absl::string_view network,
                     const SeenCheckpoint& kept, const SeenCheckpoint& now) {
  // A log that was restored from a backup has a new origin; the key stays.
  if (kept.key.public_key != now.key.public_key) {
    return Alarm("it is signed with another key than before");
  }
  return CheckContinues(client, network, kept.checkpoint, now.checkpoint);
}

}  // namespace

absl::StatusOr<SeenCheckpoint> FetchCheckpoint(Client& client,
                                               absl::string_view network) {
  v1::GetCheckpointRequest request;
  request.set_name(absl::StrCat(network, "/checkpoint"));
  ASSIGN_OR_RETURN(const v1::Checkpoint answer,
                   client.Call(&Audit::GetCheckpoint, request));
  absl::StatusOr<SeenCheckpoint> seen =
      OpenCheckpoint(network, answer.verifier_key(), answer.note());
  if (!seen.ok()) {
    return Alarm(seen.status().message());
  }
  return seen;
}

absl::Status CheckLog(Client& client, absl::string_view network,
                      const CheckpointFile& file) {
  // Read before the server is asked: whatever other processes keep meanwhile,
  // its answer is not older than this.
  ASSIGN_OR_RETURN(const std::optional<SeenCheckpoint> kept, file.Read());
  const absl::StatusOr<SeenCheckpoint> now = FetchCheckpoint(client, network);
  if (!now.ok()) {
    return absl::IsNotFound(now.status())
               ? kept ? Alarm("its checkpoint is gone") : absl::OkStatus()
               : now.status();
  }
  if (kept) {
    if (const absl::Status compared = Compare(client, network, *kept, *now);
        !compared.ok()) {
      if (IsLogAlarm(compared)) {
        RETURN_IF_ERROR(file.KeepConflict(now->note));
      }
      return compared;
    }
  }
  return file.Advance(*now);
}

bool IsLogAlarm(const absl::Status& status) {
  return status.GetPayload(kAlarmUrl).has_value();
}

Text LogAlarmText() {
  return {
      "警告: "
      "このサーバーの監査証跡は、この端末が前に確かめたものの続きではありません"
      "。\n"
      "記録の書き換え、削除、または二通りの提示が疑われます("
      "予告のあったバックアップからの復元でも起こります)。\n"
      "すぐに監査担当者へ連絡してください。了解を得るまで、この警告はすべてのコ"
      "マンドで続きます。",
      "ALARM: this server's audit log does not continue the one that this "
      "device verified before.\n"
      "Records may have been changed, removed, or shown in two versions (an "
      "announced restore from a backup does it, "
      "too).\n"
      "Tell the auditor at once. Every command repeats this alarm until the "
      "auditor clears it."};
}

}  // namespace renkei::client
