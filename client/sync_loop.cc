#include "client/sync_loop.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/random/random.h"
#include "client/errors.h"

namespace renkei::client {
namespace {

constexpr absl::Duration kFirstPause = absl::Milliseconds(500);
constexpr absl::Duration kLongestPause = absl::Seconds(30);

// A random part keeps a thousand devices from coming back at the same moment.
absl::Duration WithJitter(absl::Duration pause) {
  absl::BitGen random;
  return pause * absl::Uniform(random, 0.75, 1.25);
}

bool MayBeRetried(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kInternal:  // A stream that the front cut off.
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kCancelled:
      return true;
    default:
      return false;
  }
}

}  // namespace

// How one stream ended and what to do about it.
struct SyncLoop::Ending {
  bool brought_frames = false;
  std::optional<absl::Status> final_status;  // Set: do not open again.
  absl::Duration pause_min;
};

SyncLoop::SyncLoop(Client& client, std::string cursor)
    : client_(client), cursor_(std::move(cursor)) {}

void SyncLoop::Stop() {
  MutexLock lock(mutex_);
  stopped_ = true;
  if (open_stream_ != nullptr) {
    open_stream_->TryCancel();
  }
  stop_requested_.NotifyAll();
}

std::string SyncLoop::cursor() const {
  MutexLock lock(mutex_);
  return cursor_;
}

bool SyncLoop::BeginStream(grpc::ClientContext& context) {
  MutexLock lock(mutex_);
  if (stopped_) {
    return false;
  }
  open_stream_ = &context;
  return true;
}

void SyncLoop::EndStream() {
  MutexLock lock(mutex_);
  open_stream_ = nullptr;
}

bool SyncLoop::Pause(absl::Duration duration) {
  const absl::Time end = absl::Now() + duration;
  MutexLock lock(mutex_);
  while (!stopped_ && absl::Now() < end) {
    stop_requested_.WaitFor(mutex_, end - absl::Now());
  }
  return !stopped_;
}

SyncLoop::Ending SyncLoop::Judge(const v1::Close& close) {
  Ending ending;
  ending.pause_min = absl::Milliseconds(close.retry_after_ms());
  switch (close.reason()) {
    case v1::Close::REASON_SESSION_LOCKED:
      ending.final_status =
          absl::UnauthenticatedError("the session is locked: sign in again");
      break;
    case v1::Close::REASON_SESSION_ENDED:
      ending.final_status =
          absl::UnauthenticatedError("the session has ended: sign in again");
      break;
    case v1::Close::REASON_REPLACED_BY_NEW_STREAM:
      ending.final_status =
          absl::AbortedError("this device opened another stream");
      break;
    case v1::Close::REASON_CURSOR_EXPIRED:
      MoveTo("");
      break;
    default:  // Slow reader, shutdown, server error and what is to come.
      break;
  }
  return ending;
}

SyncLoop::Ending SyncLoop::Judge(const absl::Status& status,
                                 const std::string& token) {
  Ending ending;
  const std::string reason = ReasonOf(status);
  if (reason == "TOKEN_EXPIRED") {
    const absl::Status refreshed = client_.Refresh(token);
    if (!refreshed.ok() && !MayBeRetried(refreshed)) {
      ending.final_status = refreshed;
    }
  } else if (reason == "CURSOR_INVALID") {
    MoveTo("");
  } else if (!status.ok() && !MayBeRetried(status)) {
    ending.final_status = status;
  } else {
    ending.pause_min = RetryDelayOf(status);
  }
  return ending;
}

void SyncLoop::MoveTo(const std::string& cursor) {
  MutexLock lock(mutex_);
  cursor_ = cursor;
}

SyncLoop::Ending SyncLoop::ReadOneStream(const OnFrame& on_frame) {
  grpc::ClientContext context;
  const absl::StatusOr<std::string> token = client_.AddCredentials(context);
  if (!token.ok()) {
    return Judge(token.status(), "");
  }
  v1::SyncRequest request;
  request.set_cursor(cursor());
  if (!BeginStream(context)) {
    Ending stopped;
    stopped.final_status = absl::OkStatus();
    return stopped;
  }
  const auto reader =
      client_.StubOf<v1::SyncService::Stub>().Sync(&context, request);
  Ending ending;
  bool judged = false;
  bool brought_frames = false;
  v1::SyncFrame frame;
  while (!judged && reader->Read(&frame)) {
    brought_frames = true;
    if (const absl::Status handled = on_frame(frame); !handled.ok()) {
      ending.final_status = handled;
      judged = true;
      break;
    }
    if (!frame.cursor().empty()) {
      MoveTo(frame.cursor());
    }
    if (frame.has_close()) {
      ending = Judge(frame.close());
      judged = true;
    }
  }
  if (judged) {
    context.TryCancel();
  }
  EndStream();
  const absl::Status status = FromGrpc(reader->Finish());
  if (!judged) {
    ending = Judge(status, *token);
  }
  ending.brought_frames = brought_frames;
  return ending;
}

absl::Status SyncLoop::Run(const OnFrame& on_frame) {
  absl::Duration pause = kFirstPause;
  while (true) {
    const Ending ending = ReadOneStream(on_frame);
    if (ending.final_status) {
      return *ending.final_status;
    }
    pause = ending.brought_frames ? kFirstPause
                                  : std::min(pause * 2, kLongestPause);
    if (!Pause(std::max(WithJitter(pause), ending.pause_min))) {
      return absl::OkStatus();
    }
  }
}

}  // namespace renkei::client
