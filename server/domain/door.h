// The one door between a call and the store: prove the caller, run one
// operation that must ask the policy, append its audit event in the same
// commit, wait until that is durable, answer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/domain/call.h"
#include "storage/base/hash32.h"

namespace renkei::domain {

// What the door knows of a call before any data is looked at.
struct Request {
  Action action = Action::kSignIn;  // the rpc's own; the operation's first
                                    // Authorize must be for it
  uint32_t event_type =
      0;  // numbers of renkei.v1.AuditEventType; AuditType::kNone: no event
  bool needs_caller = true;  // false only where anybody may call
  bool is_activity = true;  // false for what a program does by itself: it keeps
                            // no session awake
  std::optional<Hash32> token;  // SHA-256 of the access token, if one was sent
  // Instead of a token: who opened the stream. Only the session is proven
  // again.
  std::optional<Caller> stream;
  Origin origin;
  std::optional<RequestId>
      id;  // idempotency, with the SHA-256 of the rpc's name and the request
  Hash32 content;
  absl::Time deadline = absl::InfiniteFuture();  // nothing is begun after it
};

// How the first answer of a request id is kept and given again.
struct Replay {
  absl::AnyInvocable<std::string()> keep;  // serialized answer
  absl::AnyInvocable<absl::Status(ReadCall&, const std::string&)>
      restore;  // false form: DataLoss
};

// What becomes public once a commit is durable.
struct Outcome {
  std::vector<Wake> wakes;
  std::vector<SessionId> ended_sessions;
};

// Thread-safe.
class Door {
 public:
  using Answer = absl::AnyInvocable<void(const absl::Status&)>;
  using WriteOperation = absl::AnyInvocable<absl::Status(WriteCall&)>;
  using ReadOperation = absl::AnyInvocable<absl::Status(ReadCall&)>;
  // Called after the commit and before the answer, one at a time.
  using Publish = std::function<void(const Outcome&)>;

  Door(storage::Store& store, const crypto::KeyRing& keys,
       std::function<absl::Time()> clock, Publish publish)
      : store_(store),
        keys_(keys),
        clock_(std::move(clock)),
        publish_(std::move(publish)) {}

  // Runs `operation` in the commit turn (storage::Store::Write). Its effects
  // are kept if it returns OK and was authorized; its audit event is kept
  // either way; `answer` comes when both are durable. Calls without proven
  // credentials where they are needed leave no event.
  void Write(Request request, WriteOperation operation, Replay replay,
             Answer answer);

  // Runs `operation` on a snapshot on this thread, then decides again where its
  // audit event commits; when the rights have changed in between it reads again
  // (so `operation` must start from nothing each time). `answer` comes when the
  // event is durable.
  void Read(Request request, ReadOperation operation, Answer answer);

  // One stream's part in a round. REQUIRES: request.stream and no activity, or
  // an event_type: the opening of a stream.
  struct StreamRead {
    Request request;
    ReadOperation operation;
    absl::Status answer;
  };
  using RoundAnswer = absl::AnyInvocable<void(std::vector<StreamRead>)>;

  // The same for several streams at once: all operations run on one snapshot on
  // this thread, and one commit decides each anew and holds the events of all.
  // Each part stands alone: one that fails is recorded as failed, and the
  // others are as without it (what they keep, by with_audit, runs again then).
  // ABORTED where rights changed in between: read again. `done` comes once,
  // with every answer, when all events are durable.
  void ReadTogether(std::vector<StreamRead> reads, RoundAnswer done);

  // For work that belongs before the queue, such as password hashing: `look` on
  // a snapshot, with the caller proven, no audit event. What it learned must be
  // checked again by the Write that follows.
  absl::Status Look(const Request& request,
                    absl::FunctionRef<absl::Status(ReadCall&)> look);

  absl::Time now() const { return clock_(); }
  storage::Store& store() { return store_; }
  const crypto::KeyRing& keys() const { return keys_; }

 private:
  struct PendingRead;

  absl::StatusOr<std::optional<Caller>> Prove(const storage::Snapshot& view,
                                              absl::Time now,
                                              const Request& request) const;
  absl::Status RunWrite(WriteCall& call, const Request& request,
                        WriteOperation& operation, Replay& replay);
  absl::StatusOr<bool> Replayed(WriteCall& call, const Request& request,
                                Replay& replay);
  absl::Status Keep(WriteCall& call, const Request& request, Replay& replay);
  absl::Status Finish(WriteCall& call, const Request& request,
                      const absl::Status& answer);
  void StartRead(std::shared_ptr<PendingRead> read);
  bool RunRead(const storage::Snapshot& view, PendingRead& read) const;
  void AnswerUnrecorded(std::shared_ptr<PendingRead> read);
  bool RecordRead(storage::Transaction& tx, PendingRead& read);

  storage::Store& store_;
  const crypto::KeyRing& keys_;
  const std::function<absl::Time()> clock_;
  const Publish publish_;
};

}  // namespace renkei::domain
