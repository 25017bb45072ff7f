// The reading half of the door.
#include <utility>

#include "server/domain/audit.h"
#include "server/domain/authorize.h"
#include "server/domain/door.h"
#include "server/domain/door_checks.h"
#include "server/domain/refusal.h"
#include "server/domain/session_proof.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

constexpr int kReadsMax = 4;

}  // namespace

struct Door::PendingRead {
  Request request;
  ReadOperation operation;
  Answer answer;
  int reads = 0;
  // Of the latest read.
  absl::Status result;
  absl::Time now;
  std::optional<Caller> caller;  // once proven
  AuditNote note;
  std::vector<Authorization> authorizations;
  absl::AnyInvocable<absl::Status(WriteCall&)> with_audit;
  // Of its recording.
  bool outdated = false;      // rights have changed: nothing is kept of it
  bool unrecordable = false;  // not even its failure can be kept
  Outcome outcome;
};

void Door::Read(Request request, ReadOperation operation, Answer answer) {
  auto read = std::make_shared<PendingRead>();
  read->request = std::move(request);
  read->operation = std::move(operation);
  read->answer = std::move(answer);
  StartRead(std::move(read));
}

void Door::StartRead(std::shared_ptr<PendingRead> read) {
  if (!RunRead(store_.Read(), *read)) {
    AnswerUnrecorded(std::move(read));
    return;
  }
  ++read->reads;
  store_.Write(
      storage::WriteKind::kRecordOnly,
      [this, read](storage::Transaction& tx) {
        while (!RecordRead(tx, *read)) {
          tx.DropEffects();
        }
        return read->outdated ? absl::OkStatus() : read->result;
      },
      [this, read](const absl::Status& recorded) {
        if (recorded.ok() && read->outdated && read->reads < kReadsMax) {
          StartRead(read);
          return;
        }
        if (recorded.ok() && !read->outdated) {
          publish_(read->outcome);
        }
        read->answer(
            read->outdated
                ? Refuse(absl::StatusCode::kUnavailable,
                         Reason::kServerStopping,
                         "the rights concerned keep changing; try again")
                : FromStore(recorded));
      });
}

// Proves the caller and runs the operation. True when its event must be durable
// before anything is answered; else `result` is the answer.
bool Door::RunRead(const storage::Snapshot& view, PendingRead& read) const {
  read.now = clock_();
  read.caller.reset();
  read.outdated = false;
  read.result = LateOrOk(read.request, read.now);
  if (!read.result.ok()) {
    return false;
  }
  absl::StatusOr<std::optional<Caller>> caller =
      Prove(view, read.now, read.request);
  if (!caller.ok()) {
    read.result = caller.status();
    return false;
  }
  ReadCall call{
      view, read.now, *std::move(caller), read.request.origin, keys_, {},
      {},   {}};
  call.note.type = read.request.event_type;
  read.result = read.operation(call);
  if (read.result.ok()) {
    read.result = AskedFirst(call, read.request);
  }
  read.caller = std::move(call.caller);
  read.note = std::move(call.note);
  read.authorizations = std::move(call.authorizations);
  read.with_audit = std::move(call.with_audit);
  // A stream's read that hands out no text has nothing to record.
  const bool silent = read.request.stream && read.result.ok() &&
                      read.note.type == static_cast<uint32_t>(AuditType::kNone);
  return WritesEvent(read.request) && !silent;
}

void Door::AnswerUnrecorded(std::shared_ptr<PendingRead> read) {
  const bool is_activity = read->request.is_activity;
  if (!read->caller || !UseIsNews(*read->caller, is_activity, read->now)) {
    read->answer(read->result);
    return;
  }
  store_.Write(
      storage::WriteKind::kRecordOnly,
      [caller = *read->caller, is_activity](storage::Transaction& tx) {
        return NoteUse(tx, caller, is_activity);
      },
      [read](const absl::Status& noted) {
        read->answer(noted.ok() ? read->result : FromStore(noted));
      });
}

// Leaves in `result` what the caller is to be told. False when something could
// not be kept: once its effects are dropped, it is to be recorded as failed.
bool Door::RecordRead(storage::Transaction& tx, PendingRead& read) {
  if (read.unrecordable) {
    return true;
  }
  absl::StatusOr<std::optional<Caller>> caller =
      Prove(tx, tx.now(), read.request);
  if (!caller.ok()) {
    read.result = caller.status();
    return true;
  }
  WriteCall call =
      NewWriteCall(tx, *std::move(caller), read.request.origin, keys_);
  for (const Authorization& earlier : read.authorizations) {
    const absl::Status again = Authorize(call, earlier.action, earlier.target);
    const Decision& now = call.authorizations.back().decision;
    if (now.allowed != earlier.decision.allowed ||
        now.access_version != earlier.decision.access_version) {
      read.outdated = true;
      return true;
    }
    again.IgnoreError();  // the same decision as before; read.result tells what
                          // became of it
  }
  call.note = read.note;
  if (read.result.ok() && read.with_audit) {
    read.result = read.with_audit(call);
    if (!read.result.ok()) {
      return false;
    }
  }
  if (!Finish(call, read.request, read.result).ok()) {
    read.result = absl::InternalError("the audit event could not be written");
    read.unrecordable = true;
    return false;
  }
  read.outcome = {std::move(call.wakes), std::move(call.ended_sessions)};
  return true;
}

void Door::ReadTogether(std::vector<StreamRead> reads, RoundAnswer done) {
  struct Round {
    std::vector<StreamRead> reads;
    std::vector<PendingRead> pending;
    std::vector<size_t> recorded;  // those with an event
    RoundAnswer done;
  };
  auto round = std::make_shared<Round>();
  round->pending.resize(reads.size());
  const storage::Snapshot view = store_.Read();
  for (size_t i = 0; i < reads.size(); ++i) {
    PendingRead& read = round->pending[i];
    read.request = std::move(reads[i].request);
    read.operation = std::move(reads[i].operation);
    if (RunRead(view, read)) {
      round->recorded.push_back(i);
    }
    reads[i].answer = read.result;
  }
  if (round->recorded.empty()) {
    done(std::move(reads));
    return;
  }
  round->reads = std::move(reads);
  round->done = std::move(done);
  store_.Write(
      storage::WriteKind::kRecordOnly,
      [this, round](storage::Transaction& tx) {
        size_t next = 0;
        while (next < round->recorded.size()) {
          if (RecordRead(tx, round->pending[round->recorded[next]])) {
            ++next;
          } else {
            // What the others of the round kept went with it.
            tx.DropEffects();
            next = 0;
          }
        }
        return absl::OkStatus();
      },
      [this, round](const absl::Status& recorded) {
        for (const size_t i : round->recorded) {
          PendingRead& read = round->pending[i];
          if (recorded.ok() && !read.outdated) {
            publish_(read.outcome);
          }
          round->reads[i].answer =
              !recorded.ok() ? FromStore(recorded)
              : read.outdated
                  ? absl::AbortedError("rights have changed: read again")
                  : FromStore(read.result);
        }
        round->done(std::move(round->reads));
      });
}

absl::Status Door::Look(const Request& request,
                        absl::FunctionRef<absl::Status(ReadCall&)> look) {
  const storage::Snapshot view = store_.Read();
  const absl::Time now = clock_();
  RETURN_IF_ERROR(LateOrOk(request, now));
  ASSIGN_OR_RETURN(std::optional<Caller> caller, Prove(view, now, request));
  ReadCall call{view, now, std::move(caller), request.origin, keys_, {},
                {},   {}};
  return look(call);
}

}  // namespace renkei::domain
