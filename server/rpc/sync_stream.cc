#include "server/rpc/sync_stream.h"

#include <utility>

#include "absl/time/clock.h"
#include "grpcpp/server_context.h"
#include "server/domain/audit.h"
#include "server/domain/refusal.h"
#include "server/domain/session_proof.h"
#include "server/rpc/errors.h"
#include "server/rpc/names.h"
#include "server/rpc/sync_conversion.h"
#include "storage/base/status_macros.h"

namespace renkei::rpc {
namespace {

using domain::Reason;
using domain::StreamBeginning;

constexpr absl::Duration kHeartbeatInterval = absl::Seconds(22);
constexpr absl::Duration kSlowAfter = absl::Seconds(20);
constexpr absl::Duration kGivenUpAfter = absl::Seconds(60);
constexpr int32_t kRetryAfterMs = 2000;

v1::Close::Reason CloseReasonOf(const absl::Status& status) {
  switch (domain::ReasonOf(status)) {
    case Reason::kSessionLocked:
      return v1::Close::REASON_SESSION_LOCKED;
    case Reason::kSessionEnded:
    case Reason::kCredentialsMissing:
      return v1::Close::REASON_SESSION_ENDED;
    default:
      return v1::Close::REASON_SERVER_ERROR;
  }
}

}  // namespace

SyncStream::SyncStream(grpc::CallbackServerContext* context,
                       StreamSurroundings surroundings, Admit admit, Gone gone)
    : context_(context),
      surroundings_(std::move(surroundings)),
      admit_(std::move(admit)),
      gone_(std::move(gone)) {}

std::shared_ptr<SyncStream> SyncStream::Open(
    grpc::CallbackServerContext* context, StreamSurroundings surroundings,
    domain::Request opening, const v1::SyncRequest& request, Admit admit,
    Gone gone) {
  auto stream = std::shared_ptr<SyncStream>(new SyncStream(
      context, std::move(surroundings), std::move(admit), std::move(gone)));
  stream->self_ = stream;
  stream->Begin(std::move(opening), request);
  return stream;
}

void SyncStream::Begin(domain::Request opening,
                       const v1::SyncRequest& request) {
  origin_ = opening.origin;
  struct Beginning {
    v1::SyncRequest request;
    StreamBeginning place;
    std::vector<v1::SyncFrame> snapshot;
    std::vector<GroupId> groups;
    std::optional<domain::Caller> caller;
  };
  auto begun = std::make_shared<Beginning>();
  begun->request = request;
  surroundings_.door.Read(
      std::move(opening),
      [self = shared_from_this(),
       begun](domain::ReadCall& call) -> absl::Status {
        ASSIGN_OR_RETURN(
            begun->place,
            domain::BeginStream(call, self->surroundings_.incarnation,
                                begun->request.cursor()));
        begun->caller = domain::CallerOf(call);
        ASSIGN_OR_RETURN(begun->groups, domain::GroupsOfCaller(call));
        begun->snapshot.clear();
        const bool fresh = begun->place.mode == StreamBeginning::Mode::kFresh;
        if (fresh && !begun->request.initial_state().omit_groups()) {
          ASSIGN_OR_RETURN(begun->snapshot, SnapshotOfGroups(call));
        }
        return absl::OkStatus();
      },
      [self = shared_from_this(), begun](const absl::Status& status) {
        self->caller_ = begun->caller;
        self->Began(status, begun->place, std::move(begun->snapshot),
                    begun->groups);
      });
}

void SyncStream::Began(const absl::Status& status,
                       const StreamBeginning& beginning,
                       std::vector<v1::SyncFrame> snapshot,
                       const std::vector<GroupId>& groups) {
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
  commit_ = beginning.commit;
  if (beginning.mode == StreamBeginning::Mode::kExpired) {
    EndLocked(v1::Close::REASON_CURSOR_EXPIRED);
    return;
  }
  handle_ = surroundings_.subscriptions.Add(
      caller_->session,
      {[weak = weak_from_this()](absl::Span<const storage::StreamId> streams) {
         if (const std::shared_ptr<SyncStream> stream = weak.lock()) {
           stream->Wake(streams);
         }
       },
       [weak = weak_from_this()] {
         if (const std::shared_ptr<SyncStream> stream = weak.lock()) {
           stream->EndWith(v1::Close::REASON_SESSION_ENDED);
         }
       }});
  surroundings_.subscriptions.Listen(*handle_,
                                     storage::StreamOf(caller_->person));
  ListenTo(groups);
  if (snapshot.empty()) {
    snapshot.emplace_back();
  }
  for (size_t i = 0; i < snapshot.size(); ++i) {
    v1::SyncFrame frame = NewFrame();
    *frame.mutable_snapshot() = std::move(*snapshot[i].mutable_snapshot());
    frame.mutable_snapshot()->set_mode(beginning.mode ==
                                               StreamBeginning::Mode::kFresh
                                           ? v1::Snapshot::MODE_FRESH
                                           : v1::Snapshot::MODE_RESUMED);
    frame.mutable_snapshot()->set_more(i + 1 < snapshot.size());
    Send(std::move(frame));
  }
  // What was committed between the reading and the listening is found by the
  // first read.
  wanted_ = true;
  SchedulePump();
}

void SyncStream::ListenTo(const std::vector<GroupId>& groups) {
  for (const GroupId& group : groups) {
    if (handle_ && known_.insert(group).second) {
      surroundings_.subscriptions.Listen(*handle_, storage::StreamOf(group));
      news_.insert(group);
      wanted_ = true;
    }
  }
}

void SyncStream::Wake(absl::Span<const storage::StreamId> streams) {
  MutexLock lock(mutex_);
  const storage::StreamId own = storage::StreamOf(caller_->person);
  for (const storage::StreamId& stream : streams) {
    if (stream != own) {
      news_.insert(*GroupId::FromBytes(stream.bytes()));
    }
  }
  wanted_ = true;
  SchedulePump();
}

void SyncStream::SchedulePump() {
  if (pumping_ || !wanted_ || ending_ || !frames_.empty()) {
    return;
  }
  // When the workers are overwhelmed the next tick asks again.
  pumping_ =
      surroundings_.workers.Post([self = shared_from_this()] { self->Pump(); })
          .ok();
}

void SyncStream::Pump() {
  struct Read {
    domain::SyncQuery query;
    domain::Deliveries deliveries;
    v1::Event event;
    std::vector<GroupId> groups;
  };
  auto read = std::make_shared<Read>();
  domain::Request request;
  request.action = domain::Action::kSync;
  request.event_type =
      static_cast<uint32_t>(domain::AuditType::kStreamDelivered);
  request.is_activity = false;
  request.stream = caller_;
  request.origin = origin_;
  {
    MutexLock lock(mutex_);
    wanted_ = false;
    read->query.network = caller_->network;
    read->query.after = commit_;
    read->query.groups.assign(news_.begin(), news_.end());
    news_.clear();
  }
  surroundings_.door.Read(
      std::move(request),
      [read](domain::ReadCall& call) -> absl::Status {
        ASSIGN_OR_RETURN(read->deliveries,
                         domain::ReadDeliveries(call, read->query));
        read->event.Clear();
        for (const domain::Delivery& delivery : read->deliveries.items) {
          RETURN_IF_ERROR(AddChange(call, delivery, read->event));
        }
        read->groups.clear();
        if (read->deliveries.groups_changed) {
          ASSIGN_OR_RETURN(read->groups, domain::GroupsOfCaller(call));
        }
        return absl::OkStatus();
      },
      [self = shared_from_this(), read](const absl::Status& status) {
        self->Pumped(status, std::move(read->deliveries),
                     std::move(read->event), read->query.groups, read->groups);
      });
}

void SyncStream::Pumped(const absl::Status& status,
                        domain::Deliveries deliveries, v1::Event event,
                        const std::vector<GroupId>& asked,
                        const std::vector<GroupId>& groups) {
  MutexLock lock(mutex_);
  pumping_ = false;
  if (ending_) {
    return;
  }
  if (!status.ok()) {
    EndLocked(CloseReasonOf(status));
    return;
  }
  commit_ = deliveries.through;
  if (event.changes_size() > 0) {
    v1::SyncFrame frame = NewFrame();
    *frame.mutable_event() = std::move(event);
    Send(std::move(frame));
  }
  ListenTo(groups);
  if (deliveries.more) {
    news_.insert(asked.begin(), asked.end());
    wanted_ = true;
  } else if (!caught_up_ && !wanted_) {
    caught_up_ = true;
    v1::SyncFrame frame = NewFrame();
    frame.mutable_caught_up();
    Send(std::move(frame));
  }
  SchedulePump();
}

v1::SyncFrame SyncStream::NewFrame() const {
  v1::SyncFrame frame;
  frame.set_cursor(domain::MakeCursor(surroundings_.door.keys(), *caller_,
                                      surroundings_.incarnation,
                                      surroundings_.door.now(), commit_));
  return frame;
}

void SyncStream::Send(v1::SyncFrame frame) {
  frames_.push_back(std::move(frame));
  if (frames_.size() == 1) {
    WriteNext();
  }
}

void SyncStream::WriteNext() {
  written_at_ = absl::Now();
  StartWrite(&frames_.front());
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
    SchedulePump();
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
  v1::SyncFrame frame;
  frame.set_cursor(frames_.empty() ? NewFrame().cursor()
                                   : frames_.front().cursor());
  frame.mutable_close()->set_reason(reason);
  frame.mutable_close()->set_retry_after_ms(kRetryAfterMs);
  Send(std::move(frame));
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
    v1::SyncFrame frame = NewFrame();
    *frame.mutable_heartbeat()->mutable_server_time() =
        ToTimestamp(absl::ToUnixMicros(now));
    Send(std::move(frame));
  } else {
    SchedulePump();
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
