// Sync as a client sees it: over gRPC, against the whole server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "renkei/v1/sync.grpc.pb.h"
#include "tests/support/live_network.h"
#include "tests/support/rpc_world.h"

namespace renkei::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Directory = v1::DirectoryService::Stub;
using Groups = v1::GroupService::Stub;
using Sessions = v1::SessionService::Stub;

// A device that listens on a connection of its own.
class Listener {
 public:
  Listener(const LiveServer& server, const v1::Tokens& tokens,
           const std::string& cursor)
      : stub_(server.Connect()) {
    LiveServer::Authorize(context_, tokens);
    v1::SyncRequest request;
    request.set_cursor(cursor);
    reader_ = stub_.Sync(&context_, request);
  }
  ~Listener() {
    if (reader_ != nullptr) {
      context_.TryCancel();
      End();
    }
  }

  // Reads up to and with the first frame of this kind; empty if the stream
  // ended before.
  std::vector<v1::SyncFrame> ReadTo(v1::SyncFrame::FrameCase kind) {
    std::vector<v1::SyncFrame> frames;
    v1::SyncFrame frame;
    while (reader_->Read(&frame)) {
      frames.push_back(frame);
      if (frame.frame_case() == kind) {
        return frames;
      }
    }
    return {};
  }
  // The text of the next messages, this many.
  std::vector<std::string> ReadBodies(size_t count) {
    std::vector<std::string> bodies;
    v1::SyncFrame frame;
    while (bodies.size() < count && reader_->Read(&frame)) {
      for (const v1::Change& change : frame.event().changes()) {
        if (change.has_message_posted()) {
          bodies.push_back(change.message_posted().body());
        }
      }
      cursor_ = frame.cursor();
    }
    return bodies;
  }
  // The text of all messages up to those with these texts, of each group.
  std::map<std::string, std::vector<std::string>> ReadBodiesTo(
      std::set<std::string> last) {
    std::map<std::string, std::vector<std::string>> bodies;
    v1::SyncFrame frame;
    while (!last.empty() && reader_->Read(&frame)) {
      for (const v1::Change& change : frame.event().changes()) {
        if (change.has_message_posted()) {
          const std::string& body = change.message_posted().body();
          bodies[change.group()].push_back(body);
          last.erase(body);
        }
      }
    }
    return bodies;
  }
  // Why the server closed the stream.
  v1::Close::Reason ReadClose() {
    const std::vector<v1::SyncFrame> frames = ReadTo(v1::SyncFrame::kClose);
    return frames.empty() ? v1::Close::REASON_UNSPECIFIED
                          : frames.back().close().reason();
  }
  // After the last frame. Once.
  grpc::Status End() {
    v1::SyncFrame frame;
    while (reader_->Read(&frame)) {
    }
    grpc::Status status = reader_->Finish();
    reader_.reset();
    return status;
  }
  // After the last frame of ReadBodies.
  const std::string& cursor() const { return cursor_; }

 private:
  v1::SyncService::Stub stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::SyncFrame>> reader_;
  std::string cursor_;
};

class SyncLiveTest : public ::testing::Test {
 protected:
  SyncLiveTest() : server_("sync-live-test") {
    server_.Init("ちょうふ", "office");
    server_.Start();
    team_ = MakeLiveNetwork(server_, "");
  }

  void Post(const std::string& body) {
    Send(server_, team_, team_.nurse, body);
  }
  void Remove(const Person& member) {
    v1::RemoveMemberRequest remove;
    remove.set_name(team_.group + "/members/" +
                    member.name.substr(member.name.rfind('/') + 1));
    remove.set_reason("異動");
    server_.Call(team_.physician.tokens, &Groups::RemoveMember, remove);
  }

  LiveServer server_;
  LiveNetwork team_;
};

TEST_F(SyncLiveTest, BeginsWithASnapshotAndIsThenLive) {
  Listener tablet(server_, team_.physician.tokens, "");
  const std::vector<v1::SyncFrame> begun =
      tablet.ReadTo(v1::SyncFrame::kCaughtUp);
  ASSERT_FALSE(begun.empty());
  EXPECT_EQ(begun.front().snapshot().mode(), v1::Snapshot::MODE_FRESH);
  ASSERT_EQ(begun.front().snapshot().groups_size(), 1);
  EXPECT_EQ(begun.front().snapshot().groups(0).name(), team_.group);
  Post("発熱 38.2");
  Post("解熱剤を");
  EXPECT_THAT(tablet.ReadBodies(2), ElementsAre("発熱 38.2", "解熱剤を"));
}

TEST_F(SyncLiveTest, ResumesAfterTheLastFrameAndBringsWhatWasMissedOnce) {
  std::string cursor;
  {
    Listener tablet(server_, team_.physician.tokens, "");
    ASSERT_FALSE(tablet.ReadTo(v1::SyncFrame::kCaughtUp).empty());
    Post("一");
    Post("二");
    EXPECT_THAT(tablet.ReadBodies(2), ElementsAre("一", "二"));
    cursor = tablet.cursor();
  }
  Post("三");
  Post("四");
  Listener tablet(server_, team_.physician.tokens, cursor);
  const std::vector<v1::SyncFrame> begun =
      tablet.ReadTo(v1::SyncFrame::kSnapshot);
  ASSERT_FALSE(begun.empty());
  EXPECT_EQ(begun.front().snapshot().mode(), v1::Snapshot::MODE_RESUMED);
  EXPECT_THAT(tablet.ReadBodies(2), ElementsAre("三", "四"));
}

// Commits of one group are visible before the stream is told of them, while it
// reads another group up to its last commit.
TEST_F(SyncLiveTest, BringsEachMessageOnceWhileTwoGroupsAreWrittenTo) {
  constexpr int kMessages = 150;
  const LiveNetwork& one = team_;
  const LiveNetwork other = WithGroup(server_, team_, "8173640933", "");
  Listener tablet(server_, team_.physician.tokens, "");
  ASSERT_FALSE(tablet.ReadTo(v1::SyncFrame::kCaughtUp).empty());
  std::map<std::string, std::vector<std::string>> posted;
  for (const LiveNetwork* team : {&one, &other}) {
    for (int i = 0; i < kMessages; ++i) {
      posted[team->group].push_back(absl::StrCat(team->group, " ", i));
    }
  }
  std::vector<std::thread> posters;
  for (const LiveNetwork* team : {&one, &other}) {
    posters.emplace_back([&, team] {
      for (const std::string& body : posted[team->group]) {
        Send(server_, *team, team->nurse, body);
      }
    });
  }
  const auto bodies = tablet.ReadBodiesTo(
      {posted[one.group].back(), posted[other.group].back()});
  for (std::thread& poster : posters) {
    poster.join();
  }
  EXPECT_EQ(bodies, posted);
}

TEST_F(SyncLiveTest, BringsEachMessageOnceToADeviceThatReconnectsAllTheTime) {
  constexpr size_t kMessages = 200;
  std::string cursor;
  {
    Listener tablet(server_, team_.physician.tokens, "");
    cursor = tablet.ReadTo(v1::SyncFrame::kCaughtUp).back().cursor();
  }
  std::thread poster([&] {
    for (size_t i = 0; i < kMessages; ++i) {
      Post(absl::StrCat("経過 ", i));
    }
  });
  std::vector<std::string> bodies;
  while (bodies.size() < kMessages) {
    Listener tablet(server_, team_.physician.tokens, cursor);
    for (std::string& body : tablet.ReadBodies(1)) {
      bodies.push_back(std::move(body));
    }
    cursor = tablet.cursor();
  }
  poster.join();
  for (size_t i = 0; i < kMessages; ++i) {
    EXPECT_EQ(bodies[i], absl::StrCat("経過 ", i));
  }
}

TEST_F(SyncLiveTest, BringsANewMemberWhatIsPostedFromThenOn) {
  Listener tablet(server_, team_.stranger.tokens, "");
  ASSERT_FALSE(tablet.ReadTo(v1::SyncFrame::kCaughtUp).empty());
  Post("前");
  Join(server_, team_, team_.stranger, false, "薬剤師として");
  Post("後");
  EXPECT_THAT(tablet.ReadBodies(1), ElementsAre("後"));
}

TEST_F(SyncLiveTest, GoesOnAtItsCursorAfterARestartOfTheServer) {
  Listener before(server_, team_.physician.tokens, "");
  ASSERT_FALSE(before.ReadTo(v1::SyncFrame::kCaughtUp).empty());
  Post("一");
  EXPECT_THAT(before.ReadBodies(1), ElementsAre("一"));
  server_.Stop();
  EXPECT_EQ(before.ReadClose(), v1::Close::REASON_SERVER_SHUTDOWN);
  server_.Start();
  Post("二");
  Listener after(server_, team_.physician.tokens, before.cursor());
  EXPECT_THAT(after.ReadBodies(1), ElementsAre("二"));
}

TEST_F(SyncLiveTest, RefusesACursorThatIsNotItsOwn) {
  Listener tablet(server_, team_.physician.tokens, "");
  ASSERT_FALSE(tablet.ReadTo(v1::SyncFrame::kCaughtUp).empty());
  Post("一");
  tablet.ReadBodies(1);
  Listener other(server_, team_.care_manager.tokens, tablet.cursor());
  EXPECT_EQ(ReasonIn(other.End()), "CURSOR_INVALID");
}

TEST_F(SyncLiveTest, IsRefusedWithoutCredentials) {
  Listener nobody(server_, {}, "");
  const grpc::Status refused = nobody.End();
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(ReasonIn(refused), "CREDENTIALS_MISSING");
}

TEST_F(SyncLiveTest, EndsTheEarlierStreamOfADevice) {
  Listener first(server_, team_.physician.tokens, "");
  ASSERT_FALSE(first.ReadTo(v1::SyncFrame::kCaughtUp).empty());
  Listener second(server_, team_.physician.tokens, "");
  EXPECT_EQ(first.ReadClose(), v1::Close::REASON_REPLACED_BY_NEW_STREAM);
  EXPECT_TRUE(first.End().ok());
  ASSERT_FALSE(second.ReadTo(v1::SyncFrame::kCaughtUp).empty());
  Post("届いた");
  EXPECT_THAT(second.ReadBodies(1), ElementsAre("届いた"));
}

TEST_F(SyncLiveTest, EndsWithARevokedSession) {
  const v1::Tokens phone = server_.SignInAgain(team_.physician, "phone");
  Listener tablet(server_, team_.physician.tokens, "");
  ASSERT_FALSE(tablet.ReadTo(v1::SyncFrame::kCaughtUp).empty());
  v1::RevokeSessionRequest revoke;
  revoke.set_name(team_.physician.tokens.session());
  server_.Call(phone, &Sessions::RevokeSession, revoke);
  EXPECT_EQ(tablet.ReadClose(), v1::Close::REASON_SESSION_ENDED);
  Listener again(server_, team_.physician.tokens, "");
  EXPECT_EQ(ReasonIn(again.End()), "SESSION_ENDED");
}

TEST_F(SyncLiveTest, EndsWithSignOut) {
  Listener tablet(server_, team_.physician.tokens, "");
  ASSERT_FALSE(tablet.ReadTo(v1::SyncFrame::kCaughtUp).empty());
  server_.Call(team_.physician.tokens, &Sessions::SignOut, {});
  EXPECT_EQ(tablet.ReadClose(), v1::Close::REASON_SESSION_ENDED);
}

TEST_F(SyncLiveTest, TellsADeviceWhatBecameOfTheAccount) {
  Listener tablet(server_, team_.physician.tokens, "");
  ASSERT_FALSE(tablet.ReadTo(v1::SyncFrame::kCaughtUp).empty());
  const v1::Tokens phone = server_.SignInAgain(team_.physician, "phone");
  v1::CreateRecoveryCodesRequest codes;
  codes.set_current_password(team_.physician.password);
  server_.Call(team_.physician.tokens, &Sessions::CreateRecoveryCodes, codes);
  v1::CreateAffiliationRequest second;
  second.set_parent(team_.physician.name);
  second.mutable_affiliation()->set_facility(team_.stranger.facility);
  second.mutable_affiliation()->set_profession("pharmacist");
  server_.Call(team_.stranger.tokens, &Directory::CreateAffiliation, second);
  std::vector<v1::SessionNotice> notices;
  while (notices.size() < 3) {
    const std::vector<v1::SyncFrame> frames =
        tablet.ReadTo(v1::SyncFrame::kEvent);
    ASSERT_FALSE(frames.empty());
    for (const v1::Change& change : frames.back().event().changes()) {
      notices.push_back(change.session_notice());
    }
  }
  EXPECT_EQ(notices[0].kind(), v1::SessionNotice::KIND_SIGNED_IN_ELSEWHERE);
  EXPECT_EQ(notices[0].resource(), phone.session());
  EXPECT_EQ(notices[1].kind(), v1::SessionNotice::KIND_CREDENTIALS_CHANGED);
  EXPECT_EQ(notices[2].kind(), v1::SessionNotice::KIND_RIGHTS_CHANGED);
}

TEST_F(SyncLiveTest, BringsARemovedMemberNothingThatWasPostedAfterwards) {
  Listener tablet(server_, team_.care_manager.tokens, "");
  ASSERT_FALSE(tablet.ReadTo(v1::SyncFrame::kCaughtUp).empty());
  Post("前");
  EXPECT_THAT(tablet.ReadBodies(1), ElementsAre("前"));
  Remove(team_.care_manager);
  Post("後");
  // What comes after it in the same order: the stream is past the message.
  server_.SignInAgain(team_.care_manager, "phone");
  bool removed = false;
  bool notice = false;
  std::vector<std::string> bodies;
  while (!notice) {
    const std::vector<v1::SyncFrame> frames =
        tablet.ReadTo(v1::SyncFrame::kEvent);
    ASSERT_FALSE(frames.empty());
    for (const v1::Change& change : frames.back().event().changes()) {
      removed |= change.has_member_changed();
      notice |= change.session_notice().kind() ==
                v1::SessionNotice::KIND_SIGNED_IN_ELSEWHERE;
      if (change.has_message_posted()) {
        bodies.push_back(change.message_posted().body());
      }
    }
  }
  EXPECT_TRUE(removed);
  EXPECT_THAT(bodies, IsEmpty());
}

}  // namespace
}  // namespace renkei::testing
