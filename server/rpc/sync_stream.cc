#include "server/rpc/sync_stream.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "grpcpp/server_context.h"
#include "server/domain/audit.h"
#include "server/domain/session_proof.h"
#include "server/rpc/errors.h"
#include "server/rpc/names.h"
#include "server/rpc/sync_conversion.h"
#include "storage/base/status_macros.h"

namespace renkei::rpc {
namespace {

using domain::StreamBeginning;

constexpr absl::Duration kHeartbeatInterval = absl::Seconds(22);
constexpr absl::Duration kSlowAfter = absl::Seconds(20);
constexpr absl::Duration kGivenUpAfter = absl::Seconds(60);
constexpr int32_t kRetryAfterMs = 2000;

}  // namespace

SyncStream::SyncStream(grpc::CallbackServerContext* context,
                       StreamSurroundings surroundings, Admit admit, Gone gone)
    : context_(context),
      surroundings_(std::move(surroundings)),
      admit_(std::move(admit)),
      gone_(std::move(gone)) {}

struct SyncStream::Beginning {
  domain::Request opening;
  v1::SyncRequest request;
  StreamBeginning place;
  uint64_t last_commit = 0;
  std::vector<GroupId> groups;
  std::vector<v1::SyncFrame> snapshot;
  std::optional<domain::Caller> caller;
};

std::shared_ptr<SyncStream> SyncStream::Open(
    grpc::CallbackServerContext* context, StreamSurroundings surroundings,
    domain::Request opening, const v1::SyncRequest& request, Admit admit,
    Gone gone) {
  auto stream = std::shared_ptr<SyncStream>(new SyncStream(
      context, std::move(surroundings), std::move(admit), std::move(gone)));
  stream->self_ = stream;
  auto beginning = std::make_shared<Beginning>();
  stream->origin_ = opening.origin;
  beginning->opening = std::move(opening);
  beginning->request = request;
  stream->Begin(beginning);
  return stream;
}

// With those that catch up: when a whole region comes back at once, gRPC's
// threads and the commit turn would be busy with nothing else.
void SyncStream::Begin(const std::shared_ptr<Beginning>& beginning) {
  surroundings_.behind.Enlist(
      {[self = shared_from_this(), beginning](domain::EventTails&) {
         return std::make_optional(domain::Door::StreamRead{
             beginning->opening,
             [self, beginning](domain::ReadCall& call) {
               return self->ReadBeginning(call, *beginning);
             },
             absl::OkStatus()});
       },
       [self = shared_from_this(), beginning](const absl::Status& status) {
         if (absl::IsAborted(status)) {
           self->Begin(beginning);
           return;
         }
         self->caller_ = beginning->caller;
         if (self->caller_) {
           self->caller_->first_use = false;  // noted with the opening
         }
         self->Began(status, std::move(*beginning));
       }});
}

absl::Status SyncStream::ReadBeginning(domain::ReadCall& call,
                                       Beginning& beginning) {
  ASSIGN_OR_RETURN(beginning.place,
                   domain::BeginStream(call, surroundings_.incarnation,
                                       beginning.request.cursor()));
  beginning.caller = domain::CallerOf(call);
  ASSIGN_OR_RETURN(beginning.last_commit, domain::LastCommit(call));
  ASSIGN_OR_RETURN(beginning.groups, domain::GroupsOfCaller(call));
  beginning.snapshot.clear();
  const bool fresh = beginning.place.mode == StreamBeginning::Mode::kFresh;
  if (fresh && !beginning.request.initial_state().omit_groups()) {
    ASSIGN_OR_RETURN(beginning.snapshot, SnapshotOfGroups(call));
  }
  return absl::OkStatus();
}

void SyncStream::Began(const absl::Status& status, Beginning beginning) {
  const absl::Status admitted = status.ok() ? admit_(*caller_, self_) : status;
  MutexLock lock(mutex_);
  if (!admitted.ok()) {
    ending_ = true;
    finished_ = true;
    Finish(ToGrpc(admitted, origin_.correlation_id));
    return;
  }
  if (ending_) {  // cancelled meanwhile
    finished_ = true;
    Finish(grpc::Status::CANCELLED);
    return;
  }
  commit_ = beginning.place.commit;
  begun_at_ = beginning.last_commit;
  groups_as_of_ = beginning.last_commit;
  if (beginning.place.mode == StreamBeginning::Mode::kExpired) {
    EndLocked(v1::Close::REASON_CURSOR_EXPIRED);
    return;
  }
  Subscribe(beginning.groups);
  SendSnapshot(beginning.place.mode, std::move(beginning.snapshot));
  // What was committed between the reading and the listening is found by the
  // first read: of all streams.
  wanted_ = true;
}

void SyncStream::Subscribe(const std::vector<GroupId>& groups) {
  handle_ = surroundings_.subscriptions.Add(
      caller_->network, caller_->session,
      {[weak = weak_from_this()] {
         if (const std::shared_ptr<SyncStream> stream = weak.lock()) {
           stream->HasNews();
         }
       },
       [weak = weak_from_this()] {
         if (const std::shared_ptr<SyncStream> stream = weak.lock()) {
           stream->EndWith(v1::Close::REASON_SESSION_ENDED);
         }
       }});
  surroundings_.subscriptions.Listen(*handle_,
                                     storage::StreamOf(caller_->person));
  for (const GroupId& group : groups) {
    surroundings_.subscriptions.Listen(*handle_, storage::StreamOf(group));
  }
}

void SyncStream::SendSnapshot(StreamBeginning::Mode mode,
                              std::vector<v1::SyncFrame> parts) {
  if (parts.empty()) {
    parts.emplace_back();
  }
  for (size_t i = 0; i < parts.size(); ++i) {
    v1::Snapshot& snapshot = *parts[i].mutable_snapshot();
    snapshot.set_mode(mode == StreamBeginning::Mode::kFresh
                          ? v1::Snapshot::MODE_FRESH
                          : v1::Snapshot::MODE_RESUMED);
    snapshot.set_more(i + 1 < parts.size());
    Send(std::move(parts[i]));
  }
}

void SyncStream::HasNews() {
  MutexLock lock(mutex_);
  wanted_ = true;
  AskForTurn();
}

void SyncStream::AskForTurn() {
  if (in_turn_ || !wanted_ || ending_ || !handle_ || !frames_.empty()) {
    return;
  }
  in_turn_ = true;
  auto window = std::make_shared<Window>();
  SyncRounds& rounds =
      caught_up_ && left_.empty() ? surroundings_.live : surroundings_.behind;
  rounds.Enlist(
      {[self = shared_from_this(), window](domain::EventTails& tails) {
         return self->BeginTurn(window, tails);
       },
       [self = shared_from_this(), window](const absl::Status& status) {
         self->EndTurn(status, *window);
       }});
}

std::optional<domain::Door::StreamRead> SyncStream::BeginTurn(
    const std::shared_ptr<Window>& window, domain::EventTails& tails) {
  {
    MutexLock lock(mutex_);
    if (ending_ || !TakeQuery(window->query)) {
      in_turn_ = false;
      return std::nullopt;
    }
  }
  domain::Request request;
  request.action = domain::Action::kSync;
  request.event_type =
      static_cast<uint32_t>(domain::AuditType::kStreamDelivered);
  request.is_activity = false;
  request.stream = caller_;
  request.origin = origin_;
  return domain::Door::StreamRead{
      std::move(request),
      [window, &tails](domain::ReadCall& call) -> absl::Status {
        ASSIGN_OR_RETURN(window->deliveries,
                         domain::ReadDeliveries(call, window->query, tails));
        for (const domain::Delivery& delivery : window->deliveries.items) {
          RETURN_IF_ERROR(AppendChange(call, delivery, window->changes));
        }
        window->deliveries.items.clear();
        return absl::OkStatus();
      },
      absl::OkStatus()};
}

// False when there is nothing to read.
bool SyncStream::TakeQuery(domain::SyncQuery& query) {
  wanted_ = false;
  const Subscriptions::News news = surroundings_.subscriptions.Take(*handle_);
  const storage::StreamId own = storage::StreamOf(caller_->person);
  absl::flat_hash_set<GroupId> groups(left_.begin(), left_.end());
  for (const storage::StreamId& stream : news.streams) {
    if (stream != own) {
      groups.insert(*GroupId::FromBytes(stream.bytes()));
    }
  }
  query.network = caller_->network;
  query.after = commit_;
  // At the beginning there is news of every stream.
  query.bound = std::max(news.told, begun_at_);
  query.groups.assign(groups.begin(), groups.end());
  query.own = own_left_ || news.streams.contains(own);
  query.groups_as_of = groups_as_of_;
  left_.clear();
  own_left_ = false;
  return query.own || !query.groups.empty();
}

void SyncStream::EndTurn(const absl::Status& status, Window& window) {
  MutexLock lock(mutex_);
  in_turn_ = false;
  if (ending_) {
    return;
  }
  if (absl::IsAborted(status)) {
    ReadOn(window.query);
    AskForTurn();
    return;
  }
  if (!status.ok()) {
    EndLocked(CloseReasonOf(status));
    return;
  }
  const domain::Deliveries& deliveries = window.deliveries;
  commit_ = deliveries.through;
  if (!window.changes.empty()) {
    std::string cursor = CursorHere();
    grpc::ByteBuffer bytes = EventFrame(cursor, std::move(window.changes));
    Write({std::move(cursor), bytes});
  }
  if (deliveries.groups) {
    groups_as_of_ = deliveries.groups_as_of;
    for (const GroupId& group : *deliveries.groups) {
      surroundings_.subscriptions.Listen(*handle_, storage::StreamOf(group));
    }
  }
  if (deliveries.more) {
    ReadOn(window.query);
  } else if (!caught_up_) {
    caught_up_ = true;
    v1::SyncFrame frame;
    frame.mutable_caught_up();
    Send(std::move(frame));
  }
  AskForTurn();
}

void SyncStream::ReadOn(const domain::SyncQuery& query) {
  left_ = query.groups;
  own_left_ = query.own;
  wanted_ = true;
}

std::string SyncStream::CursorHere() const {
  return domain::MakeCursor(surroundings_.door.keys(), *caller_,
                            surroundings_.incarnation, surroundings_.door.now(),
                            commit_);
}

void SyncStream::Send(v1::SyncFrame frame) {
  frame.set_cursor(CursorHere());
  grpc::ByteBuffer bytes = FrameBytes(frame);
  Write({std::move(*frame.mutable_cursor()), bytes});
}

void SyncStream::Write(Frame frame) {
  frames_.push_back(std::move(frame));
  if (frames_.size() == 1) {
    WriteNext();
  }
}

void SyncStream::WriteNext() {
  written_at_ = absl::Now();
  StartWrite(&frames_.front().bytes);
}

void SyncStream::OnWriteDone(bool ok) {
  MutexLock lock(mutex_);
  written_at_ = absl::InfiniteFuture();
  sent_at_ = absl::Now();
  frames_.pop_front();
  if (!ok) {
    ending_ = true;
    frames_.clear();
  }
  if (!frames_.empty()) {
    WriteNext();
  } else if (ending_) {
    if (!finished_) {
      finished_ = true;
      Finish(grpc::Status::OK);
    }
  } else {
    AskForTurn();
  }
}

void SyncStream::EndWith(v1::Close::Reason reason) {
  MutexLock lock(mutex_);
  EndLocked(reason);
}

void SyncStream::EndLocked(v1::Close::Reason reason) {
  if (ending_) {
    return;
  }
  ending_ = true;
  // What waits behind the frame under way was not promised: the cursor of Close
  // lies before it.
  while (frames_.size() > 1) {
    frames_.pop_back();
  }
  std::string cursor = frames_.empty() ? CursorHere() : frames_.front().cursor;
  v1::SyncFrame frame;
  frame.set_cursor(cursor);
  frame.mutable_close()->set_reason(reason);
  frame.mutable_close()->set_retry_after_ms(kRetryAfterMs);
  Write({std::move(cursor), FrameBytes(frame)});
}

void SyncStream::Tick(absl::Time now) {
  MutexLock lock(mutex_);
  if (finished_ || !caller_ || !handle_) {
    return;
  }
  if (now - written_at_ > kGivenUpAfter) {
    context_->TryCancel();
  } else if (now - written_at_ > kSlowAfter) {
    EndLocked(v1::Close::REASON_SLOW_CONSUMER);
  }
  if (ending_) {
    return;
  }
  const absl::Status live = domain::ProveSession(
      surroundings_.door.store().Read(), surroundings_.door.now(),
      caller_->network, caller_->session);
  if (!live.ok()) {
    EndLocked(CloseReasonOf(live));
  } else if (frames_.empty() && now - sent_at_ >= kHeartbeatInterval) {
    v1::SyncFrame frame;
    *frame.mutable_heartbeat()->mutable_server_time() =
        ToTimestamp(absl::ToUnixMicros(now));
    Send(std::move(frame));
  }
}

bool SyncStream::IsWaiting() {
  MutexLock lock(mutex_);
  return !frames_.empty();
}

void SyncStream::OnCancel() {
  MutexLock lock(mutex_);
  ending_ = true;
  // A write under way fails and finishes the stream.
  if (frames_.empty() && !finished_ && handle_) {
    finished_ = true;
    Finish(grpc::Status::CANCELLED);
  }
}

void SyncStream::OnDone() {
  {
    MutexLock lock(mutex_);
    if (handle_) {
      surroundings_.subscriptions.Remove(*handle_);
      handle_.reset();
    }
  }
  gone_(*this);
  const std::shared_ptr<SyncStream> last =
      std::move(self_);  // may be the end of this object
}

}  // namespace renkei::rpc
