#include "absl/strings/str_cat.h"
#include "client/describe.h"
#include "client/labels.h"

namespace renkei::client {
namespace {

std::string ActorText(const v1::AuditEvent& event, const View& view) {
  std::string signature = SignatureText(event.actor().signature(), view);
  if (!signature.empty()) {
    return signature;
  }
  const auto login = event.details().find("login");
  return login == event.details().end() ? event.actor().person()
                                        : login->second;
}

std::string MessagesText(const v1::MessageRange& range) {
  if (range.count() == 0) {
    return "";
  }
  if (range.first_sequence() == range.last_sequence()) {
    return absl::StrCat("#", range.first_sequence());
  }
  return absl::StrCat("#", range.first_sequence(), "-", range.last_sequence(),
                      " (", range.count(), ")");
}

std::string RemarkText(const v1::AuditEvent& event) {
  std::string remark = event.error_reason();
  if (event.count() > 1) {
    absl::StrAppend(&remark, remark.empty() ? "" : " ", "×", event.count());
  }
  if (!event.stated_reason().empty()) {
    absl::StrAppend(&remark, remark.empty() ? "" : " ", event.stated_reason());
  }
  return remark;
}

}  // namespace

std::string Describe(const Items<v1::AuditEvent>& events, const View& view) {
  constexpr Text kTime = {"日時", "TIME"};
  constexpr Text kOutcome = {"結果", "OUTCOME"};
  constexpr Text kType = {"操作", "EVENT"};
  constexpr Text kActor = {"行った人", "ACTOR"};
  constexpr Text kMessages = {"投稿", "MESSAGES"};
  constexpr Text kRemark = {"備考", "REMARK"};
  const Language language = view.language;
  std::vector<Row> rows = {Heading(
      {Text{"No", "No"}, kTime, kOutcome, kType, kActor, kMessages, kRemark},
      language)};
  for (const v1::AuditEvent& event : events) {
    rows.push_back({absl::StrCat(event.index()), TimeText(event.time(), view),
                    Label(event.outcome(), language),
                    Label(event.type(), language), ActorText(event, view),
                    MessagesText(event.messages()), RemarkText(event)});
  }
  return FormatTable(rows);
}

}  // namespace renkei::client
