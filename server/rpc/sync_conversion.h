// What streams carry, in the API's terms.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "grpcpp/support/byte_buffer.h"
#include "renkei/v1/sync.pb.h"
#include "server/domain/call.h"
#include "server/domain/sync.h"

namespace renkei::rpc {

// The caller's groups as frames of a snapshot, without cursors; empty when
// there is none.
absl::StatusOr<std::vector<v1::SyncFrame>> SnapshotOfGroups(
    domain::ReadCall& call);

// The change that an event about a message is, as part of an Event.
std::string EncodeMessage(const storage::MessageKey& key,
                          const domain::SharedMessage& message,
                          uint32_t replies, int64_t at_micros);

// Adds the change that `delivery` is to the changes of an Event; nothing when
// it stands for nothing that a client could see.
absl::Status AppendChange(const domain::ReadCall& call,
                          const domain::Delivery& delivery,
                          std::string& changes);

// Why a stream ends whose read was answered like this.
v1::Close::Reason CloseReasonOf(const absl::Status& status);

// As they go over the wire.
grpc::ByteBuffer FrameBytes(const v1::SyncFrame& frame);
grpc::ByteBuffer EventFrame(const std::string& cursor, std::string changes);

}  // namespace renkei::rpc
