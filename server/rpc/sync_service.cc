#include "server/rpc/sync_service.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "grpcpp/support/proto_buffer_reader.h"
#include "server/domain/refusal.h"
#include "server/domain/stream_place.h"
#include "server/rpc/errors.h"
#include "server/rpc/sync_conversion.h"

namespace renkei::rpc {
namespace {

// Streams that have caught up. A round begins at most so often, or a busy
// server would record each message for each listener by itself.
constexpr SyncRounds::Limits kLive = {128, absl::Milliseconds(10),
                                      absl::Milliseconds(50)};
// Streams that begin or catch up: few at a time, since each may hand out a
// whole window and sends wait while it is recorded.
constexpr SyncRounds::Limits kBehind = {16, absl::ZeroDuration(),
                                        absl::ZeroDuration()};

// A stream that is refused before it begins.
class RefusedStream final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  explicit RefusedStream(const absl::Status& why) { Finish(ToGrpc(why, "")); }
  void OnDone() override { delete this; }
};

}  // namespace

SyncServiceHandler::SyncServiceHandler(Calls& calls,
                                       Subscriptions& subscriptions,
                                       std::function<std::string()> incarnation)
    : calls_(calls),
      subscriptions_(subscriptions),
      incarnation_(std::move(incarnation)),
      live_(
          kLive, [this]() -> domain::Door& { return *calls_.door(); },
          EncodeMessage),
      behind_(
          kBehind, [this]() -> domain::Door& { return *calls_.door(); },
          EncodeMessage) {}

grpc::ServerWriteReactor<grpc::ByteBuffer>* SyncServiceHandler::Sync(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  v1::SyncRequest parsed;
  grpc::ByteBuffer bytes = *request;
  if (!grpc::GenericDeserialize<grpc::ProtoBufferReader, v1::SyncRequest>(
           &bytes, &parsed)
           .ok()) {
    return new RefusedStream(absl::InternalError("no SyncRequest"));
  }
  absl::StatusOr<domain::Request> opening =
      calls_.StreamRequest(*context, parsed);
  if (!opening.ok()) {
    return new RefusedStream(opening.status());
  }
  return SyncStream::Open(
             context,
             {*calls_.door(), subscriptions_, live_, behind_, incarnation_()},
             *std::move(opening), parsed,
             [this](const domain::Caller& caller,
                    const std::shared_ptr<SyncStream>& stream) {
               return Admit(caller, stream);
             },
             [this](const SyncStream& stream) { Gone(stream); })
      .get();
}

absl::Status SyncServiceHandler::Admit(
    const domain::Caller& caller, const std::shared_ptr<SyncStream>& stream) {
  std::shared_ptr<SyncStream> replaced;
  {
    MutexLock lock(mutex_);
    if (ended_) {
      return domain::Refuse(absl::StatusCode::kUnavailable,
                            domain::Reason::kServerStopping,
                            "the server is stopping");
    }
    const Device device{caller.person, caller.device_id};
    size_t others = 0;
    for (auto it = by_device_.lower_bound({caller.person, ""});
         it != by_device_.end() && it->first.first == caller.person; ++it) {
      others += it->first == device ? 0 : 1;
    }
    if (others >= kPersonStreamsMax) {
      return domain::Refuse(absl::StatusCode::kResourceExhausted,
                            domain::Reason::kLimitReached,
                            "too many open streams of one person",
                            {{"limit", "person_streams"},
                             {"maximum", absl::StrCat(kPersonStreamsMax)}});
    }
    std::weak_ptr<SyncStream>& place = by_device_[device];
    replaced = place.lock();
    place = stream;
  }
  if (replaced != nullptr) {
    replaced->EndWith(v1::Close::REASON_REPLACED_BY_NEW_STREAM);
  }
  return absl::OkStatus();
}

void SyncServiceHandler::Gone(const SyncStream& stream) {
  if (!stream.admitted()) {
    return;
  }
  MutexLock lock(mutex_);
  const auto found =
      by_device_.find({stream.caller().person, stream.caller().device_id});
  if (found != by_device_.end() && found->second.lock().get() == &stream) {
    by_device_.erase(found);
  }
}

std::vector<std::shared_ptr<SyncStream>> SyncServiceHandler::Streams() const {
  MutexLock lock(mutex_);
  std::vector<std::shared_ptr<SyncStream>> streams;
  streams.reserve(by_device_.size());
  for (const auto& [device, weak] : by_device_) {
    if (std::shared_ptr<SyncStream> stream = weak.lock()) {
      streams.push_back(std::move(stream));
    }
  }
  return streams;
}

void SyncServiceHandler::Tick(absl::Time now) {
  for (const std::shared_ptr<SyncStream>& stream : Streams()) {
    stream->Tick(now);
  }
}

void SyncServiceHandler::EndAll(v1::Close::Reason reason) {
  {
    MutexLock lock(mutex_);
    ended_ = true;
  }
  for (const std::shared_ptr<SyncStream>& stream : Streams()) {
    stream->EndWith(reason);
  }
}

void SyncServiceHandler::Stop() {
  live_.Stop();
  behind_.Stop();
}

size_t SyncServiceHandler::waiting_streams() const {
  const auto streams = Streams();
  return static_cast<size_t>(
      std::count_if(streams.begin(), streams.end(),
                    [](const auto& stream) { return stream->IsWaiting(); }));
}

size_t SyncServiceHandler::open_streams() const {
  MutexLock lock(mutex_);
  return by_device_.size();
}

grpc::ServerUnaryReactor* SyncServiceHandler::AckDelivery(
    grpc::CallbackServerContext* context, const v1::AckDeliveryRequest* request,
    v1::AckDeliveryResponse* response) {
  absl::StatusOr<std::string> cursor = request->cursor();
  if (cursor->empty()) {
    cursor = domain::RefuseField("cursor", "the cursor of a frame");
  }
  return calls_.Write(
      context, *request, *response, std::move(cursor),
      [this](domain::WriteCall& call, const std::string& place) {
        return domain::AckDelivery(call, incarnation_(), place);
      });
}

}  // namespace renkei::rpc
