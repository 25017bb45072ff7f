#include "server/domain/door.h"

#include <utility>

#include "server/domain/audit.h"
#include "server/domain/door_checks.h"
#include "server/domain/kept_answers.h"
#include "server/domain/refusal.h"
#include "server/domain/session_proof.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

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

}  // namespace

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

}  // namespace renkei::domain
