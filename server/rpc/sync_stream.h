// One open Sync stream: reads what it was woken for through the door, writes
// one frame at a time.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "renkei/v1/sync.pb.h"
#include "server/domain/door.h"
#include "server/domain/stream_place.h"
#include "server/domain/sync.h"
#include "server/rpc/subscriptions.h"
#include "server/rpc/sync_rounds.h"
#include "storage/base/mutex.h"

namespace renkei::rpc {

// What a stream needs of the server around it; all of it outlives every stream.
struct StreamSurroundings {
  domain::Door& door;
  Subscriptions& subscriptions;
  SyncRounds& live;    // where streams read that have caught up
  SyncRounds& behind;  // where the others begin and read, so that nobody waits
                       // for them
  std::string incarnation;  // of the store, into cursors
};

// Thread-safe. Lives until gRPC is done with it, longer while a read of it is
// under way. At most one window of events waits in memory; while it cannot be
// written nothing more is read.
class SyncStream final : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                         public std::enable_shared_from_this<SyncStream> {
 public:
  // Called once, when the stream has proven its caller: OK, or why the caller
  // may have no (further) stream.
  using Admit = std::function<absl::Status(const domain::Caller&,
                                           const std::shared_ptr<SyncStream>&)>;
  using Gone = std::function<void(const SyncStream&)>;

  static std::shared_ptr<SyncStream> Open(grpc::CallbackServerContext* context,
                                          StreamSurroundings surroundings,
                                          domain::Request opening,
                                          const v1::SyncRequest& request,
                                          Admit admit, Gone gone);

  // Sends a Close frame after what is being written, then ends with OK.
  void EndWith(v1::Close::Reason reason);

  // Heartbeat, slow reader, locked session. Called about every second.
  void Tick(absl::Time now);

  // True while a frame is on its way to the client.
  bool IsWaiting();

  // REQUIRES: admitted().
  const domain::Caller& caller() const { return *caller_; }
  bool admitted() const { return caller_.has_value(); }

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  SyncStream(grpc::CallbackServerContext* context,
             StreamSurroundings surroundings, Admit admit, Gone gone);

  // One read of the stream.
  struct Window {
    domain::SyncQuery query;
    domain::Deliveries deliveries;
    std::string changes;  // as they go into an Event
  };
  struct Beginning;
  struct Frame {
    std::string cursor;
    grpc::ByteBuffer bytes;
  };

  void Begin(const std::shared_ptr<Beginning>& beginning);
  absl::Status ReadBeginning(domain::ReadCall& call, Beginning& beginning);
  void Began(const absl::Status& status, Beginning beginning);
  void Subscribe(const std::vector<GroupId>& groups)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SendSnapshot(domain::StreamBeginning::Mode mode,
                    std::vector<v1::SyncFrame> parts)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void HasNews();
  void AskForTurn() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::optional<domain::Door::StreamRead> BeginTurn(
      const std::shared_ptr<Window>& window, domain::EventTails& tails);
  bool TakeQuery(domain::SyncQuery& query)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EndTurn(const absl::Status& status, Window& window);
  void ReadOn(const domain::SyncQuery& query)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Send(v1::SyncFrame frame) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Write(Frame frame) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EndLocked(v1::Close::Reason reason)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::string CursorHere() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  grpc::CallbackServerContext* const context_;
  const StreamSurroundings surroundings_;
  const Admit admit_;
  const Gone gone_;
  std::shared_ptr<SyncStream> self_;  // until OnDone
  std::optional<domain::Caller>
      caller_;  // set before the stream is admitted, then constant
  domain::Origin origin_;

  Mutex mutex_;
  std::optional<Subscriptions::Handle> handle_ ABSL_GUARDED_BY(mutex_);
  uint64_t commit_ ABSL_GUARDED_BY(mutex_) =
      0;  // everything up to here is sent or waits to be
  uint64_t begun_at_ ABSL_GUARDED_BY(mutex_) =
      0;  // the last commit when the groups were listed first
  uint64_t groups_as_of_ ABSL_GUARDED_BY(mutex_) = 0;
  // What a window had no room for, before any news.
  std::vector<GroupId> left_ ABSL_GUARDED_BY(mutex_);
  bool own_left_ ABSL_GUARDED_BY(mutex_) = false;
  bool wanted_ ABSL_GUARDED_BY(mutex_) = false;   // there may be something
  bool in_turn_ ABSL_GUARDED_BY(mutex_) = false;  // asked for or under way
  bool caught_up_ ABSL_GUARDED_BY(mutex_) = false;
  std::list<Frame> frames_
      ABSL_GUARDED_BY(mutex_);  // the first is being written
  absl::Time written_at_ ABSL_GUARDED_BY(mutex_) =
      absl::InfiniteFuture();  // when the write under way began
  absl::Time sent_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace renkei::rpc
