#include "server/rpc/sync_conversion.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "server/domain/group_views.h"
#include "server/domain/invitation_views.h"
#include "server/domain/memberships.h"
#include "server/domain/receipt_list.h"
#include "server/rpc/group_conversion.h"
#include "server/rpc/message_conversion.h"
#include "server/rpc/names.h"
#include "storage/base/status_macros.h"

namespace renkei::rpc {
namespace {

constexpr size_t kGroupsPerFrame = 100;

absl::Status SetMessage(const domain::ReadCall& call,
                        const domain::Delivery& delivery, v1::Change& change) {
  const storage::MessageKey key{domain::CallerOf(call).network, delivery.group,
                                delivery.item.sequence()};
  uint32_t replies = 0;
  if (delivery.message->thread() == key.sequence) {
    ASSIGN_OR_RETURN(const auto thread, call.view.Find(storage::kThreads, key));
    replies = thread ? thread->reply_count() : 0;
  }
  FillMessage(key, *delivery.message, replies,
              *change.mutable_message_posted());
  return absl::OkStatus();
}

absl::Status SetReceipt(const domain::ReadCall& call,
                        const domain::Delivery& delivery, v1::Change& change) {
  const storage::MessageKey key{domain::CallerOf(call).network, delivery.group,
                                delivery.item.sequence()};
  ASSIGN_OR_RETURN(const auto message, call.view.Get(storage::kMessages, key));
  ASSIGN_OR_RETURN(
      const domain::Receipt receipt,
      domain::ReceiptOf(call, key, message,
                        *PersonId::FromBytes(delivery.item.person())));
  *change.mutable_receipt_changed() = ToApi(receipt);
  return absl::OkStatus();
}

absl::Status SetMember(const domain::ReadCall& call,
                       const domain::Delivery& delivery, v1::Change& change) {
  ASSIGN_OR_RETURN(
      const std::optional<domain::MemberView> member,
      domain::FindMember(call, delivery.group,
                         *PersonId::FromBytes(delivery.item.person())));
  if (member) {
    ASSIGN_OR_RETURN(*change.mutable_member_changed(),
                     ToApi(call, delivery.group, *member));
  }
  return absl::OkStatus();
}

absl::Status SetInvitation(const domain::ReadCall& call,
                           const domain::Delivery& delivery,
                           v1::Change& change) {
  ASSIGN_OR_RETURN(const domain::InvitationView invitation,
                   domain::ViewInvitation(
                       call, delivery.group,
                       *InvitationId::FromBytes(delivery.item.invitation())));
  *change.mutable_invitation_changed() = ToApi(call, invitation);
  return absl::OkStatus();
}

absl::Status SetGroup(const domain::ReadCall& call,
                      const domain::Delivery& delivery, v1::Change& change) {
  ASSIGN_OR_RETURN(const domain::GroupView view,
                   domain::ViewGroup(call, delivery.group));
  const v1::Group group = ToApi(call, view);
  if (delivery.item.kind() == storage::v1::EVENT_KIND_CONSENT_CHANGED) {
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
  v1::SessionNotice::Kind_Parse(absl::StrCat("KIND_", delivery.item.notice()),
                                &kind);
  change.mutable_session_notice()->set_kind(kind);
  const domain::Caller& caller = domain::CallerOf(call);
  if (const auto session = SessionId::FromBytes(delivery.item.session())) {
    change.mutable_session_notice()->set_resource(
        Format(SessionName{caller.network, caller.person, *session}));
  }
}

absl::Status SetWhat(const domain::ReadCall& call,
                     const domain::Delivery& delivery, v1::Change& change) {
  switch (delivery.item.kind()) {
    case storage::v1::EVENT_KIND_MESSAGE_CREATED:
      return SetMessage(call, delivery, change);
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

absl::Status AddChange(const domain::ReadCall& call,
                       const domain::Delivery& delivery, v1::Event& event) {
  v1::Change change;
  RETURN_IF_ERROR(SetWhat(call, delivery, change));
  if (change.change_case() == v1::Change::CHANGE_NOT_SET) {
    return absl::OkStatus();
  }
  if (!delivery.group.IsZero()) {
    change.set_group(
        Format(GroupName{domain::CallerOf(call).network, delivery.group}));
  }
  *change.mutable_commit_time() = ToTimestamp(delivery.at_micros);
  *event.add_changes() = std::move(change);
  return absl::OkStatus();
}

}  // namespace renkei::rpc
