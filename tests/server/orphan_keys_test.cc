// Keys of groups that never came to be are found and destroyed.
#include "server/jobs/orphan_keys.h"

#include <unistd.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/care_team.h"
#include "tests/support/status_matchers.h"

namespace renkei::testing {
namespace {

TEST(SweepOrphanGroupKeys, DestroysOnlyOldKeysWithoutAGroup) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  const std::string folder =
      absl::StrCat(::testing::TempDir(), "/orphan_keys_", getpid());
  std::filesystem::remove_all(folder);
  const auto root = crypto::Secret::Random(crypto::kKeyBytes);
  crypto::KeyRing ring;
  ASSERT_OK(storage::KeyStore::Create(folder, root, world.now()));
  auto keys = storage::KeyStore::Open(folder, root, ring);
  ASSERT_OK(keys);
  ASSERT_OK((*keys)->CreateNetworkKey(world.network(), world.now()));
  const GroupId orphan = GroupId::Make(world.now(), {1});
  const GroupId young = GroupId::Make(world.now(), {2});
  ASSERT_OK((*keys)->CreateGroupKey(world.network(), team.group, world.now()));
  ASSERT_OK((*keys)->CreateGroupKey(world.network(), orphan, world.now()));
  world.Advance(absl::Minutes(59));
  ASSERT_OK((*keys)->CreateGroupKey(world.network(), young, world.now()));
  EXPECT_EQ(*jobs::SweepOrphanGroupKeys(world.store(), **keys, world.now(),
                                        jobs::kOrphanAge),
            0);
  world.Advance(absl::Minutes(1));
  EXPECT_EQ(*jobs::SweepOrphanGroupKeys(world.store(), **keys, world.now(),
                                        jobs::kOrphanAge),
            1);
  const auto scope = [&](const GroupId& group) {
    return crypto::KeyScope::Group(world.network(), group);
  };
  EXPECT_EQ(ring.Current(scope(orphan), crypto::SealUse::kRecords), nullptr);
  EXPECT_NE(ring.Current(scope(young), crypto::SealUse::kRecords), nullptr);
  EXPECT_NE(ring.Current(scope(team.group), crypto::SealUse::kRecords),
            nullptr);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace renkei::testing
