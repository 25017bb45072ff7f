// Keys by scope, by name and by use; the root key as an operator keeps it.
#include "storage/crypto/key_ring.h"

#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "storage/crypto/hash.h"
#include "storage/crypto/root_key.h"

namespace renkei::crypto {
namespace {

constexpr Argon2Cost kCheap = {
    .memory_kib = 8, .iterations = 1, .parallelism = 1};

NetworkId ANetwork() { return NetworkId::Make(absl::FromUnixMillis(1), {1}); }
GroupId AGroup(uint8_t number) {
  return GroupId::Make(absl::FromUnixMillis(2), {number});
}
Secret ASecret(char fill) {
  return Secret::CopyOf(std::string(kKeyBytes, fill));
}

TEST(KeyRing, FindsWhatItSealsWith) {
  KeyRing ring;
  const KeyScope scope = KeyScope::Group(ANetwork(), AGroup(1));
  ring.Add(scope, {.key_id = 5, .epoch = 1}, ASecret('a'));
  const std::string blob =
      Seal(*ring.Current(scope, SealUse::kRecords), "place", "text");
  const auto found = ring.Find(*ParseHeader(blob), SealUse::kRecords);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(*Open(*found, "place", blob), "text");
}

TEST(KeyRing, SealsUnderTheNewestEpochAndOpensAll) {
  KeyRing ring;
  const KeyScope scope = KeyScope::Network(ANetwork());
  ring.Add(scope, {.key_id = 2, .epoch = 1}, ASecret('a'));
  ring.Add(scope, {.key_id = 2, .epoch = 3}, ASecret('c'));
  ring.Add(scope, {.key_id = 2, .epoch = 2}, ASecret('b'));
  EXPECT_EQ(ring.Current(scope, SealUse::kRecords)->epoch(), 3);
  for (uint32_t epoch = 1; epoch <= 3; ++epoch) {
    EXPECT_NE(ring.Find({2, epoch}, SealUse::kRecords), nullptr);
  }
}

TEST(KeyRing, HasNothingForStrangers) {
  KeyRing ring;
  ring.Add(KeyScope::Network(ANetwork()), {2, 1}, ASecret('a'));
  EXPECT_EQ(ring.Current(KeyScope::Server(), SealUse::kRecords), nullptr);
  EXPECT_EQ(
      ring.Current(KeyScope::Group(ANetwork(), AGroup(1)), SealUse::kRecords),
      nullptr);
  EXPECT_EQ(ring.Find({2, 2}, SealUse::kRecords), nullptr);
  EXPECT_EQ(ring.Find({3, 1}, SealUse::kRecords), nullptr);
  EXPECT_EQ(ring.Mac(KeyScope::Server(), MacUse::kLookup), nullptr);
}

TEST(KeyRing, GivesEveryUseItsOwnKey) {
  KeyRing ring;
  ring.Add(KeyScope::Server(), {1, 1}, ASecret('a'));
  const std::string blob =
      Seal(*ring.Current(KeyScope::Server(), SealUse::kTokens), "", "text");
  EXPECT_TRUE(Open(*ring.Find({1, 1}, SealUse::kTokens), "", blob).ok());
  for (const SealUse other : {SealUse::kRecords, SealUse::kKeys,
                              SealUse::kAuditDetails, SealUse::kTotpSecrets}) {
    EXPECT_FALSE(Open(*ring.Find({1, 1}, other), "", blob).ok());
  }
  EXPECT_NE(ring.Mac(KeyScope::Server(), MacUse::kLookup)->bytes(),
            ring.Mac(KeyScope::Server(), MacUse::kPasswordPepper)->bytes());
}

TEST(KeyRing, GivesGroupsNoKeyButForRecords) {
  KeyRing ring;
  const KeyScope scope = KeyScope::Group(ANetwork(), AGroup(1));
  ring.Add(scope, {5, 1}, ASecret('a'));
  EXPECT_EQ(ring.Current(scope, SealUse::kTokens), nullptr);
  EXPECT_EQ(ring.Find({5, 1}, SealUse::kTokens), nullptr);
  EXPECT_EQ(ring.Mac(scope, MacUse::kLookup), nullptr);
}

TEST(KeyRing, KeepsKeyedHashesAcrossEpochs) {
  KeyRing ring;
  const KeyScope scope = KeyScope::Network(ANetwork());
  ring.Add(scope, {2, 1}, ASecret('a'));
  const Hash32 before =
      HmacSha256(*ring.Mac(scope, MacUse::kLookup), "1234567890");
  ring.Add(scope, {2, 2}, ASecret('b'));
  EXPECT_EQ(HmacSha256(*ring.Mac(scope, MacUse::kLookup), "1234567890"),
            before);
}

TEST(KeyRing, ForgetsAllEpochsOfAScopeAndNoOther) {
  KeyRing ring;
  const KeyScope gone = KeyScope::Group(ANetwork(), AGroup(1));
  const KeyScope stays = KeyScope::Group(ANetwork(), AGroup(2));
  ring.Add(gone, {5, 1}, ASecret('a'));
  ring.Add(gone, {5, 2}, ASecret('b'));
  ring.Add(stays, {6, 1}, ASecret('c'));
  const auto held = ring.Current(gone, SealUse::kRecords);
  ring.Remove(gone);
  ring.Remove(gone);
  EXPECT_EQ(ring.Current(gone, SealUse::kRecords), nullptr);
  EXPECT_EQ(ring.Find({5, 1}, SealUse::kRecords), nullptr);
  EXPECT_EQ(ring.Find({5, 2}, SealUse::kRecords), nullptr);
  EXPECT_NE(ring.Find({6, 1}, SealUse::kRecords), nullptr);
  EXPECT_EQ(*Open(*held, "", Seal(*held, "", "still held")), "still held");
}

TEST(KeyRing, IsReadWhileItGrows) {
  KeyRing ring;
  std::thread writer([&ring] {
    for (uint8_t i = 1; i <= 100; ++i) {
      ring.Add(KeyScope::Group(ANetwork(), AGroup(i)), {i, 1}, ASecret('a'));
    }
  });
  std::vector<std::thread> readers;
  readers.reserve(3);
  for (int t = 0; t < 3; ++t) {
    readers.emplace_back([&ring] {
      for (uint8_t i = 1; i <= 100; ++i) {
        const auto key = ring.Current(KeyScope::Group(ANetwork(), AGroup(i)),
                                      SealUse::kRecords);
        if (key != nullptr) {
          EXPECT_EQ(*Open(*key, "", Seal(*key, "", "x")), "x");
        }
      }
    });
  }
  writer.join();
  for (std::thread& reader : readers) {
    reader.join();
  }
}

TEST(RootKey, ReturnsFromItsLine) {
  const Secret root = Secret::Random(kKeyBytes);
  const std::string line = FormatRootKey(root);
  EXPECT_FALSE(IsProtectedRootKey(line));
  EXPECT_EQ(ParseRootKey(" " + line + "\n")->bytes(), root.bytes());
}

TEST(RootKey, NoticesEveryTypingError) {
  const std::string line = FormatRootKey(Secret::Random(kKeyBytes));
  for (size_t at = 0; at < line.size(); ++at) {
    std::string wrong = line;
    wrong[at] = wrong[at] == '7' ? '8' : '7';
    EXPECT_EQ(ParseRootKey(wrong).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
  EXPECT_FALSE(ParseRootKey("").ok());
  EXPECT_FALSE(ParseRootKey(line.substr(0, line.size() - 1)).ok());
}

TEST(RootKey, OpensWithItsPassphraseOnly) {
  const Secret root = Secret::Random(kKeyBytes);
  const std::string line = *ProtectRootKey(root, "桜の咲く頃に", kCheap);
  EXPECT_TRUE(IsProtectedRootKey(line));
  EXPECT_EQ(OpenRootKey(line + "\n", "桜の咲く頃に")->bytes(), root.bytes());
  EXPECT_EQ(OpenRootKey(line, "桜の散る頃に").status().code(),
            absl::StatusCode::kUnauthenticated);
  EXPECT_FALSE(ParseRootKey(line).ok());
}

TEST(RootKey, RefusesADamagedProtectedLine) {
  const std::string line =
      *ProtectRootKey(Secret::Random(kKeyBytes), "x", kCheap);
  for (size_t size = 0; size < line.size(); ++size) {
    EXPECT_FALSE(OpenRootKey(line.substr(0, size), "x").ok());
  }
}

}  // namespace
}  // namespace renkei::crypto
