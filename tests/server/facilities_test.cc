#include "server/domain/facilities.h"

#include <gtest/gtest.h>

#include "server/domain/network.h"
#include "tests/support/administration.h"
#include "tests/support/perform.h"
#include "tests/support/status_matchers.h"

namespace renkei::testing {
namespace {

using domain::Action;
using domain::Facility;
using domain::FacilityChange;
using domain::NetworkChange;
using domain::NewFacility;
using domain::Page;
using domain::ReadCall;
using domain::Reason;
using domain::WriteCall;
using storage::v1::NetworkRecord;

constexpr uint32_t kNetworkRead = 100;
constexpr uint32_t kNetworkUpdated = 101;
constexpr uint32_t kFacilityCreated = 110;
constexpr uint32_t kFacilitiesRead = 111;
constexpr uint32_t kFacilityUpdated = 112;

class FacilitiesTest : public ::testing::Test {
 protected:
  World world_;
  const Administration they_ = MakeAdministration(world_);

  NewFacility Form(const std::string& name, const std::string& number) {
    return {world_.network(), name, "clinic", number, "042-000-0000"};
  }
  absl::StatusOr<Facility> Create(const Actor& actor, const NewFacility& form) {
    return PerformWrite(
        world_, actor, Action::kCreateFacility, kFacilityCreated,
        [&](WriteCall& call) { return domain::CreateFacility(call, form); });
  }
  absl::StatusOr<Facility> Get(const Actor& actor, const NetworkId& network,
                               const FacilityId& facility) {
    return PerformRead(world_, actor, Action::kGetFacility, kFacilitiesRead,
                       [&](ReadCall& call) {
                         return domain::GetFacility(call, network, facility);
                       });
  }
  absl::StatusOr<Page<Facility>> List(const std::optional<FacilityId>& after,
                                      size_t limit) {
    return PerformRead(world_, they_.nurse, Action::kListFacilities,
                       kFacilitiesRead, [&](ReadCall& call) {
                         return domain::ListFacilities(call, world_.network(),
                                                       after, limit);
                       });
  }
  absl::StatusOr<Facility> Update(const Actor& actor,
                                  const FacilityChange& change) {
    return PerformWrite(
        world_, actor, Action::kUpdateFacility, kFacilityUpdated,
        [&](WriteCall& call) { return domain::UpdateFacility(call, change); });
  }
  absl::StatusOr<NetworkRecord> ChangeNetwork(const Actor& actor,
                                              const NetworkChange& change) {
    return PerformWrite(
        world_, actor, Action::kUpdateNetwork, kNetworkUpdated,
        [&](WriteCall& call) { return domain::UpdateNetwork(call, change); });
  }
};

TEST_F(FacilitiesTest, TheOfficeRegistersAndEverybodySees) {
  const auto made = Create(they_.office, Form("新しい診療所", "1310000001"));
  ASSERT_OK(made);
  const auto seen = Get(they_.nurse, world_.network(), made->id);
  ASSERT_OK(seen);
  EXPECT_EQ(seen->record.display_name(), "新しい診療所");
  EXPECT_EQ(seen->record.number(), "1310000001");
  EXPECT_EQ(seen->record.kind(), "clinic");
  EXPECT_EQ(world_.Audit().front().leaf.target_facility(), made->id.bytes());
}

TEST_F(FacilitiesTest, NobodyElseRegisters) {
  for (const Actor& actor : {they_.nurse, they_.administrator, they_.auditor}) {
    EXPECT_THAT(Create(actor, Form("勝手な診療所", "")),
                RefusedWith(Reason::kNotPermitted));
  }
}

TEST_F(FacilitiesTest, ANumberIsTakenOnceAndCanBeGivenUp) {
  const auto first = Create(they_.office, Form("一", "1310000001"));
  ASSERT_OK(first);
  const auto second = Create(they_.office, Form("二", "1310000001"));
  ASSERT_THAT(second, RefusedWith(Reason::kFacilityExists));
  EXPECT_EQ(domain::MetadataOf(second.status())["facility"],
            domain::FacilityResource(world_.network(), first->id));
  EXPECT_OK(Create(they_.office, Form("番号なし", "")));
  EXPECT_OK(Create(they_.office, Form("番号なし", "")));

  FacilityChange change{.network = world_.network(), .facility = first->id};
  change.number = "1310000002";
  ASSERT_OK(Update(they_.office, change));
  EXPECT_OK(Create(they_.office, Form("三", "1310000001")));
  EXPECT_THAT(Create(they_.office, Form("四", "1310000002")),
              RefusedWith(Reason::kFacilityExists));
}

TEST_F(FacilitiesTest, UnknownAndForeignOnesAreNotFound) {
  const Abroad abroad = MakeAbroad(world_);
  EXPECT_THAT(
      Get(they_.nurse, world_.network(), FacilityId::Make(world_.now(), {7})),
      RefusedWith(Reason::kNotFound));
  EXPECT_THAT(Get(they_.nurse, abroad.network, abroad.facility),
              RefusedWith(Reason::kNotFound));
  EXPECT_THAT(Update(they_.nurse, {.network = world_.network(),
                                   .facility = abroad.facility}),
              RefusedWith(Reason::kNotFound));
  NewFacility elsewhere = Form("よそへ", "");
  elsewhere.network = abroad.network;
  EXPECT_THAT(Create(they_.office, elsewhere), RefusedWith(Reason::kNotFound));
}

TEST_F(FacilitiesTest, AreListedInTheOrderOfRegistration) {
  const auto whole = List(std::nullopt, 10);
  ASSERT_OK(whole);
  ASSERT_EQ(whole->items.size(), 3U);
  EXPECT_FALSE(whole->more);
  EXPECT_EQ(whole->items[0].id, they_.clinic);
  const auto first = List(std::nullopt, 2);
  ASSERT_OK(first);
  EXPECT_EQ(first->items.size(), 2U);
  EXPECT_TRUE(first->more);
  const auto rest = List(first->items.back().id, 2);
  ASSERT_OK(rest);
  ASSERT_EQ(rest->items.size(), 1U);
  EXPECT_EQ(rest->items[0].id, whole->items[2].id);
  EXPECT_FALSE(rest->more);
}

TEST_F(FacilitiesTest, ItsAdministratorChangesWhatIsNotTheOfficesToSay) {
  FacilityChange change{.network = world_.network(), .facility = they_.clinic};
  change.display_name = "改名クリニック";
  change.telephone = "042-111-1111";
  const auto changed = Update(they_.administrator, change);
  ASSERT_OK(changed);
  EXPECT_EQ(changed->record.display_name(), "改名クリニック");
  EXPECT_THAT(Update(they_.neighbour, change),
              RefusedWith(Reason::kNotPermitted));
  change.kind = "hospital";
  const auto refused = Update(they_.administrator, change);
  ASSERT_THAT(refused, RefusedWith(Reason::kNotPermitted));
  EXPECT_EQ(domain::MetadataOf(refused.status())["action"], "update_facility");
  EXPECT_EQ(world_.Audit().back().leaf.outcome(),
            storage::v1::AUDIT_OUTCOME_DENIED);
  EXPECT_OK(Update(they_.office, change));
}

TEST_F(FacilitiesTest, AnOldEtagIsRefused) {
  FacilityChange change{.network = world_.network(), .facility = they_.clinic};
  change.telephone = "1";
  change.etag = domain::EtagOf(1);
  ASSERT_OK(Update(they_.office, change));
  const auto again = Update(they_.office, change);
  ASSERT_THAT(again, RefusedWith(Reason::kEtagMismatch));
  EXPECT_THAT(again, StatusIs(absl::StatusCode::kAborted));
  EXPECT_EQ(domain::MetadataOf(again.status())["etag"], domain::EtagOf(2));
}

TEST_F(FacilitiesTest, TheOfficeChangesTheNetwork) {
  NetworkChange change;
  change.network = world_.network();
  change.display_name = "ちょうふ在宅ネット";
  change.by_law = {storage::v1::BY_LAW_VARIANT_ATTENDING_PHYSICIAN, "2026-04"};
  EXPECT_THAT(ChangeNetwork(they_.administrator, change),
              RefusedWith(Reason::kNotPermitted));
  ASSERT_OK(ChangeNetwork(they_.office, change));
  const auto seen =
      PerformRead(world_, they_.nurse, Action::kGetNetwork, kNetworkRead,
                  [&](ReadCall& call) {
                    return domain::GetNetwork(call, world_.network());
                  });
  ASSERT_OK(seen);
  EXPECT_EQ(seen->display_name(), "ちょうふ在宅ネット");
  EXPECT_EQ(seen->by_law_version(), "2026-04");
  change.etag = domain::EtagOf(1);
  EXPECT_THAT(ChangeNetwork(they_.office, change),
              RefusedWith(Reason::kEtagMismatch));
  change.network = MakeAbroad(world_).network;
  EXPECT_THAT(ChangeNetwork(they_.office, change),
              RefusedWith(Reason::kNotFound));
}

}  // namespace
}  // namespace renkei::testing
