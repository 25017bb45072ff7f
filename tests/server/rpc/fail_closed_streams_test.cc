// A stream that is open when the audit log breaks: what it brought has its
// event, and the rest stays inside.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "server/domain/audit.h"
#include "server/domain/audit_tree.h"
#include "server/jobs/checkpoints.h"
#include "server/rpc/audit_service.h"
#include "server/rpc/sync_service.h"
#include "tests/support/conversation.h"
#include "tests/support/rpc_world.h"
#include "tests/support/status_matchers.h"

namespace renkei::testing {
namespace {

constexpr uint32_t kStreamDelivered = 401;
constexpr uint32_t kAuditExported = 501;

class FailClosedStreamsTest : public ::testing::Test {
 protected:
  World& world() { return talk_.world(); }

  // No event can be appended any more; what the log has stays as it is.
  void BreakLog() {
    world().Change([this](storage::Transaction& tx) -> absl::Status {
      ASSIGN_OR_RETURN(const auto tree,
                       tx.Get(storage::kAuditTrees, {world().network()}));
      return domain::AppendToTree(tx, world().network(), tree.size(), "stray");
    });
  }
  // Events of this type, and how many messages they say were shown.
  struct Recorded {
    uint64_t events = 0;
    uint64_t messages = 0;
  };
  Recorded RecordedOf(uint32_t type) {
    Recorded recorded;
    EXPECT_OK(world().Look().Scan(
        storage::kAudit, storage::KeysUnder(storage::kAudit, world().network()),
        storage::Direction::kForward,
        [&](const storage::AuditKey&, const storage::v1::AuditRecord& event) {
          storage::v1::AuditLeaf leaf;
          EXPECT_TRUE(leaf.ParseFromString(event.leaf()));
          recorded.events += leaf.type() == type ? 1 : 0;
          recorded.messages += leaf.type() == type ? leaf.messages() : 0;
          return true;
        }));
    return recorded;
  }

  Conversation talk_;
  RpcWorld api_{talk_.world()};
};

TEST_F(FailClosedStreamsTest, SyncBringsNothingWithoutItsEvent) {
  constexpr uint64_t kMessages = 600;
  rpc::Subscriptions subscriptions;
  rpc::SyncServiceHandler handler(api_.calls(), subscriptions,
                                  [] { return std::string("incarnation"); });
  const auto stub = v1::SyncService::NewStub(api_.Serve(handler));
  std::string cursor;
  v1::SyncFrame frame;
  {
    const auto context = api_.As(talk_.team().physician);
    const auto reader = stub->Sync(context.get(), {});
    while (!frame.has_caught_up() && reader->Read(&frame)) {
      cursor = frame.cursor();
    }
    context->TryCancel();
    reader->Finish();
  }
  for (uint64_t i = 0; i < kMessages; ++i) {
    ASSERT_OK(talk_.Send(talk_.team().nurse, "経過"));
  }
  const auto context = api_.As(talk_.team().physician);
  v1::SyncRequest request;
  request.set_cursor(cursor);
  const auto reader = stub->Sync(context.get(), request);
  uint64_t brought = 0;
  while (brought == 0 && reader->Read(&frame)) {
    brought = static_cast<uint64_t>(frame.event().changes_size());
  }
  while (handler.waiting_streams() != 1) {
    std::this_thread::yield();  // until nothing more can be sent to it
  }
  BreakLog();
  v1::Close::Reason closed = v1::Close::REASON_UNSPECIFIED;
  while (reader->Read(&frame)) {
    for (const v1::Change& change : frame.event().changes()) {
      brought += change.has_message_posted() ? 1 : 0;
    }
    closed = frame.close().reason();
  }
  reader->Finish();
  EXPECT_EQ(closed, v1::Close::REASON_SERVER_ERROR);
  EXPECT_GT(brought, 0u);
  EXPECT_LT(brought, kMessages);
  EXPECT_LE(brought, RecordedOf(kStreamDelivered).messages);
  api_.Stop();
}

TEST_F(FailClosedStreamsTest, AnExportEndsWhereItsEventsEnd) {
  const std::string folder =
      absl::StrCat(::testing::TempDir(), "/fail-closed-streams-", getpid());
  std::filesystem::create_directories(folder);
  Actor auditor = world().AddPerson("監査", "clerk", talk_.team().clinic);
  world().GrantRole(auditor, storage::v1::ROLE_AUDITOR);
  // Pieces have a mebibyte; a stream is at most one ahead of its reader.
  world().Change([this](storage::Transaction& tx) -> absl::Status {
    domain::WriteCall call =
        domain::NewWriteCall(tx, std::nullopt, {}, world().keys());
    call.note.network = world().network();
    call.note.type = 100;
    call.note.target = std::string(2000, 'x');
    for (int i = 0; i < 1500; ++i) {
      RETURN_IF_ERROR(domain::AppendAudit(call, absl::OkStatus()));
    }
    return absl::OkStatus();
  });
  jobs::Checkpoints checkpoints(world().store(), world().keys(),
                                "incarnation 0001", folder);
  ASSERT_OK(checkpoints.SignGrown(world().now()));
  rpc::AuditServiceHandler handler(api_.calls(), api_.workers());
  const auto stub = v1::AuditService::NewStub(api_.Serve(handler));
  v1::ExportAuditEventsRequest request;
  request.set_parent(absl::StrCat("networks/", world().network().ToText()));
  const auto context = api_.As(auditor);
  const auto reader = stub->ExportAuditEvents(context.get(), request);
  v1::ExportAuditEventsResponse piece;
  ASSERT_TRUE(reader->Read(&piece));
  BreakLog();
  size_t pieces = 1;
  while (reader->Read(&piece)) {
    ++pieces;
  }
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_LE(pieces, RecordedOf(kAuditExported).events);
  api_.Stop();
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace renkei::testing
