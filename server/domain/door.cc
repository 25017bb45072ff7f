#include "server/domain/door.h"

#include <utility>

#include "absl/strings/match.h"
#include "server/domain/audit.h"
#include "server/domain/authorize.h"
#include "server/domain/kept_answers.h"
#include "server/domain/refusal.h"
#include "server/domain/session_proof.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

constexpr int kReadsMax = 4;

bool WritesEvent(const Request& request) {
  return request.event_type != static_cast<uint32_t>(AuditType::kNone);
}

absl::Status LateOrOk(const Request& request, absl::Time now) {
  return now < request.deadline ? absl::OkStatus()
                                : Refuse(absl::StatusCode::kDeadlineExceeded,
                                         Reason::kDeadlineTooShort,
                                         "the deadline passed before the call "
                                         "was begun; nothing was done");
}

// Closed by default: an operation that never asked, or asked for something
// else, has no right to an answer.
absl::Status AskedFirst(const ReadCall& call, const Request& request) {
  const bool asked = !call.authorizations.empty() &&
                     call.authorizations.front().action == request.action &&
                     call.authorizations.front().decision.allowed;
  return asked ? absl::OkStatus()
               : absl::InternalError(
                     "the operation did not ask for its own action");
}

// On a disk that is low these go on, beside the reads: without a session nobody
// reads on, and what takes rights away or saves the store cannot wait. All are
// small.
storage::WriteKind KindOf(Action action) {
  switch (action) {
    case Action::kSignIn:
    case Action::kVerifySecondFactor:
    case Action::kRefreshSession:
    case Action::kSignOut:
    case Action::kRevokeSession:
    case Action::kSuspendAffiliation:
    case Action::kEndAffiliation:
    case Action::kRevokeRole:
    case Action::kWithdrawConsent:
    case Action::kRemoveMember:
    case Action::kLeaveGroup:
    case Action::kUnseal:
    case Action::kBackup:
      return storage::WriteKind::kRecordOnly;
    default:
      return storage::WriteKind::kChange;
  }
}

// The store's own refusals, in the API's terms.
absl::Status FromStore(const absl::Status& status) {
  if (ReasonOf(status) != Reason::kUnspecified) {
    return status;
  }
  if (absl::IsResourceExhausted(status)) {
    const bool disk = absl::StrContains(status.message(), "disk");
    return Refuse(status.code(), disk ? Reason::kDiskLow : Reason::kQueueFull,
                  status.message());
  }
  if (absl::IsUnavailable(status)) {
    return Refuse(status.code(), Reason::kStoreFenced, status.message());
  }
  return status;
}

}  // namespace

struct Door::PendingRead {
  Request request;
  ReadOperation operation;
  Answer answer;
  int reads = 0;
  // Of the latest read.
  absl::Status result;
  AuditNote note;
  std::vector<Authorization> authorizations;
  absl::AnyInvocable<absl::Status(WriteCall&)> with_audit;
  bool outdated = false;
  Outcome outcome;
};

absl::StatusOr<std::optional<Caller>> Door::Prove(
    const storage::Snapshot& view, absl::Time now,
    const Request& request) const {
  if (request.stream) {
    RETURN_IF_ERROR(ProveSession(view, now, request.stream->network,
                                 request.stream->session));
    return request.stream;
  }
  if (!request.needs_caller) {
    return std::optional<Caller>();
  }
  if (!request.token) {
    return Refuse(absl::StatusCode::kUnauthenticated,
                  Reason::kCredentialsMissing, "no access token was sent");
  }
  ASSIGN_OR_RETURN(Caller caller, ProveCaller(view, now, *request.token));
  return std::optional<Caller>(std::move(caller));
}

void Door::Write(Request request, WriteOperation operation, Replay replay,
                 Answer answer) {
  struct Pending {
    Request request;
    WriteOperation operation;
    Replay replay;
    Answer answer;
    absl::Status kept_answer;
    Outcome outcome;
  };
  auto pending = std::make_shared<Pending>(Pending{std::move(request),
                                                   std::move(operation),
                                                   std::move(replay),
                                                   std::move(answer),
                                                   {},
                                                   {}});
  store_.Write(
      KindOf(pending->request.action),
      [this, pending](storage::Transaction& tx) -> absl::Status {
        RETURN_IF_ERROR(LateOrOk(pending->request, tx.now()));
        ASSIGN_OR_RETURN(std::optional<Caller> caller,
                         Prove(tx, tx.now(), pending->request));
        WriteCall call =
            NewWriteCall(tx, std::move(caller), pending->request.origin, keys_);
        call.note.type = pending->request.event_type;
        const absl::Status result = RunWrite(
            call, pending->request, pending->operation, pending->replay);
        if (result.ok()) {
          pending->outcome = {std::move(call.wakes),
                              std::move(call.ended_sessions)};
          pending->kept_answer = call.answer;
        }
        return result;
      },
      [this, pending](const absl::Status& result) {
        if (result.ok()) {
          publish_(pending->outcome);
        }
        pending->answer(result.ok() ? pending->kept_answer : FromStore(result));
      });
}

absl::Status Door::RunWrite(WriteCall& call, const Request& request,
                            WriteOperation& operation, Replay& replay) {
  absl::Status result = absl::OkStatus();
  const absl::StatusOr<bool> replayed = Replayed(call, request, replay);
  if (!replayed.ok()) {
    result = replayed.status();
  } else if (!*replayed) {
    result = operation(call);
    if (result.ok()) {
      result = AskedFirst(call, request);
    }
    if (result.ok() && call.answer.ok()) {
      result = Keep(call, request, replay);
    }
  }
  if (!result.ok()) {
    call.tx.DropEffects();
    call.wakes.clear();
    call.ended_sessions.clear();
  }
  const absl::Status finished =
      Finish(call, request, result.ok() ? call.answer : result);
  if (!finished.ok()) {
    // No audit event, no answer, no effect.
    call.tx.DropEffects();
    return absl::InternalError("the audit event could not be written");
  }
  return result;
}

absl::Status Door::Finish(WriteCall& call, const Request& request,
                          const absl::Status& answer) {
  // An operation that found no known credentials in a call that needs no caller
  // says kNone: strangers are counted, they do not fill the log.
  const bool stranger =
      !call.caller && call.note.type == static_cast<uint32_t>(AuditType::kNone);
  if (WritesEvent(request) && !stranger) {
    RETURN_IF_ERROR(AppendAudit(call, answer));
  }
  return call.caller ? NoteUse(call.tx, *call.caller, request.is_activity)
                     : absl::OkStatus();
}

absl::StatusOr<bool> Door::Replayed(WriteCall& call, const Request& request,
                                    Replay& replay) {
  if (!request.id || !call.caller) {
    return false;
  }
  ASSIGN_OR_RETURN(const auto earlier, FindKeptAnswer(call, *request.id));
  if (!earlier) {
    return false;
  }
  if (earlier->content_hash() != request.content.bytes()) {
    return Refuse(absl::StatusCode::kAlreadyExists, Reason::kRequestIdReused,
                  "request_id was used for other content");
  }
  call.note.reason = "REPLAYED";
  RETURN_IF_ERROR(replay.restore(call, earlier->answer()));
  return true;
}

absl::Status Door::Keep(WriteCall& call, const Request& request,
                        Replay& replay) {
  if (!request.id || !call.caller) {
    return absl::OkStatus();
  }
  storage::v1::RequestRecord record;
  record.set_content_hash(std::string(request.content.bytes()));
  record.set_answer(replay.keep());
  record.set_rpc(std::string(RuleOf(request.action).name));
  return KeepAnswer(call, *request.id, std::move(record));
}

void Door::Read(Request request, ReadOperation operation, Answer answer) {
  auto read = std::make_shared<PendingRead>();
  read->request = std::move(request);
  read->operation = std::move(operation);
  read->answer = std::move(answer);
  StartRead(std::move(read));
}

void Door::StartRead(std::shared_ptr<PendingRead> read) {
  const storage::Snapshot view = store_.Read();
  const absl::Time now = clock_();
  const absl::Status late = LateOrOk(read->request, now);
  if (!late.ok()) {
    read->answer(late);
    return;
  }
  absl::StatusOr<std::optional<Caller>> caller =
      Prove(view, now, read->request);
  if (!caller.ok()) {
    read->answer(caller.status());
    return;
  }
  ReadCall call{view, now, *std::move(caller), read->request.origin, keys_, {},
                {},   {}};
  call.note.type = read->request.event_type;
  read->result = read->operation(call);
  if (read->result.ok()) {
    read->result = AskedFirst(call, read->request);
  }
  // A stream's read that hands out no text has nothing to record.
  const bool silent = read->request.stream && read->result.ok() &&
                      call.note.type == static_cast<uint32_t>(AuditType::kNone);
  if (!WritesEvent(read->request) || silent) {
    AnswerUnrecorded(std::move(read), call);
    return;
  }
  read->note = std::move(call.note);
  read->authorizations = std::move(call.authorizations);
  read->with_audit = std::move(call.with_audit);
  ++read->reads;
  store_.Write(
      storage::WriteKind::kRecordOnly,
      [this, read](storage::Transaction& tx) { return RecordRead(tx, *read); },
      [this, read](const absl::Status& recorded) {
        if (recorded.ok() && read->outdated && read->reads < kReadsMax) {
          read->outdated = false;
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

void Door::AnswerUnrecorded(std::shared_ptr<PendingRead> read,
                            const ReadCall& call) {
  const bool is_activity = read->request.is_activity;
  if (!call.caller || !UseIsNews(*call.caller, is_activity, call.now)) {
    read->answer(read->result);
    return;
  }
  store_.Write(
      storage::WriteKind::kRecordOnly,
      [caller = *call.caller, is_activity](storage::Transaction& tx) {
        return NoteUse(tx, caller, is_activity);
      },
      [read](const absl::Status& noted) {
        read->answer(noted.ok() ? read->result : FromStore(noted));
      });
}

// Returns what the caller is to be told. Nothing is kept when the read is
// outdated.
absl::Status Door::RecordRead(storage::Transaction& tx, PendingRead& read) {
  ASSIGN_OR_RETURN(std::optional<Caller> caller,
                   Prove(tx, tx.now(), read.request));
  WriteCall call =
      NewWriteCall(tx, std::move(caller), read.request.origin, keys_);
  call.note.type = read.request.event_type;
  for (const Authorization& earlier : read.authorizations) {
    const absl::Status again = Authorize(call, earlier.action, earlier.target);
    const Decision& now = call.authorizations.back().decision;
    if (now.allowed != earlier.decision.allowed ||
        now.access_version != earlier.decision.access_version) {
      read.outdated = true;
      return absl::OkStatus();
    }
    again.IgnoreError();  // the same decision as before; read.result tells what
                          // became of it
  }
  call.note = read.note;
  if (read.result.ok() && read.with_audit) {
    if (absl::Status kept = read.with_audit(call); !kept.ok()) {
      tx.DropEffects();
      read.result = std::move(kept);
    }
  }
  if (const absl::Status finished = Finish(call, read.request, read.result);
      !finished.ok()) {
    tx.DropEffects();
    return absl::InternalError("the audit event could not be written");
  }
  read.outcome = {std::move(call.wakes), std::move(call.ended_sessions)};
  return read.result;
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
