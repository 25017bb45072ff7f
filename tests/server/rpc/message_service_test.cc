#include "server/rpc/message_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "server/rpc/names.h"
#include "tests/support/conversation.h"
#include "tests/support/polling_threads.h"

namespace renkei::rpc {
namespace {

using ::renkei::testing::Actor;
using ::renkei::testing::Conversation;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// The real handlers over the real door, called through gRPC.
class MessageServiceTest : public ::testing::Test {
 protected:
  MessageServiceTest() {
    calls_.Open(talk_.world().door());
    grpc::ServerBuilder builder;
    builder.RegisterService(&handler_);
    server_ = builder.BuildAndStart();
    stub_ = v1::MessageService::NewStub(server_->InProcessChannel({}));
  }
  ~MessageServiceTest() override { server_->Shutdown(); }

  template <typename Request, typename Response>
  grpc::Status Call(grpc::Status (v1::MessageService::Stub::*method)(
                        grpc::ClientContext*, const Request&, Response*),
                    const Actor& actor, const Request& request,
                    Response& response) {
    grpc::ClientContext context;
    context.AddMetadata(
        "authorization",
        absl::StrCat("Bearer ", ::renkei::testing::AccessToken(actor)));
    return (stub_.get()->*method)(&context, request, &response);
  }

  static std::string Reason(const grpc::Status& status) {
    google::rpc::Status details;
    details.ParseFromString(status.error_details());
    google::rpc::ErrorInfo error;
    for (const auto& any : details.details()) {
      if (any.Is<google::rpc::ErrorInfo>()) {
        any.UnpackTo(&error);
      }
    }
    return error.reason();
  }

  std::string GroupNameText() {
    return Format(GroupName{talk_.world().network(), talk_.team().group});
  }
  std::string MessageNameText(uint64_t sequence) {
    return absl::StrCat(GroupNameText(), "/messages/", sequence);
  }
  v1::SendMessageRequest NewRequest(absl::string_view body) {
    v1::SendMessageRequest request;
    request.set_parent(GroupNameText());
    request.set_lane(v1::LANE_PROFESSIONAL);
    request.set_category(v1::CATEGORY_VITAL_SIGNS);
    request.set_body(std::string(body));
    request.set_request_id(absl::StrCat(
        "4f9c1a52-7e1f-4d2b-9a3c-", absl::Dec(++requests_, absl::kZeroPad12)));
    return request;
  }
  grpc::Status Send(const Actor& actor, const v1::SendMessageRequest& request) {
    sent_.Clear();
    return Call(&v1::MessageService::Stub::SendMessage, actor, request, sent_);
  }

  Conversation talk_;
  const Actor& nurse_ = talk_.team().nurse;
  const Actor& physician_ = talk_.team().physician;
  const MethodRules rules_ = *MethodRules::Load();
  Log log_{[] { return absl::Now(); }, [](absl::string_view) {}};
  Calls calls_{rules_, log_, testing::PollingThreadsOfProcess(),
               [](const MethodRule&, grpc::StatusCode, absl::Duration) {}};
  MessageServiceHandler handler_{calls_};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::MessageService::Stub> stub_;
  uint64_t requests_ = 0;
  v1::SendMessageResponse sent_;
};

TEST_F(MessageServiceTest, AnswersWithTheMessageAsPosted) {
  v1::SendMessageRequest request = NewRequest("体温 37.8 ℃");
  request.set_priority(v1::PRIORITY_URGENT);
  request.add_mentions()->set_profession("physician");
  request.add_mentions()->set_person(
      Format(PersonName{talk_.world().network(), physician_.person}));
  ASSERT_TRUE(Send(nurse_, request).ok());
  const v1::Message& message = sent_.message();
  EXPECT_EQ(message.name(), MessageNameText(1));
  EXPECT_EQ(message.sequence(), 1);
  EXPECT_EQ(message.thread(), MessageNameText(1));
  EXPECT_EQ(message.lane(), v1::LANE_PROFESSIONAL);
  EXPECT_EQ(message.author(),
            Format(PersonName{talk_.world().network(), nurse_.person}));
  EXPECT_EQ(message.signature().display_name(), "染地 由美");
  EXPECT_EQ(message.signature().affiliation(),
            Format(AffiliationName{talk_.world().network(), nurse_.person,
                                   nurse_.affiliation}));
  EXPECT_EQ(message.category(), v1::CATEGORY_VITAL_SIGNS);
  EXPECT_EQ(message.priority(), v1::PRIORITY_URGENT);
  EXPECT_EQ(message.body(), "体温 37.8 ℃");
  EXPECT_EQ(message.mentions_size(), 2);
  EXPECT_EQ(message.create_time().seconds(),
            absl::ToUnixSeconds(talk_.world().now()));
  EXPECT_EQ(message.revision(), 1);
  EXPECT_EQ(message.state(), v1::Message::STATE_POSTED);
  ASSERT_EQ(sent_.warnings_size(), 1);
  EXPECT_EQ(sent_.warnings(0).code(), v1::Warning::CODE_TELEPHONE_AS_WELL);
}

TEST_F(MessageServiceTest, AnswersARetryWithTheSameBytes) {
  const v1::SendMessageRequest request = NewRequest("一度だけ");
  ASSERT_TRUE(Send(nurse_, request).ok());
  const std::string first = sent_.SerializeAsString();
  ASSERT_TRUE(Send(nurse_, request).ok());
  EXPECT_EQ(sent_.SerializeAsString(), first);
  v1::SendMessageRequest other = request;
  other.set_body("別");
  EXPECT_EQ(Reason(Send(nurse_, other)), "REQUEST_ID_REUSED");
  // What is kept of the answer holds no text.
  int kept = 0;
  EXPECT_TRUE(talk_.world()
                  .Look()
                  .Scan(storage::kRequests,
                        storage::KeysUnder(storage::kRequests),
                        storage::Direction::kForward,
                        [&](const storage::RequestKey&,
                            const storage::v1::RequestRecord& record) {
                          ++kept;
                          EXPECT_EQ(record.answer().find("一度だけ"),
                                    std::string::npos);
                          return true;
                        })
                  .ok());
  EXPECT_EQ(kept, 1);
}

TEST_F(MessageServiceTest, RefusesMalformedRequestsByField) {
  const auto refused = [&](const v1::SendMessageRequest& request) {
    return Reason(Send(nurse_, request));
  };
  v1::SendMessageRequest request = NewRequest("x");
  request.set_parent("groups/1");
  EXPECT_EQ(refused(request), "FIELD_INVALID");
  request = NewRequest("x");
  request.clear_lane();
  EXPECT_EQ(refused(request), "FIELD_INVALID");
  request = NewRequest("x");
  request.set_lane(v1::LANE_PATIENT);
  EXPECT_EQ(refused(request), "NOT_SUPPORTED");
  request = NewRequest("x");
  request.clear_category();
  EXPECT_EQ(refused(request), "FIELD_INVALID");
  request = NewRequest("x");
  request.set_priority(static_cast<v1::Priority>(9));
  EXPECT_EQ(refused(request), "FIELD_INVALID");
  request = NewRequest("x");
  request.add_mentions();
  EXPECT_EQ(refused(request), "FIELD_INVALID");
  request = NewRequest("x");
  request.set_audience_etag("yesterday");
  EXPECT_EQ(refused(request), "FIELD_INVALID");
  request = NewRequest("x");
  request.set_after_message("first");
  EXPECT_EQ(refused(request), "FIELD_INVALID");
  request = NewRequest("x");
  request.set_request_id("1");
  EXPECT_EQ(refused(request), "FIELD_INVALID");
  request = NewRequest("x");
  request.set_thread(Format(MessageName{
      talk_.world().network(), GroupId::Make(talk_.world().now(), {1}), 1}));
  EXPECT_EQ(refused(request), "FIELD_INVALID");
  EXPECT_TRUE(talk_.world().Audit().empty());
}

TEST_F(MessageServiceTest, TakesAPredecessorByNameOrByRequest) {
  const v1::SendMessageRequest first = NewRequest("一");
  v1::SendMessageRequest second = NewRequest("二");
  second.set_after_message(first.request_id());
  EXPECT_EQ(Reason(Send(nurse_, second)), "PREDECESSOR_MISSING");
  ASSERT_TRUE(Send(nurse_, first).ok());
  ASSERT_TRUE(Send(nurse_, second).ok());
  v1::SendMessageRequest third = NewRequest("三");
  third.set_after_message(MessageNameText(2));
  EXPECT_TRUE(Send(nurse_, third).ok());
}

TEST_F(MessageServiceTest, PagesWithTokensBoundToReaderAndFilter) {
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(Send(nurse_, NewRequest("x")).ok());
  }
  v1::ListMessagesRequest request;
  request.set_parent(GroupNameText());
  request.set_page_size(2);
  std::vector<int64_t> all;
  do {
    v1::ListMessagesResponse page;
    ASSERT_TRUE(
        Call(&v1::MessageService::Stub::ListMessages, physician_, request, page)
            .ok());
    for (const v1::Message& message : page.messages()) {
      all.push_back(message.sequence());
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(all, ElementsAre(5, 4, 3, 2, 1));
  v1::ListMessagesResponse page;
  Call(&v1::MessageService::Stub::ListMessages, physician_, request, page);
  request.set_page_token(page.next_page_token());
  page.Clear();
  EXPECT_EQ(Reason(Call(&v1::MessageService::Stub::ListMessages, nurse_,
                        request, page)),
            "PAGE_TOKEN_INVALID");
  request.set_order(v1::ORDER_OLDEST_FIRST);
  EXPECT_EQ(Reason(Call(&v1::MessageService::Stub::ListMessages, physician_,
                        request, page)),
            "PAGE_TOKEN_INVALID");
}

// A page is put together of messages that were serialized before.
TEST_F(MessageServiceTest, ListsEachMessageAsItIsGotAlone) {
  v1::SendMessageRequest root = NewRequest("体温 37.8 ℃");
  root.add_mentions()->set_profession("physician");
  ASSERT_TRUE(Send(nurse_, root).ok());
  const auto expect_same = [&](int messages, int replies) {
    v1::ListMessagesRequest request;
    request.set_parent(GroupNameText());
    v1::ListMessagesResponse page;
    ASSERT_TRUE(
        Call(&v1::MessageService::Stub::ListMessages, physician_, request, page)
            .ok());
    ASSERT_THAT(page.messages(), SizeIs(messages));
    EXPECT_EQ(page.messages(messages - 1).reply_count(), replies);
    for (const v1::Message& listed : page.messages()) {
      v1::GetMessageRequest one;
      one.set_name(listed.name());
      v1::Message alone;
      ASSERT_TRUE(
          Call(&v1::MessageService::Stub::GetMessage, physician_, one, alone)
              .ok());
      EXPECT_EQ(listed.SerializeAsString(), alone.SerializeAsString());
    }
  };
  expect_same(1, 0);
  v1::SendMessageRequest reply = NewRequest("承知しました");
  reply.set_thread(MessageNameText(1));
  ASSERT_TRUE(Send(physician_, reply).ok());
  expect_same(2, 1);
  talk_.world().Reopen();
  calls_.Open(talk_.world().door());
  expect_same(2, 1);
}

TEST_F(MessageServiceTest, CarriesReceiptsFromScreenToAuthor) {
  ASSERT_TRUE(Send(nurse_, NewRequest("創部の写真を確認ください")).ok());
  v1::MarkDisplayedRequest displayed;
  displayed.set_parent(GroupNameText());
  v1::MarkDisplayedResponse nothing;
  EXPECT_EQ(Reason(Call(&v1::MessageService::Stub::MarkDisplayed, physician_,
                        displayed, nothing)),
            "FIELD_INVALID");
  displayed.add_messages()->set_message(MessageNameText(1));
  EXPECT_EQ(Reason(Call(&v1::MessageService::Stub::MarkDisplayed, physician_,
                        displayed, nothing)),
            "FIELD_INVALID");
  displayed.mutable_messages(0)->set_revision(1);
  ASSERT_TRUE(Call(&v1::MessageService::Stub::MarkDisplayed, physician_,
                   displayed, nothing)
                  .ok());
  v1::AcknowledgeMessageRequest acknowledge;
  acknowledge.set_name(MessageNameText(1));
  acknowledge.set_revision(1);
  acknowledge.set_request_id("4f9c1a52-7e1f-4d2b-9a3c-0123456789ab");
  v1::Receipt receipt;
  ASSERT_TRUE(Call(&v1::MessageService::Stub::AcknowledgeMessage, physician_,
                   acknowledge, receipt)
                  .ok());
  EXPECT_EQ(receipt.message(), MessageNameText(1));
  EXPECT_EQ(receipt.signature().profession(), "physician");
  EXPECT_TRUE(receipt.has_acknowledge_time());
  EXPECT_TRUE(receipt.has_display_time());
  EXPECT_FALSE(receipt.has_disclose_time());
  v1::ListReceiptsRequest list;
  list.set_parent(MessageNameText(1));
  list.set_page_size(1);
  size_t listed = 0;
  do {
    v1::ListReceiptsResponse page;
    ASSERT_TRUE(
        Call(&v1::MessageService::Stub::ListReceipts, nurse_, list, page).ok());
    ASSERT_THAT(page.receipts(), SizeIs(1));
    ++listed;
    list.set_page_token(page.next_page_token());
  } while (!list.page_token().empty());
  EXPECT_EQ(listed, 2u);
}

TEST_F(MessageServiceTest, CountsWhatIsUnread) {
  v1::SendMessageRequest urgent = NewRequest("至急");
  urgent.set_priority(v1::PRIORITY_URGENT);
  urgent.add_mentions()->set_profession("physician");
  ASSERT_TRUE(Send(nurse_, urgent).ok());
  v1::ListUnreadRequest request;
  request.set_parent(Format(NetworkName{talk_.world().network()}));
  v1::ListUnreadResponse response;
  ASSERT_TRUE(
      Call(&v1::MessageService::Stub::ListUnread, physician_, request, response)
          .ok());
  ASSERT_THAT(response.groups(), SizeIs(1));
  EXPECT_EQ(response.groups(0).group(), GroupNameText());
  EXPECT_EQ(response.groups(0).unread_count(), 1);
  EXPECT_EQ(response.groups(0).urgent_count(), 1);
  EXPECT_EQ(response.groups(0).acknowledgement_asked_count(), 1);
  response.Clear();
  ASSERT_TRUE(
      Call(&v1::MessageService::Stub::ListUnread, nurse_, request, response)
          .ok());
  EXPECT_THAT(response.groups(), IsEmpty());
}

TEST_F(MessageServiceTest, TellsAStrangerNothing) {
  ASSERT_TRUE(Send(nurse_, NewRequest("内密")).ok());
  v1::GetMessageRequest request;
  request.set_name(MessageNameText(1));
  v1::Message message;
  const grpc::Status there = Call(&v1::MessageService::Stub::GetMessage,
                                  talk_.team().stranger, request, message);
  EXPECT_EQ(Reason(there), "NOT_FOUND");
  EXPECT_EQ(there.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_TRUE(message.body().empty());
}

}  // namespace
}  // namespace renkei::rpc
