// SyncService: opens streams, ends the earlier one of a device, keeps their
// number bounded.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "renkei/v1/sync.grpc.pb.h"
#include "server/rpc/calls.h"
#include "server/rpc/subscriptions.h"
#include "server/rpc/sync_rounds.h"
#include "server/rpc/sync_stream.h"
#include "storage/base/mutex.h"

namespace renkei::rpc {

inline constexpr size_t kPersonStreamsMax = 10;

// Sync gives its frames out as bytes: what many streams carry is serialized
// once.
using SyncServiceOfBytes = v1::SyncService::WithRawCallbackMethod_Sync<
    v1::SyncService::WithCallbackMethod_AckDelivery<v1::SyncService::Service>>;

// Thread-safe. Streams must have ended before it does.
class SyncServiceHandler final : public SyncServiceOfBytes {
 public:
  // `incarnation` tells the open store's; asked only while it is open.
  SyncServiceHandler(Calls& calls, Subscriptions& subscriptions,
                     std::function<std::string()> incarnation);

  grpc::ServerWriteReactor<grpc::ByteBuffer>* Sync(
      grpc::CallbackServerContext* context,
      const grpc::ByteBuffer* request) override;
  grpc::ServerUnaryReactor* AckDelivery(
      grpc::CallbackServerContext* context,
      const v1::AckDeliveryRequest* request,
      v1::AckDeliveryResponse* response) override;

  // Called about every second.
  void Tick(absl::Time now);
  // Ends every stream with this reason and admits no more, whatever still waits
  // to begin.
  void EndAll(v1::Close::Reason reason);
  // Ends the reading for good, before the store closes. REQUIRES: all streams
  // have ended.
  void Stop();
  size_t open_streams() const;
  // Of these, the ones whose client has not yet taken what was sent.
  size_t waiting_streams() const;

 private:
  using Device = std::pair<PersonId, std::string>;

  absl::Status Admit(const domain::Caller& caller,
                     const std::shared_ptr<SyncStream>& stream);
  void Gone(const SyncStream& stream);
  std::vector<std::shared_ptr<SyncStream>> Streams() const;

  Calls& calls_;
  Subscriptions& subscriptions_;
  const std::function<std::string()> incarnation_;

  mutable Mutex mutex_;
  std::map<Device, std::weak_ptr<SyncStream>> by_device_
      ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;

  SyncRounds live_;
  SyncRounds behind_;
};

}  // namespace renkei::rpc
