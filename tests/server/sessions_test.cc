// How sessions live on, are seen, and end.
#include "server/domain/sessions.h"

#include <future>

#include "gtest/gtest.h"
#include "server/domain/audit.h"
#include "server/domain/session_end.h"
#include "server/jobs/session_sweep.h"
#include "storage/crypto/hash.h"
#include "tests/support/accounts.h"
#include "tests/support/status_matchers.h"

namespace renkei::testing {
namespace {

using domain::Action;
using domain::AuditType;
using domain::Reason;
using domain::SessionTokens;

constexpr uint32_t kSignedOut = 18;
constexpr uint32_t kSessionRevoked = 20;
constexpr uint32_t kSessionsListed = 21;

class SessionsTest : public ::testing::Test {
 protected:
  SessionsTest()
      : clinic_(world_.AddFacility("調布医院")),
        station_(world_.AddFacility("ちょうふ訪問看護")),
        nurse_(AddEnrolledAccount(world_, "hana.nurse", station_)),
        administrator_(world_.AddPerson("管理者", "clerk", station_)),
        stranger_(world_.AddPerson("他院", "physician", clinic_)) {
    world_.GrantRole(administrator_, storage::v1::ROLE_FACILITY_ADMINISTRATOR,
                     station_);
  }

  Actor Holds(const SessionTokens& tokens) { return Holder(nurse_, tokens); }
  absl::Status Use(const SessionTokens& tokens) {
    return GetCurrentPerson(world_, Holds(tokens)).status();
  }
  absl::Status SignOut(const Actor& actor) {
    return world_.Write(actor, Action::kSignOut, kSignedOut, domain::SignOut);
  }
  absl::Status Revoke(const Actor& actor, const PersonId& person,
                      const SessionId& session) {
    return world_.Write(actor, Action::kRevokeSession, kSessionRevoked,
                        [&](domain::WriteCall& call) {
                          return domain::RevokeSession(call, world_.network(),
                                                       person, session)
                              .status();
                        });
  }
  absl::StatusOr<domain::SessionPage> List(const Actor& actor,
                                           std::optional<SessionId> before,
                                           size_t limit) {
    domain::SessionPage page;
    RETURN_IF_ERROR(world_.Read(
        actor, Action::kListSessions, kSessionsListed,
        [&](domain::ReadCall& call) -> absl::Status {
          ASSIGN_OR_RETURN(
              page,
              domain::ListSessions(call, {world_.network(), nurse_.actor.person,
                                          before, limit}));
          return absl::OkStatus();
        }));
    return page;
  }
  size_t Sweep() {
    const auto swept =
        jobs::SweepSessions(world_.store(), world_.keys(), world_.now());
    EXPECT_OK(swept);
    return *swept;
  }
  std::vector<storage::v1::AuditLeaf> Events(AuditType type) {
    std::vector<storage::v1::AuditLeaf> events;
    for (const domain::AuditEvent& event : world_.Audit()) {
      if (event.leaf.type() == static_cast<uint32_t>(type)) {
        events.push_back(event.leaf);
      }
    }
    return events;
  }

  World world_;
  FacilityId clinic_;
  FacilityId station_;
  Account nurse_;
  Actor administrator_;
  Actor stranger_;
};

// ---- tokens ----

TEST_F(SessionsTest, AccessTokensExpireAfterTenMinutes) {
  const SessionTokens tokens = SignInFully(world_, nurse_);
  ASSERT_OK(Use(tokens));
  world_.Advance(absl::Minutes(10));
  EXPECT_THAT(Use(tokens), RefusedWith(Reason::kTokenExpired));
  const auto fresh = Refresh(world_, tokens.refresh_token);
  ASSERT_OK(fresh);
  EXPECT_EQ(fresh->session, tokens.session);
  EXPECT_OK(Use(*fresh));
}

TEST_F(SessionsTest, ALostAnswerOfRefreshSignsNobodyOut) {
  const SessionTokens tokens = SignInFully(world_, nurse_);
  const auto lost = Refresh(world_, tokens.refresh_token);
  ASSERT_OK(lost);
  const auto again = Refresh(world_, tokens.refresh_token);
  ASSERT_OK(again);
  EXPECT_OK(Use(*again));
  // What was lost is void, and finding it does no harm.
  EXPECT_THAT(Use(*lost), RefusedWith(Reason::kCredentialsMissing));
  EXPECT_THAT(Refresh(world_, lost->refresh_token),
              RefusedWith(Reason::kRefreshTokenInvalid));
  EXPECT_OK(Use(*again));
}

TEST_F(SessionsTest, AnEarlierAccessTokenServesOutItsTime) {
  const SessionTokens tokens = SignInFully(world_, nurse_);
  const auto next = Refresh(world_, tokens.refresh_token);
  ASSERT_OK(Use(*next));
  EXPECT_OK(Use(tokens));
}

TEST_F(SessionsTest, ReuseAfterTheNewAccessTokenWasUsedEndsTheSession) {
  const SessionTokens tokens = SignInFully(world_, nurse_);
  const auto next = Refresh(world_, tokens.refresh_token);
  ASSERT_OK(next);
  ASSERT_OK(Use(*next));
  EXPECT_THAT(Refresh(world_, tokens.refresh_token),
              RefusedWith(Reason::kRefreshTokenInvalid));
  EXPECT_THAT(Use(*next), RefusedWith(Reason::kSessionEnded));
  EXPECT_THAT(Refresh(world_, next->refresh_token),
              RefusedWith(Reason::kSessionEnded));
  const auto events = Events(AuditType::kTokenReuseDetected);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].actor(), nurse_.actor.person.bytes());
  EXPECT_EQ(world_.published().back().ended_sessions,
            std::vector<SessionId>{tokens.session});
}

TEST_F(SessionsTest, ReuseAfterTheNewRefreshTokenWasUsedEndsTheSession) {
  const SessionTokens first = SignInFully(world_, nurse_);
  const auto second = Refresh(world_, first.refresh_token);
  const auto third = Refresh(world_, second->refresh_token);
  ASSERT_OK(third);
  EXPECT_THAT(Refresh(world_, first.refresh_token),
              RefusedWith(Reason::kRefreshTokenInvalid));
  EXPECT_THAT(Use(*third), RefusedWith(Reason::kSessionEnded));
}

TEST_F(SessionsTest, AUseIsNotedAcrossARestart) {
  const SessionTokens tokens = SignInFully(world_, nurse_);
  const auto next = Refresh(world_, tokens.refresh_token);
  ASSERT_OK(Use(*next));
  world_.Reopen();
  EXPECT_THAT(Refresh(world_, tokens.refresh_token),
              RefusedWith(Reason::kRefreshTokenInvalid));
  EXPECT_EQ(Events(AuditType::kTokenReuseDetected).size(), 1u);
}

TEST_F(SessionsTest, RefreshTakesNoOtherTokens) {
  const SessionTokens tokens = SignInFully(world_, nurse_);
  const size_t events = world_.Audit().size();
  EXPECT_THAT(Refresh(world_, tokens.access_token),
              RefusedWith(Reason::kRefreshTokenInvalid));
  EXPECT_THAT(Refresh(world_, "no token"),
              RefusedWith(Reason::kRefreshTokenInvalid));
  // Strangers are counted, they do not fill the log.
  EXPECT_EQ(world_.Audit().size(), events);
  EXPECT_TRUE(world_.Audit(NetworkId()).empty());
}

TEST_F(SessionsTest, RefreshingForHoursKeepsTheEvidenceOfReuse) {
  const SessionTokens first = SignInFully(world_, nurse_);
  SessionTokens latest = first;
  for (int i = 0; i < 70; ++i) {
    world_.Advance(absl::Minutes(10));
    auto next = Refresh(world_, latest.refresh_token);
    ASSERT_OK(next);
    latest = *next;
    ASSERT_OK(Use(latest));
  }
  EXPECT_THAT(Refresh(world_, first.refresh_token),
              RefusedWith(Reason::kRefreshTokenInvalid));
  EXPECT_THAT(Use(latest), RefusedWith(Reason::kSessionEnded));
}

// ---- time ----

TEST_F(SessionsTest, LocksAfterFifteenIdleMinutesWhichRefreshingDoesNotStop) {
  const SessionTokens tokens = SignInFully(world_, nurse_);
  ASSERT_OK(Use(tokens));
  world_.Advance(absl::Minutes(9));
  const auto refreshed = Refresh(world_, tokens.refresh_token);
  ASSERT_OK(refreshed);
  world_.Advance(absl::Minutes(6));
  EXPECT_THAT(Use(*refreshed), RefusedWith(Reason::kSessionLocked));
  EXPECT_THAT(Refresh(world_, refreshed->refresh_token),
              RefusedWith(Reason::kSessionLocked));
}

TEST_F(SessionsTest, CallsKeepASessionAwake) {
  SessionTokens tokens = SignInFully(world_, nurse_);
  for (int i = 0; i < 6; ++i) {
    world_.Advance(absl::Minutes(9));
    ASSERT_OK(Use(tokens));
    tokens = *Refresh(world_, tokens.refresh_token);
  }
  EXPECT_OK(Use(tokens));
}

TEST_F(SessionsTest, EndsAfterTwelveHoursWhateverHappens) {
  SessionTokens tokens = SignInFully(world_, nurse_);
  const absl::Time end = tokens.session_expires_at;
  while (world_.now() + absl::Minutes(9) < end) {
    world_.Advance(absl::Minutes(9));
    ASSERT_OK(Use(tokens));
    tokens = *Refresh(world_, tokens.refresh_token);
    EXPECT_LE(tokens.access_expires_at, end);
  }
  world_.Advance(end - world_.now());
  EXPECT_THAT(Use(tokens), RefusedWith(Reason::kSessionEnded));
  EXPECT_THAT(Refresh(world_, tokens.refresh_token),
              RefusedWith(Reason::kSessionEnded));
}

TEST_F(SessionsTest, TheSweepWritesAnEndForEachAndForgetsItADayLater) {
  const SessionTokens tokens = SignInFully(world_, nurse_);
  EXPECT_EQ(Sweep(), 0u);
  world_.Advance(absl::Minutes(15));
  // The administrator's and the stranger's are idle too.
  EXPECT_EQ(Sweep(), 3u);
  EXPECT_EQ(Events(AuditType::kSessionExpired).size(), 3u);
  EXPECT_THAT(Use(tokens), RefusedWith(Reason::kSessionLocked));
  EXPECT_EQ(Sweep(), 0u);
  world_.Advance(absl::Hours(12));
  EXPECT_THAT(Use(tokens), RefusedWith(Reason::kSessionEnded));
  world_.Advance(absl::Hours(24));
  Sweep();
  EXPECT_THAT(Use(tokens), RefusedWith(Reason::kCredentialsMissing));
  EXPECT_THAT(Refresh(world_, tokens.refresh_token),
              RefusedWith(Reason::kRefreshTokenInvalid));
  EXPECT_EQ(Events(AuditType::kSessionExpired).size(), 3u);
}

// ---- seen and ended by people ----

TEST_F(SessionsTest, SignOutEndsTheSessionAndNoOther) {
  const SessionTokens one = SignInFully(world_, nurse_);
  const SessionTokens other = SignInFully(world_, nurse_);
  ASSERT_OK(SignOut(Holds(one)));
  EXPECT_THAT(Use(one), RefusedWith(Reason::kSessionEnded));
  EXPECT_THAT(Refresh(world_, one.refresh_token),
              RefusedWith(Reason::kSessionEnded));
  EXPECT_OK(Use(other));
}

TEST_F(SessionsTest, ListsLiveSessionsNewestFirstPageByPage) {
  const SessionTokens gone = SignInFully(world_, nurse_);
  const SessionTokens older = SignInFully(world_, nurse_);
  const SessionTokens newer = SignInFully(world_, nurse_);
  ASSERT_OK(SignOut(Holds(gone)));
  const auto first = List(Holds(older), std::nullopt, 1);
  ASSERT_OK(first);
  ASSERT_EQ(first->sessions.size(), 1u);
  EXPECT_EQ(first->sessions[0].id, newer.session);
  EXPECT_FALSE(first->sessions[0].current);
  ASSERT_TRUE(first->next.has_value());
  const auto second = List(Holds(older), first->next, 1);
  ASSERT_EQ(second->sessions.size(), 1u);
  EXPECT_EQ(second->sessions[0].id, older.session);
  EXPECT_TRUE(second->sessions[0].current);
  EXPECT_FALSE(second->next.has_value());
}

TEST_F(SessionsTest, AreListedToTheOwnAdministratorButNoStranger) {
  SignInFully(world_, nurse_);
  EXPECT_EQ(List(administrator_, std::nullopt, 10)->sessions.size(), 1u);
  EXPECT_THAT(List(stranger_, std::nullopt, 10),
              RefusedWith(Reason::kNotPermitted));
}

TEST_F(SessionsTest, RevokingBitesBeforeTheAnswerAndAgainChangesNothing) {
  const SessionTokens lost = SignInFully(world_, nurse_);
  const SessionTokens here = SignInFully(world_, nurse_);
  ASSERT_OK(Revoke(Holds(here), nurse_.actor.person, lost.session));
  EXPECT_THAT(Use(lost), RefusedWith(Reason::kSessionEnded));
  EXPECT_EQ(Events(AuditType::kSessionRevoked).size(), 1u);
  EXPECT_OK(Revoke(Holds(here), nurse_.actor.person, lost.session));
  EXPECT_OK(Use(here));
}

TEST_F(SessionsTest, AQueuedWriteOfARevokedSessionDoesNotCommit) {
  const SessionTokens tokens = SignInFully(world_, nurse_);
  const Actor holder = Holds(tokens);
  std::promise<absl::Status> revoked;
  std::promise<absl::Status> written;
  // Both wait in the queue at once; the revocation is the earlier one.
  world_.Change([&](storage::Transaction&) {
    const auto replay = [] {
      return domain::Replay{[] { return std::string(); },
                            [](domain::ReadCall&, const std::string&) {
                              return absl::OkStatus();
                            }};
    };
    world_.door().Write(
        world_.RequestOf(administrator_, Action::kRevokeSession,
                         kSessionRevoked),
        [&](domain::WriteCall& call) {
          return domain::RevokeSession(call, world_.network(),
                                       nurse_.actor.person, tokens.session)
              .status();
        },
        replay(),
        [&](const absl::Status& status) { revoked.set_value(status); });
    world_.door().Write(
        world_.RequestOf(holder, Action::kSignOut, kSignedOut), domain::SignOut,
        replay(),
        [&](const absl::Status& status) { written.set_value(status); });
    return absl::OkStatus();
  });
  EXPECT_OK(revoked.get_future().get());
  EXPECT_THAT(written.get_future().get(), RefusedWith(Reason::kSessionEnded));
}

TEST_F(SessionsTest, OfOthersAreRevokedByTheirAdministratorOnly) {
  const SessionTokens tokens = SignInFully(world_, nurse_);
  EXPECT_THAT(Revoke(stranger_, nurse_.actor.person, tokens.session),
              RefusedWith(Reason::kNotPermitted));
  ASSERT_OK(Use(tokens));
  EXPECT_OK(Revoke(administrator_, nurse_.actor.person, tokens.session));
  EXPECT_THAT(Use(tokens), RefusedWith(Reason::kSessionEnded));
}

TEST_F(SessionsTest, AreRevokedUnderTheirOwnPersonOnly) {
  const SessionTokens tokens = SignInFully(world_, nurse_);
  EXPECT_THAT(Revoke(administrator_, administrator_.person, tokens.session),
              RefusedWith(Reason::kNotFound));
  EXPECT_THAT(Revoke(Holds(tokens), nurse_.actor.person, SessionId()),
              RefusedWith(Reason::kNotFound));
}

TEST_F(SessionsTest, AreTwentyAtMostAndTheOldestGivesWay) {
  const SessionTokens oldest = SignInFully(world_, nurse_);
  for (size_t i = 1; i < domain::kSessionsMax; ++i) {
    SignInFully(world_, nurse_);
  }
  EXPECT_EQ(List(administrator_, std::nullopt, 50)->sessions.back().id,
            oldest.session);
  SignInFully(world_, nurse_);
  EXPECT_THAT(Use(oldest), RefusedWith(Reason::kSessionEnded));
  EXPECT_EQ(List(administrator_, std::nullopt, 50)->sessions.size(),
            domain::kSessionsMax);
}

TEST_F(SessionsTest, AreNotRefreshedForWhoLostAllStanding) {
  const SessionTokens tokens = SignInFully(world_, nurse_);
  world_.Change([&](storage::Transaction& tx) -> absl::Status {
    const storage::PersonKey key{world_.network(), nurse_.actor.person};
    ASSIGN_OR_RETURN(auto person, tx.Get(storage::kPeople, key));
    person.mutable_affiliations(0)->set_end_at_micros(
        absl::ToUnixMicros(tx.now()));
    return tx.Put(storage::kPeople, key, person);
  });
  EXPECT_THAT(Refresh(world_, tokens.refresh_token),
              RefusedWith(Reason::kSessionEnded));
}

}  // namespace
}  // namespace renkei::testing
