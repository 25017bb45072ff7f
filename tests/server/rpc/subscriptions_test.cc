#include "server/rpc/subscriptions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace renkei::rpc {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

template <typename IdType>
IdType MakeId(uint8_t number) {
  return IdType::Make(absl::UnixEpoch(), {number});
}

class SubscriptionsTest : public ::testing::Test {
 protected:
  const NetworkId network_ = MakeId<NetworkId>(1);
  const SessionId session_ = MakeId<SessionId>(2);
  const storage::StreamId one_ = MakeId<storage::StreamId>(3);
  const storage::StreamId other_ = MakeId<storage::StreamId>(4);
  int news_ = 0;
  int ended_ = 0;
  Subscriptions subscriptions_;

  Subscriptions::Handle Add() {
    return subscriptions_.Add(network_, session_,
                              {[this] { ++news_; }, [this] { ++ended_; }});
  }
  void Publish(const storage::StreamId& stream, uint64_t commit) {
    subscriptions_.Publish({{{network_, stream, commit}}, {}});
  }
};

TEST_F(SubscriptionsTest, HasNewsOfAStreamFromTheListeningOn) {
  const auto handle = Add();
  subscriptions_.Listen(handle, one_);
  EXPECT_THAT(subscriptions_.Take(handle).streams, UnorderedElementsAre(one_));
  EXPECT_THAT(subscriptions_.Take(handle).streams, IsEmpty());
  subscriptions_.Listen(handle, one_);
  EXPECT_THAT(subscriptions_.Take(handle).streams, IsEmpty());
}

TEST_F(SubscriptionsTest, TellsOnceUntilTheNewsAreTaken) {
  const auto handle = Add();
  subscriptions_.Listen(handle, one_);
  subscriptions_.Listen(handle, other_);
  subscriptions_.Take(handle);
  Publish(one_, 1);
  Publish(other_, 2);
  Publish(one_, 3);
  EXPECT_EQ(news_, 1);
  const Subscriptions::News news = subscriptions_.Take(handle);
  EXPECT_THAT(news.streams, UnorderedElementsAre(one_, other_));
  EXPECT_EQ(news.told, 3u);
  Publish(one_, 4);
  EXPECT_EQ(news_, 2);
}

TEST_F(SubscriptionsTest, ToldCountsWhatConcernsOthersToo) {
  const auto handle = Add();
  subscriptions_.Listen(handle, one_);
  Publish(one_, 1);
  Publish(other_, 2);
  EXPECT_EQ(subscriptions_.Take(handle).told, 2u);
  subscriptions_.Publish({{{MakeId<NetworkId>(9), other_, 7}}, {}});
  EXPECT_EQ(subscriptions_.Take(handle).told, 2u) << "of another network";
}

TEST_F(SubscriptionsTest, TellsNothingAfterRemove) {
  const auto handle = Add();
  subscriptions_.Listen(handle, one_);
  subscriptions_.Take(handle);
  subscriptions_.Remove(handle);
  Publish(one_, 1);
  subscriptions_.Publish({{}, {session_}});
  EXPECT_EQ(news_, 0);
  EXPECT_EQ(ended_, 0);
}

TEST_F(SubscriptionsTest, EndsTheListenersOfASession) {
  Add();
  Add();
  subscriptions_.Publish({{}, {session_, MakeId<SessionId>(8)}});
  EXPECT_EQ(ended_, 2);
}

}  // namespace
}  // namespace renkei::rpc
