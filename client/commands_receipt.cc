// ack, displayed, receipts, unread.
#include "absl/strings/str_cat.h"
#include "client/command.h"
#include "client/describe.h"
#include "storage/base/status_macros.h"

namespace renkei::client {
namespace {

using Messages = v1::MessageService::Stub;

constexpr int kFirstRevision = 1;

absl::Status Acknowledge(Invocation& in) {
  ASSIGN_OR_RETURN(const int revision,
                   in.arguments().Number("revision", kFirstRevision));
  v1::ListReceiptsResponse answer;
  for (const std::string& message : in.arguments().operands()) {
    v1::AcknowledgeMessageRequest request;
    request.set_name(message);
    request.set_revision(revision);
    ASSIGN_OR_RETURN(*answer.add_receipts(),
                     in.Call(&Messages::AcknowledgeMessage, request));
  }
  return in.output().Show(answer, Describe(answer.receipts(), in.NamingView()));
}

absl::Status MarkDisplayed(Invocation& in) {
  ASSIGN_OR_RETURN(const int revision,
                   in.arguments().Number("revision", kFirstRevision));
  v1::MarkDisplayedRequest request;
  const std::string& first = in.operand(0);
  request.set_parent(first.substr(0, first.find("/messages/")));
  for (const std::string& message : in.arguments().operands()) {
    v1::MessageRevision& displayed = *request.add_messages();
    displayed.set_message(message);
    displayed.set_revision(revision);
  }
  ASSIGN_OR_RETURN(const auto answer,
                   in.Call(&Messages::MarkDisplayed, request));
  return in.output().Show(answer, "");
}

absl::Status ListReceipts(Invocation& in) {
  v1::ListReceiptsRequest request;
  request.set_parent(in.operand(0));
  RETURN_IF_ERROR(SetPage(in.arguments(), request));
  ASSIGN_OR_RETURN(const auto answer,
                   in.Call(&Messages::ListReceipts, request));
  const View view = in.NamingView();
  return in.output().Show(
      answer, absl::StrCat(Describe(answer.receipts(), view),
                           NextPageText(answer.next_page_token(), view)));
}

absl::Status ListUnread(Invocation& in) {
  v1::ListUnreadRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), in.Network());
  ASSIGN_OR_RETURN(const auto answer, in.Call(&Messages::ListUnread, request));
  return in.output().Show(answer, Describe(answer.groups(), in.PlainView()));
}

constexpr Option kRevisionOptions[] = {
    {"revision",
     "N",
     {"読んだ版(既定: 1)", "the revision that was read (default: 1)"}},
};
constexpr Option kPageOptions[] = {kPageSize, kPageToken};
constexpr size_t kDisplayedMax = 200;

constexpr Command kCommands[] = {
    {"ack",
     "MESSAGE...",
     1,
     kDisplayedMax,
     {"了解する", "acknowledge messages"},
     kRevisionOptions,
     Acknowledge},
    {"displayed",
     "MESSAGE...",
     1,
     kDisplayedMax,
     {"画面に表示したことを記録する(同じグループ)",
      "report messages of one group as displayed"},
     kRevisionOptions,
     MarkDisplayed},
    {"receipts",
     "MESSAGE",
     1,
     1,
     {"だれに開示・到達・既読・了解されたか",
      "to whom it was disclosed, delivered, displayed; who acknowledged"},
     kPageOptions,
     ListReceipts},
    {"unread",
     "",
     0,
     0,
     {"全グループの未読と了解待ち", "what is unread in all groups"},
     {},
     ListUnread},
};

}  // namespace

absl::Span<const Command> ReceiptCommands() { return kCommands; }

}  // namespace renkei::client
