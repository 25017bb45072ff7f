#include "server/domain/stream_place.h"

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/domain/authorize.h"
#include "server/domain/message_walk.h"
#include "server/domain/receipts.h"
#include "server/domain/refusal.h"
#include "server/domain/stream_sights.h"
#include "server/domain/sync.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/aead.h"
#include "storage/crypto/hash.h"

namespace renkei::domain {
namespace {

using crypto::KeyScope;
using crypto::SealUse;

// What one confirmation looks at in one group; the next one goes on.
constexpr size_t kConfirmedMax = 4096;
constexpr size_t kWalkedAtOnce = 64;

absl::Status InvalidCursor() {
  return Refuse(absl::StatusCode::kInvalidArgument, Reason::kCursorInvalid,
                "cursor: not made for this person, device and server");
}

std::string Associated(const Caller& caller) {
  return absl::StrCat("cursor ", caller.network.bytes(), caller.person.bytes(),
                      crypto::Sha256(caller.device_id).bytes());
}

storage::DeviceKey DeviceOf(const Caller& caller) {
  return {caller.network, caller.person, crypto::Sha256(caller.device_id)};
}

// What was posted after one commit, up to another.
absl::StatusOr<std::vector<uint64_t>> PostedBetween(const WriteCall& call,
                                                    const GroupId& group,
                                                    uint64_t after,
                                                    uint64_t through) {
  const storage::GroupKey key{CallerOf(call).network, group};
  ASSIGN_OR_RETURN(const uint64_t first, FirstAfterCommit(call.tx, key, after));
  std::vector<uint64_t> sequences;
  RETURN_IF_ERROR(WalkMessages(
      call.tx, {.group = key, .first = first, .expected = kWalkedAtOnce},
      [&](uint64_t sequence, const SharedMessage& message) {
        if (message->commit() > through) {
          return false;
        }
        sequences.push_back(sequence);
        return sequences.size() < kConfirmedMax;
      }));
  return sequences;
}

// Notes as delivered what the caller was sent of these and did not write.
absl::Status ConfirmMessages(WriteCall& call, StreamSights& sights,
                             const GroupId& group,
                             const std::vector<uint64_t>& sequences) {
  ASSIGN_OR_RETURN(const Sight* sight, sights.Of(group));
  if (sight == nullptr || sequences.empty()) {
    return absl::OkStatus();
  }
  const Caller& caller = CallerOf(call);
  std::vector<MessageRevision> delivered;
  ReceiptReader receipts(call.tx, caller.network, group, caller.person);
  for (const uint64_t sequence : sequences) {
    ASSIGN_OR_RETURN(const auto message,
                     call.tx.FindShared(storage::kMessages,
                                        {caller.network, group, sequence}));
    if (!message || !sight->Sees(sequence, *message) ||
        sight->Wrote(*message)) {
      continue;
    }
    ASSIGN_OR_RETURN(const ReceiptFacts facts, receipts.Find(sequence));
    if (facts.disclosed_at_micros != 0) {
      delivered.push_back({sequence, facts.revision});
    }
  }
  return RecordDelivered(call, group, caller.person, delivered);
}

}  // namespace

std::string MakeCursor(const crypto::KeyRing& keys, const Caller& caller,
                       absl::string_view incarnation, absl::Time now,
                       uint64_t commit) {
  const auto key =
      keys.Current(KeyScope::Network(caller.network), SealUse::kTokens);
  std::string place;
  storage::AppendPart(commit, place);
  storage::AppendPart(static_cast<uint64_t>(absl::ToUnixSeconds(now)), place);
  absl::StrAppend(&place, incarnation);
  return absl::WebSafeBase64Escape(
      crypto::Seal(*key, Associated(caller), place));
}

absl::StatusOr<std::optional<uint64_t>> OpenCursor(
    const ReadCall& call, absl::string_view incarnation,
    absl::string_view cursor) {
  std::string blob;
  if (!absl::WebSafeBase64Unescape(cursor, &blob)) {
    return InvalidCursor();
  }
  const auto name = crypto::ParseHeader(blob);
  const auto key =
      name.ok() ? call.keys.Find(*name, SealUse::kTokens) : nullptr;
  if (key == nullptr) {
    return InvalidCursor();
  }
  const absl::StatusOr<std::string> place =
      crypto::Open(*key, Associated(CallerOf(call)), blob);
  if (!place.ok()) {
    return InvalidCursor();
  }
  absl::string_view rest = *place;
  uint64_t commit = 0;
  uint64_t made_at_seconds = 0;
  if (!storage::TakePart(rest, commit) ||
      !storage::TakePart(rest, made_at_seconds)) {
    return InvalidCursor();
  }
  const absl::Time made_at =
      absl::FromUnixSeconds(static_cast<int64_t>(made_at_seconds));
  // What came after the backup of a restored store is lost, and its numbers are
  // given out anew: the place is nowhere.
  const bool served =
      rest == incarnation && call.now - made_at <= kCursorLifetime;
  return served ? std::optional<uint64_t>(commit) : std::nullopt;
}

absl::StatusOr<StreamBeginning> BeginStream(ReadCall& call,
                                            absl::string_view incarnation,
                                            absl::string_view cursor) {
  Target target;
  target.network = CallerOf(call).network;
  RETURN_IF_ERROR(Authorize(call, Action::kSync, target));
  if (!cursor.empty()) {
    ASSIGN_OR_RETURN(const std::optional<uint64_t> place,
                     OpenCursor(call, incarnation, cursor));
    return place ? StreamBeginning{StreamBeginning::Mode::kResumed, *place}
                 : StreamBeginning{StreamBeginning::Mode::kExpired, 0};
  }
  ASSIGN_OR_RETURN(const uint64_t last, LastCommit(call));
  // What was posted before is not sent, so there is nothing of it to confirm.
  call.with_audit = [last](WriteCall& write) {
    storage::v1::DeviceSyncRecord record;
    record.set_confirmed_commit(last);
    return write.tx.Put(storage::kDeviceSyncs, DeviceOf(CallerOf(write)),
                        record);
  };
  return StreamBeginning{StreamBeginning::Mode::kFresh, last};
}

absl::Status AckDelivery(WriteCall& call, absl::string_view incarnation,
                         absl::string_view cursor) {
  Target target;
  target.network = CallerOf(call).network;
  RETURN_IF_ERROR(Authorize(call, Action::kAckDelivery, target));
  const Caller& caller = CallerOf(call);
  ASSIGN_OR_RETURN(const std::optional<uint64_t> place,
                   OpenCursor(call, incarnation, cursor));
  if (!place) {
    return InvalidCursor();
  }
  const uint64_t commit = *place;
  const storage::DeviceKey device = DeviceOf(caller);
  ASSIGN_OR_RETURN(auto confirmed, call.tx.Find(storage::kDeviceSyncs, device));
  if (!confirmed || confirmed->confirmed_commit() >= commit) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const std::vector<GroupId> groups, GroupsOfCaller(call));
  StreamSights sights(call);
  for (const GroupId& group : groups) {
    ASSIGN_OR_RETURN(
        const std::vector<uint64_t> sequences,
        PostedBetween(call, group, confirmed->confirmed_commit(), commit));
    RETURN_IF_ERROR(ConfirmMessages(call, sights, group, sequences));
  }
  confirmed->set_confirmed_commit(commit);
  return call.tx.Put(storage::kDeviceSyncs, device, *confirmed);
}

}  // namespace renkei::domain
