// Follows the caller's groups for as long as the session lives.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/client.h"
#include "storage/base/mutex.h"

namespace renkei::client {

// Keeps a Sync stream open: opens it again with the last cursor whenever it
// ends, after a pause that grows with failures, and goes on where it stopped.
// Run is called once; Stop may be called by any thread.
class SyncLoop {
 public:
  // Handles a frame; an error ends the loop with it. The cursor moves on only
  // when it returns, so what it did not finish comes again. A Snapshot with
  // MODE_FRESH means: forget what was kept.
  using OnFrame = std::function<absl::Status(const v1::SyncFrame& frame)>;

  // `cursor` is that of the last frame handled, or empty to begin anew.
  // `client` must outlive the loop.
  SyncLoop(Client& client, std::string cursor);
  SyncLoop(const SyncLoop&) = delete;
  SyncLoop& operator=(const SyncLoop&) = delete;

  // Returns OK after Stop; UNAUTHENTICATED when the session is locked or over
  // (sign in, then run a new loop with cursor()); ABORTED when the same device
  // opened another stream; otherwise the error of the handler, or one that
  // trying again cannot mend.
  absl::Status Run(const OnFrame& on_frame);

  void Stop();

  // The cursor of the last frame handled.
  std::string cursor() const;

 private:
  struct Ending;

  Ending ReadOneStream(const OnFrame& on_frame);
  Ending Judge(const v1::Close& close);
  Ending Judge(const absl::Status& status, const std::string& token);
  void MoveTo(const std::string& cursor);
  // Sleeps unless stopped; returns false if stopped.
  bool Pause(absl::Duration duration);
  bool BeginStream(grpc::ClientContext& context);
  void EndStream();

  Client& client_;
  mutable Mutex mutex_;
  CondVar stop_requested_;
  std::string cursor_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::ClientContext* open_stream_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace renkei::client
