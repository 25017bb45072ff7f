// send, reply, list, thread, get.
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/command.h"
#include "client/describe.h"
#include "client/labels.h"
#include "client/private_file.h"
#include "storage/base/status_macros.h"

namespace renkei::client {
namespace {

using Messages = v1::MessageService::Stub;

// "networks/n/groups/g/messages/7" lies in "networks/n/groups/g".
absl::StatusOr<std::string> GroupOf(const std::string& message) {
  const size_t end = message.find("/messages/");
  if (end == std::string::npos) {
    return UsageError(absl::StrCat(message, " is no message"));
  }
  return message.substr(0, end);
}

absl::Status SetContent(Invocation& in, const std::string& text,
                        v1::SendMessageRequest& request) {
  const Arguments& arguments = in.arguments();
  if (text == "-") {
    ASSIGN_OR_RETURN(*request.mutable_body(), ReadFile("/dev/stdin"));
  } else {
    request.set_body(text);
  }
  request.set_category(v1::CATEGORY_DAILY_CARE);
  if (arguments.Has("category")) {
    ASSIGN_OR_RETURN(const auto category,
                     ParseEnum<v1::Category>(arguments.Get("category")));
    request.set_category(category);
  }
  request.set_priority(arguments.Has("urgent") ? v1::PRIORITY_URGENT
                                               : v1::PRIORITY_NORMAL);
  for (const std::string& mentioned : arguments.List("mention")) {
    v1::Mention& mention = *request.add_mentions();
    if (absl::StartsWith(mentioned, "networks/")) {
      mention.set_person(mentioned);
    } else {
      mention.set_profession(mentioned);
    }
  }
  request.set_audience_etag(arguments.Get("audience-etag"));
  request.set_after_message(arguments.Get("after"));
  return absl::OkStatus();
}

absl::Status Post(Invocation& in, const v1::SendMessageRequest& request) {
  ASSIGN_OR_RETURN(const auto answer, in.Call(&Messages::SendMessage, request));
  const View view = in.NamingView();
  return in.output().Show(answer,
                          absl::StrCat(DescribeOne(answer.message(), view),
                                       WarningText(answer.warnings(), view),
                                       answer.message().name(), "\n"));
}

absl::Status SendMessage(Invocation& in) {
  v1::SendMessageRequest request;
  request.set_parent(in.operand(0));
  request.set_lane(v1::LANE_PROFESSIONAL);
  RETURN_IF_ERROR(SetContent(in, in.operand(1), request));
  return Post(in, request);
}

absl::Status Reply(Invocation& in) {
  v1::SendMessageRequest request;
  request.set_thread(in.operand(0));
  ASSIGN_OR_RETURN(*request.mutable_parent(), GroupOf(in.operand(0)));
  RETURN_IF_ERROR(SetContent(in, in.operand(1), request));
  return Post(in, request);
}

absl::Status ShowMessages(Invocation& in, v1::ListMessagesRequest request) {
  const Arguments& arguments = in.arguments();
  request.set_order(arguments.Has("oldest-first") ? v1::ORDER_OLDEST_FIRST
                                                  : v1::ORDER_NEWEST_FIRST);
  ASSIGN_OR_RETURN(const int start, arguments.Number("start", 0));
  request.set_start_sequence(start);
  RETURN_IF_ERROR(SetPage(arguments, request));
  ASSIGN_OR_RETURN(const auto answer,
                   in.Call(&Messages::ListMessages, request));
  const View view = in.NamingView();
  return in.output().Show(
      answer, absl::StrCat(Describe(answer.messages(), view),
                           NextPageText(answer.next_page_token(), view)));
}

absl::Status ListTimeline(Invocation& in) {
  v1::ListMessagesRequest request;
  request.set_parent(in.operand(0));
  return ShowMessages(in, request);
}

absl::Status ListThread(Invocation& in) {
  v1::ListMessagesRequest request;
  request.set_thread(in.operand(0));
  ASSIGN_OR_RETURN(*request.mutable_parent(), GroupOf(in.operand(0)));
  return ShowMessages(in, request);
}

absl::Status GetMessage(Invocation& in) {
  v1::GetMessageRequest request;
  request.set_name(in.operand(0));
  ASSIGN_OR_RETURN(const v1::Message answer,
                   in.Call(&Messages::GetMessage, request));
  return in.output().Show(answer, DescribeOne(answer, in.NamingView()));
}

constexpr Option kSendOptions[] = {
    {"category",
     "CATEGORY",
     {"分類(既定: daily_care)", "what it is about (default: daily_care)"}},
    {"urgent", "", {"至急(電話もしてください)", "urgent; telephone as well"}},
    {"mention",
     "PERSON|CODE",
     {"了解をお願いする人または職種コード(カンマ区切り)",
      "who is asked to acknowledge: people or profession codes, by commas"}},
    {"audience-etag",
     "ETAG",
     {"宛先の etag(メンバーが変わっていれば拒否)",
      "refused if the members changed since"}},
    {"after",
     "MESSAGE",
     {"先に届いているべき投稿", "the message that must be there before"}},
};
constexpr Option kListOptions[] = {
    {"oldest-first", "", {"古い順", "from the oldest"}},
    {"start", "N", {"この番号から", "begin at this number"}},
    kPageSize,
    kPageToken,
};

constexpr Command kCommands[] = {
    {"send",
     "GROUP TEXT|-",
     2,
     2,
     {"投稿する(- は標準入力)", "post a new thread; - reads standard input"},
     kSendOptions,
     SendMessage},
    {"reply",
     "THREAD TEXT|-",
     2,
     2,
     {"スレッドに返信する", "reply in a thread"},
     kSendOptions,
     Reply},
    {"list",
     "GROUP",
     1,
     1,
     {"タイムライン(新しい順)", "the timeline, newest first"},
     kListOptions,
     ListTimeline},
    {"thread",
     "THREAD",
     1,
     1,
     {"スレッドを見る", "show one thread"},
     kListOptions,
     ListThread},
    {"get",
     "MESSAGE",
     1,
     1,
     {"投稿を1件見る", "show one message"},
     {},
     GetMessage},
};

}  // namespace

absl::Span<const Command> MessageCommands() { return kCommands; }

}  // namespace renkei::client
