#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "client/describe.h"
#include "client/labels.h"

namespace renkei::client {
namespace {

// The name of each author of a page, so that mentions can be shown by name.
using Authors = std::map<std::string, std::string>;

std::string MentionText(const v1::Message& message, const Authors& authors,
                        const View& view) {
  constexpr Text kAsked = {"了解のお願い", "please acknowledge"};
  std::vector<std::string> names;
  for (const v1::Mention& mention : message.mentions()) {
    const auto author = authors.find(mention.person());
    if (mention.has_profession()) {
      names.push_back(ProfessionText(mention.profession(), view));
    } else {
      names.push_back(author == authors.end() ? mention.person()
                                              : author->second);
    }
  }
  if (names.empty()) {
    return "";
  }
  return absl::StrCat("    → ", kAsked.In(view.language), ": ",
                      absl::StrJoin(names, ", "), "\n");
}

std::string MessageText(const v1::Message& message, const Authors& authors,
                        const View& view) {
  const bool is_reply = message.thread() != message.name();
  const bool is_urgent = message.priority() == v1::PRIORITY_URGENT;
  const std::string root =
      message.thread().substr(message.thread().rfind('/') + 1);
  return absl::StrCat(
      "#", message.sequence(), is_reply ? absl::StrCat(" ↩#", root) : "", "  ",
      TimeText(message.create_time(), view), "  ",
      SignatureText(message.signature(), view), "  [",
      Label(message.category(), view.language), "]",
      is_urgent ? absl::StrCat(" ★", Label(message.priority(), view.language))
                : "",
      "\n    ", absl::StrReplaceAll(message.body(), {{"\n", "\n    "}}), "\n",
      MentionText(message, authors, view));
}

std::string ChangeText(const v1::Change& change, const View& view) {
  switch (change.change_case()) {
    case v1::Change::kMessagePosted:
      return DescribeOne(change.message_posted(), view);
    case v1::Change::kReceiptChanged:
      return DescribeOne(change.receipt_changed(), view);
    case v1::Change::kMemberChanged:
      return DescribeOne(change.member_changed(), view);
    case v1::Change::kInvitationChanged:
      return DescribeOne(change.invitation_changed(), view);
    case v1::Change::kConsentChanged:
      return DescribeOne(change.consent_changed(), view);
    case v1::Change::kGroupChanged:
      return DescribeOne(change.group_changed(), view);
    case v1::Change::kSessionNotice:
      return absl::StrCat(Label(change.session_notice().kind(), view.language),
                          "\n");
    case v1::Change::CHANGE_NOT_SET:
      return "";
  }
  return "";
}

}  // namespace

std::string Describe(const Items<v1::Message>& messages, const View& view) {
  Authors authors;
  for (const v1::Message& message : messages) {
    authors[message.author()] = message.signature().display_name();
  }
  std::string text;
  for (const v1::Message& message : messages) {
    absl::StrAppend(&text, MessageText(message, authors, view), "\n");
  }
  return text;
}

std::string Describe(const Items<v1::Receipt>& receipts, const View& view) {
  constexpr Text kMessage = {"投稿", "MESSAGE"};
  constexpr Text kPerson = {"相手", "PERSON"};
  constexpr Text kAsked = {"お願い", "ASKED"};
  constexpr Text kDisclosed = {"開示", "DISCLOSED"};
  constexpr Text kDelivered = {"到達", "DELIVERED"};
  constexpr Text kDisplayed = {"既読", "DISPLAYED"};
  constexpr Text kAcknowledged = {"了解", "ACKNOWLEDGED"};
  const Language language = view.language;
  std::vector<Row> rows = {Heading({kMessage, kPerson, kAsked, kDisclosed,
                                    kDelivered, kDisplayed, kAcknowledged},
                                   language)};
  for (const v1::Receipt& receipt : receipts) {
    const std::string sequence =
        receipt.message().substr(receipt.message().rfind('/') + 1);
    rows.push_back({absl::StrCat("#", sequence),
                    SignatureText(receipt.signature(), view),
                    receipt.acknowledgement_asked() ? "○" : "",
                    TimeText(receipt.disclose_time(), view),
                    TimeText(receipt.deliver_time(), view),
                    TimeText(receipt.display_time(), view),
                    TimeText(receipt.acknowledge_time(), view)});
  }
  return FormatTable(rows);
}

std::string Describe(const Items<v1::UnreadCount>& counts, const View& view) {
  constexpr Text kNothing = {"未読はありません\n", "nothing unread\n"};
  constexpr Text kUnread = {"未読", "UNREAD"};
  constexpr Text kUrgent = {"うち至急", "URGENT"};
  constexpr Text kAsked = {"了解待ち", "ACK ASKED"};
  constexpr Text kGroup = {"グループ", "GROUP"};
  const Language language = view.language;
  if (counts.empty()) {
    return std::string(kNothing.In(language));
  }
  std::vector<Row> rows = {
      Heading({kUnread, kUrgent, kAsked, kGroup}, language)};
  for (const v1::UnreadCount& count : counts) {
    rows.push_back({absl::StrCat(count.unread_count(), count.more() ? "+" : ""),
                    absl::StrCat(count.urgent_count()),
                    absl::StrCat(count.acknowledgement_asked_count()),
                    count.group()});
  }
  return FormatTable(rows);
}

std::string Describe(const v1::SyncFrame& frame, const View& view) {
  constexpr Text kCaughtUp = {"-- ここから先は新着です\n",
                              "-- live from here on\n"};
  switch (frame.frame_case()) {
    case v1::SyncFrame::kSnapshot:
      return frame.snapshot().groups().empty()
                 ? ""
                 : Describe(frame.snapshot().groups(), view);
    case v1::SyncFrame::kEvent: {
      std::string text;
      for (const v1::Change& change : frame.event().changes()) {
        absl::StrAppend(&text, ChangeText(change, view));
      }
      return text;
    }
    case v1::SyncFrame::kCaughtUp:
      return std::string(kCaughtUp.In(view.language));
    default:
      return "";
  }
}

}  // namespace renkei::client
