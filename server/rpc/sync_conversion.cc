#include "server/rpc/sync_conversion.h"

#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/wire_format_lite.h"
#include "server/domain/group_views.h"
#include "server/domain/invitation_views.h"
#include "server/domain/memberships.h"
#include "server/domain/receipt_list.h"
#include "server/domain/refusal.h"
#include "server/rpc/group_conversion.h"
#include "server/rpc/message_conversion.h"
#include "server/rpc/names.h"
#include "storage/base/status_macros.h"

namespace renkei::rpc {
namespace {

using google::protobuf::internal::WireFormatLite;

constexpr size_t kGroupsPerFrame = 100;

// The string itself, not a copy.
grpc::Slice SliceOf(std::string bytes) {
  auto kept = std::make_unique<std::string>(std::move(bytes));
  char* begin = kept->data();
  const size_t size = kept->size();
  return {begin, size,
          [](void* string) { delete static_cast<std::string*>(string); },
          kept.release()};
}

absl::Status SetReceipt(const domain::ReadCall& call,
                        const domain::Delivery& delivery, v1::Change& change) {
  const storage::MessageKey key{domain::CallerOf(call).network, delivery.group,
                                delivery.event->item.sequence()};
  ASSIGN_OR_RETURN(const auto message, call.view.Get(storage::kMessages, key));
  ASSIGN_OR_RETURN(
      const domain::Receipt receipt,
      domain::ReceiptOf(call, key, message,
                        *PersonId::FromBytes(delivery.event->item.person())));
  *change.mutable_receipt_changed() = ToApi(receipt);
  return absl::OkStatus();
}

absl::Status SetMember(const domain::ReadCall& call,
                       const domain::Delivery& delivery, v1::Change& change) {
  ASSIGN_OR_RETURN(
      const std::optional<domain::MemberView> member,
      domain::FindMember(call, delivery.group,
                         *PersonId::FromBytes(delivery.event->item.person())));
  if (member) {
    ASSIGN_OR_RETURN(*change.mutable_member_changed(),
                     ToApi(call, delivery.group, *member));
  }
  return absl::OkStatus();
}

absl::Status SetInvitation(const domain::ReadCall& call,
                           const domain::Delivery& delivery,
                           v1::Change& change) {
  ASSIGN_OR_RETURN(
      const domain::InvitationView invitation,
      domain::ViewInvitation(
          call, delivery.group,
          *InvitationId::FromBytes(delivery.event->item.invitation())));
  *change.mutable_invitation_changed() = ToApi(call, invitation);
  return absl::OkStatus();
}

absl::Status SetGroup(const domain::ReadCall& call,
                      const domain::Delivery& delivery, v1::Change& change) {
  ASSIGN_OR_RETURN(const domain::GroupView view,
                   domain::ViewGroup(call, delivery.group));
  const v1::Group group = ToApi(call, view);
  if (delivery.event->item.kind() == storage::v1::EVENT_KIND_CONSENT_CHANGED) {
    *change.mutable_consent_changed() = group.consent();
  } else {
    *change.mutable_group_changed() = group;
  }
  return absl::OkStatus();
}

void SetNotice(const domain::ReadCall& call, const domain::Delivery& delivery,
               v1::Change& change) {
  v1::SessionNotice::Kind kind = v1::SessionNotice::KIND_UNSPECIFIED;
  // The code is the value's name without its prefix.
  v1::SessionNotice::Kind_Parse(
      absl::StrCat("KIND_", delivery.event->item.notice()), &kind);
  change.mutable_session_notice()->set_kind(kind);
  const domain::Caller& caller = domain::CallerOf(call);
  if (const auto session =
          SessionId::FromBytes(delivery.event->item.session())) {
    change.mutable_session_notice()->set_resource(
        Format(SessionName{caller.network, caller.person, *session}));
  }
}

absl::Status SetWhat(const domain::ReadCall& call,
                     const domain::Delivery& delivery, v1::Change& change) {
  switch (delivery.event->item.kind()) {
    case storage::v1::EVENT_KIND_DELIVERED:
    case storage::v1::EVENT_KIND_DISPLAYED:
    case storage::v1::EVENT_KIND_ACKNOWLEDGED:
      return SetReceipt(call, delivery, change);
    case storage::v1::EVENT_KIND_MEMBER_JOINED:
    case storage::v1::EVENT_KIND_MEMBER_LEFT:
    case storage::v1::EVENT_KIND_MEMBER_REMOVED:
      return SetMember(call, delivery, change);
    case storage::v1::EVENT_KIND_INVITATION_CHANGED:
      return SetInvitation(call, delivery, change);
    case storage::v1::EVENT_KIND_CONSENT_CHANGED:
    case storage::v1::EVENT_KIND_GROUP_CHANGED:
      return SetGroup(call, delivery, change);
    case storage::v1::EVENT_KIND_SESSION_NOTICE:
      SetNotice(call, delivery, change);
      return absl::OkStatus();
    default:
      return absl::OkStatus();
  }
}

}  // namespace

absl::StatusOr<std::vector<v1::SyncFrame>> SnapshotOfGroups(
    domain::ReadCall& call) {
  std::vector<v1::SyncFrame> frames;
  domain::GroupsQuery query;
  query.network = domain::CallerOf(call).network;
  query.limit = kGroupsPerFrame;
  do {
    ASSIGN_OR_RETURN(const domain::GroupsPage page,
                     domain::ListGroups(call, query));
    v1::SyncFrame& frame = frames.emplace_back();
    for (const domain::GroupView& group : page.groups) {
      *frame.mutable_snapshot()->add_groups() = ToApi(call, group);
    }
    query.after = page.next;
  } while (query.after);
  return frames;
}

std::string EncodeMessage(const storage::MessageKey& key,
                          const domain::SharedMessage& message,
                          uint32_t replies, int64_t at_micros) {
  v1::Event event;
  v1::Change& change = *event.add_changes();
  change.set_group(Format(GroupName{key.network, key.group}));
  *change.mutable_commit_time() = ToTimestamp(at_micros);
  AddSerialized(key, message, replies, v1::Change::kMessagePostedFieldNumber,
                *change.GetReflection()->MutableUnknownFields(&change));
  return event.SerializeAsString();
}

absl::Status AppendChange(const domain::ReadCall& call,
                          const domain::Delivery& delivery,
                          std::string& changes) {
  if (delivery.posting != nullptr) {
    changes += delivery.posting->encoded;
    return absl::OkStatus();
  }
  v1::Event event;
  v1::Change& change = *event.add_changes();
  RETURN_IF_ERROR(SetWhat(call, delivery, change));
  if (change.change_case() == v1::Change::CHANGE_NOT_SET) {
    return absl::OkStatus();
  }
  if (!delivery.group.IsZero()) {
    change.set_group(
        Format(GroupName{domain::CallerOf(call).network, delivery.group}));
  }
  *change.mutable_commit_time() = ToTimestamp(delivery.event->at_micros);
  event.AppendToString(&changes);
  return absl::OkStatus();
}

v1::Close::Reason CloseReasonOf(const absl::Status& status) {
  switch (domain::ReasonOf(status)) {
    case domain::Reason::kSessionLocked:
      return v1::Close::REASON_SESSION_LOCKED;
    case domain::Reason::kSessionEnded:
    case domain::Reason::kCredentialsMissing:
      return v1::Close::REASON_SESSION_ENDED;
    default:
      return v1::Close::REASON_SERVER_ERROR;
  }
}

grpc::ByteBuffer FrameBytes(const v1::SyncFrame& frame) {
  const grpc::Slice bytes = SliceOf(frame.SerializeAsString());
  return {&bytes, 1};
}

grpc::ByteBuffer EventFrame(const std::string& cursor, std::string changes) {
  // Serialized messages behind one another are one message: the changes are an
  // Event by themselves, and only its tag and length go before them.
  v1::SyncFrame frame;
  frame.set_cursor(cursor);
  std::string head = frame.SerializeAsString();
  {
    google::protobuf::io::StringOutputStream stream(&head);
    google::protobuf::io::CodedOutputStream out(&stream);
    out.WriteTag(
        WireFormatLite::MakeTag(v1::SyncFrame::kEventFieldNumber,
                                WireFormatLite::WIRETYPE_LENGTH_DELIMITED));
    out.WriteVarint32(static_cast<uint32_t>(changes.size()));
  }
  const std::array<grpc::Slice, 2> parts = {SliceOf(std::move(head)),
                                            SliceOf(std::move(changes))};
  return {parts.data(), parts.size()};
}

}  // namespace renkei::rpc
