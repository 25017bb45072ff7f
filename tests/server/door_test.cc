#include "server/domain/door.h"

#include <gtest/gtest.h>

#include <future>

#include "server/domain/audit.h"
#include "server/domain/authorize.h"
#include "server/domain/session_proof.h"
#include "storage/crypto/hash.h"
#include "tests/support/status_matchers.h"
#include "tests/support/world.h"

namespace renkei::domain {
namespace {

using ::renkei::testing::Actor;
using ::renkei::testing::RefusedWith;
using ::renkei::testing::StatusIs;
using ::renkei::testing::World;

constexpr uint32_t kNetworkRead = 100;
constexpr uint32_t kNetworkUpdated = 101;

class DoorTest : public ::testing::Test {
 protected:
  World world_;
  const FacilityId clinic_ = world_.AddFacility("調布クリニック");
  const Actor nurse_ = world_.AddPerson("佐藤", "visiting_nurse", clinic_);

  absl::Status Rename(const Actor& actor, absl::string_view name) {
    return world_.Write(
        actor, Action::kUpdateNetwork, kNetworkUpdated,
        [&](WriteCall& call) -> absl::Status {
          RETURN_IF_ERROR(Authorize(call, Action::kUpdateNetwork, {}));
          return PutName(call, name);
        });
  }
  absl::Status PutName(WriteCall& call, absl::string_view name) {
    ASSIGN_OR_RETURN(auto network,
                     call.tx.Get(storage::kNetworks, {world_.network()}));
    network.set_display_name(std::string(name));
    return call.tx.Put(storage::kNetworks, {world_.network()}, network);
  }
  std::string Name() {
    return world_.Look()
        .Get(storage::kNetworks, {world_.network()})
        ->display_name();
  }
  void EndSession(const Actor& actor) {
    const storage::SessionKey key{world_.network(), actor.session};
    world_.Change([&](storage::Transaction& tx) {
      auto session = *tx.Get(storage::kSessions, key);
      session.set_state(storage::v1::SESSION_STATE_ENDED);
      return tx.Put(storage::kSessions, key, session);
    });
  }
  absl::Status ReadName(const Actor& actor) {
    return world_.Read(actor, Action::kGetNetwork, kNetworkRead,
                       [](ReadCall& call) {
                         return Authorize(call, Action::kGetNetwork, {});
                       });
  }
};

TEST_F(DoorTest, KeepsAnAuthorizedChangeWithItsEvent) {
  world_.GrantRole(nurse_, storage::v1::ROLE_NETWORK_OFFICE);
  ASSERT_OK(Rename(nurse_, "新"));
  EXPECT_EQ(Name(), "新");
  const std::vector<AuditEvent> events = world_.Audit();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].leaf.type(), kNetworkUpdated);
  EXPECT_EQ(events[0].leaf.outcome(), storage::v1::AUDIT_OUTCOME_ALLOWED);
  EXPECT_EQ(events[0].leaf.actor(), nurse_.person.bytes());
  EXPECT_EQ(events[0].leaf.rule(), "network_office");
}

TEST_F(DoorTest, KeepsNothingOfADeniedChangeButItsEvent) {
  EXPECT_THAT(Rename(nurse_, "新"), RefusedWith(Reason::kNotPermitted));
  EXPECT_EQ(Name(), "ちょうふ");
  ASSERT_EQ(world_.Audit().size(), 1u);
  EXPECT_EQ(world_.Audit()[0].leaf.outcome(),
            storage::v1::AUDIT_OUTCOME_DENIED);
  EXPECT_EQ(world_.Audit()[0].leaf.reason(), "NOT_PERMITTED");
}

TEST_F(DoorTest, RefusesAnOperationThatNeverAsked) {
  EXPECT_THAT(
      world_.Write(nurse_, Action::kUpdateNetwork, kNetworkUpdated,
                   [&](WriteCall& call) { return PutName(call, "新"); }),
      StatusIs(absl::StatusCode::kInternal));
  EXPECT_EQ(Name(), "ちょうふ");
}

TEST_F(DoorTest, RefusesAnOperationThatAskedForSomethingElse) {
  EXPECT_THAT(
      world_.Write(nurse_, Action::kUpdateNetwork, kNetworkUpdated,
                   [&](WriteCall& call) -> absl::Status {
                     RETURN_IF_ERROR(Authorize(call, Action::kGetNetwork, {}));
                     return PutName(call, "新");
                   }),
      StatusIs(absl::StatusCode::kInternal));
  EXPECT_EQ(Name(), "ちょうふ");
}

TEST_F(DoorTest, FoldsDenialsOfOneMinuteIntoACount) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_THAT(Rename(nurse_, "新"), RefusedWith(Reason::kNotPermitted));
  }
  ASSERT_EQ(world_.Audit().size(), 1u);
  world_.Advance(absl::Minutes(2));
  EXPECT_THAT(Rename(nurse_, "新"), RefusedWith(Reason::kNotPermitted));
  const std::vector<AuditEvent> events = world_.Audit();
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[1].leaf.folded_denials(), 9u);
}

TEST_F(DoorTest, LeavesNoEventOfACallWithoutCredentials) {
  Actor stranger = nurse_;
  stranger.token = Hash32();
  EXPECT_THAT(ReadName(stranger), RefusedWith(Reason::kCredentialsMissing));
  EXPECT_TRUE(world_.Audit().empty());
}

TEST_F(DoorTest, AnswersAReadAfterItsEvent) {
  ASSERT_OK(ReadName(nurse_));
  ASSERT_EQ(world_.Audit().size(), 1u);
  EXPECT_EQ(world_.Audit()[0].leaf.type(), kNetworkRead);
}

TEST_F(DoorTest, ReadsAgainWhenRightsChangedBeforeTheEvent) {
  int reads = 0;
  const absl::Status status =
      world_.Read(nurse_, Action::kGetNetwork, kNetworkRead,
                  [&](ReadCall& call) -> absl::Status {
                    RETURN_IF_ERROR(Authorize(call, Action::kGetNetwork, {}));
                    if (++reads == 1) {
                      world_.GrantRole(nurse_, storage::v1::ROLE_COORDINATOR);
                    }
                    return absl::OkStatus();
                  });
  EXPECT_OK(status);
  EXPECT_EQ(reads, 2);
  EXPECT_EQ(world_.Audit().size(), 1u);
}

TEST_F(DoorTest, RefusesAReadWhoseSessionEndedBeforeTheEvent) {
  EXPECT_THAT(
      world_.Read(nurse_, Action::kGetNetwork, kNetworkRead,
                  [&](ReadCall& call) -> absl::Status {
                    RETURN_IF_ERROR(Authorize(call, Action::kGetNetwork, {}));
                    EndSession(nurse_);
                    return absl::OkStatus();
                  }),
      RefusedWith(Reason::kSessionEnded));
}

TEST_F(DoorTest, LocksAnIdleSessionAndNotAnActiveOne) {
  world_.Advance(absl::Minutes(10));
  ASSERT_OK(ReadName(nurse_));
  world_.Advance(absl::Minutes(10));
  ASSERT_OK(ReadName(nurse_));
  world_.Advance(absl::Minutes(15));
  EXPECT_THAT(ReadName(nurse_), RefusedWith(Reason::kSessionLocked));
}

TEST_F(DoorTest, GivesTheFirstAnswerToARepeatedRequest) {
  world_.GrantRole(nurse_, storage::v1::ROLE_NETWORK_OFFICE);
  Request request =
      world_.RequestOf(nurse_, Action::kUpdateNetwork, kNetworkUpdated);
  request.id = RequestId::Make(world_.now(), {9});
  int runs = 0;
  const auto operation = [&](WriteCall& call) -> absl::Status {
    ++runs;
    RETURN_IF_ERROR(Authorize(call, Action::kUpdateNetwork, {}));
    return PutName(call, "新");
  };
  ASSERT_OK(world_.Write(request, operation));
  world_.Reopen();
  world_.Advance(absl::Minutes(5));
  ASSERT_OK(world_.Write(request, operation));
  EXPECT_EQ(runs, 1);
  request.content = crypto::Sha256("other");
  EXPECT_THAT(world_.Write(request, operation),
              RefusedWith(Reason::kRequestIdReused));
}

class RoundTest : public DoorTest {
 protected:
  const Actor physician_ = world_.AddPerson("仙川", "physician", clinic_);

  static absl::Status Ask(ReadCall& call) {
    return Authorize(call, Action::kSync, {});
  }
  Door::StreamRead ReadOf(const Actor& actor, Door::ReadOperation operation) {
    Request request =
        world_.RequestOf(actor, Action::kSync,
                         static_cast<uint32_t>(AuditType::kStreamDelivered));
    request.token.reset();
    request.is_activity = false;
    request.stream = Caller{.network = world_.network(),
                            .person = actor.person,
                            .session = actor.session};
    return {std::move(request), std::move(operation), absl::OkStatus()};
  }
  // The answers, in the order of the reads.
  template <typename... Reads>
  std::vector<absl::Status> ReadTogether(Reads... reads) {
    std::vector<Door::StreamRead> round;
    (round.push_back(std::move(reads)), ...);
    std::promise<std::vector<absl::Status>> answered;
    world_.door().ReadTogether(std::move(round),
                               [&](std::vector<Door::StreamRead> done) {
                                 std::vector<absl::Status> answers;
                                 for (const Door::StreamRead& read : done) {
                                   answers.push_back(read.answer);
                                 }
                                 answered.set_value(std::move(answers));
                               });
    return answered.get_future().get();
  }
};

TEST_F(RoundTest, RecordsEachReadOfARound) {
  const auto answers =
      ReadTogether(ReadOf(nurse_, Ask), ReadOf(physician_, Ask));
  EXPECT_OK(answers[0]);
  EXPECT_OK(answers[1]);
  const std::vector<AuditEvent> events = world_.Audit();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].leaf.actor(), nurse_.person.bytes());
  EXPECT_EQ(events[1].leaf.actor(), physician_.person.bytes());
}

TEST_F(RoundTest, NotesTheUseOfASessionThatOpensAStream) {
  const auto last_active = [this](const Actor& actor) {
    const auto session = world_.Look().Get(storage::kSessions,
                                           {world_.network(), actor.session});
    EXPECT_OK(session);
    return absl::FromUnixMicros(session->last_active_at_micros());
  };
  const absl::Time before = world_.now();
  world_.Advance(absl::Minutes(5));
  const auto answers = ReadTogether(
      Door::StreamRead{
          world_.RequestOf(nurse_, Action::kSync,
                           static_cast<uint32_t>(AuditType::kStreamOpened)),
          Ask, absl::OkStatus()},
      ReadOf(physician_, Ask));
  EXPECT_OK(answers[0]);
  EXPECT_OK(answers[1]);
  EXPECT_EQ(world_.Audit().size(), 2u);
  EXPECT_EQ(last_active(nurse_), world_.now());
  EXPECT_EQ(last_active(physician_), before);
}

TEST_F(RoundTest, AnswersNothingToAReadThatNeverAsked) {
  const auto answers =
      ReadTogether(ReadOf(nurse_, [](ReadCall&) { return absl::OkStatus(); }),
                   ReadOf(physician_, Ask));
  EXPECT_THAT(answers[0], StatusIs(absl::StatusCode::kInternal));
  EXPECT_OK(answers[1]);
}

TEST_F(RoundTest, TellsTheOneWhoseRightsChangedToReadAgain) {
  const auto answers = ReadTogether(
      ReadOf(nurse_,
             [&](ReadCall& call) {
               const absl::Status asked = Ask(call);
               world_.GrantRole(nurse_, storage::v1::ROLE_COORDINATOR);
               return asked;
             }),
      ReadOf(physician_, Ask));
  EXPECT_THAT(answers[0], StatusIs(absl::StatusCode::kAborted));
  EXPECT_OK(answers[1]);
  ASSERT_EQ(world_.Audit().size(), 1u);
  EXPECT_EQ(world_.Audit()[0].leaf.actor(), physician_.person.bytes());
}

TEST_F(RoundTest, RefusesTheOneWhoseSessionEndedBeforeTheEvent) {
  const auto answers = ReadTogether(ReadOf(nurse_,
                                           [&](ReadCall& call) {
                                             const absl::Status asked =
                                                 Ask(call);
                                             EndSession(nurse_);
                                             return asked;
                                           }),
                                    ReadOf(physician_, Ask));
  EXPECT_THAT(answers[0], RefusedWith(Reason::kSessionEnded));
  EXPECT_OK(answers[1]);
  EXPECT_EQ(world_.Audit().size(), 1u);
}

TEST_F(RoundTest, KeepsWhatTheOthersRecordWhenOneFails) {
  const auto kept_rows = [&] {
    size_t rows = 0;
    EXPECT_OK(world_.Look().Scan(
        storage::kDeviceSyncs,
        storage::KeysUnder(storage::kDeviceSyncs, world_.network()),
        storage::Direction::kForward,
        [&](const storage::DeviceKey&, const storage::v1::DeviceSyncRecord&) {
          ++rows;
          return true;
        }));
    return rows;
  };
  const auto keep = [](absl::Status result) {
    return [result](ReadCall& call) {
      call.with_audit = [result](WriteCall& write) {
        const Caller& caller = CallerOf(write);
        EXPECT_OK(write.tx.Put(
            storage::kDeviceSyncs,
            {caller.network, caller.person, crypto::Sha256("tablet")},
            storage::v1::DeviceSyncRecord()));
        return result;
      };
      return Ask(call);
    };
  };
  const auto answers = ReadTogether(
      ReadOf(physician_, keep(absl::OkStatus())),
      ReadOf(nurse_, keep(absl::DataLossError("a receipt block"))));
  EXPECT_OK(answers[0]);
  EXPECT_THAT(answers[1], StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_EQ(kept_rows(), 1u) << "what the other one kept, and only that";
  const std::vector<AuditEvent> events = world_.Audit();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].leaf.outcome(), storage::v1::AUDIT_OUTCOME_ALLOWED);
  EXPECT_EQ(events[1].leaf.outcome(), storage::v1::AUDIT_OUTCOME_FAILED);
}

TEST_F(DoorTest, BeginsNothingAfterTheDeadline) {
  Request request = world_.RequestOf(nurse_, Action::kGetNetwork, kNetworkRead);
  request.deadline = world_.now();
  EXPECT_THAT(world_.Read(request,
                          [](ReadCall& call) {
                            return Authorize(call, Action::kGetNetwork, {});
                          }),
              RefusedWith(Reason::kDeadlineTooShort));
}

}  // namespace
}  // namespace renkei::domain
