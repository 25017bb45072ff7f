// The key store on real files: what survives, what is refused, what is gone.
#include "storage/key_store.h"

#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/aead.h"
#include "storage/crypto/hash.h"
#include "storage/key_file.h"

namespace renkei::storage {
namespace {

using crypto::KeyRing;
using crypto::KeyScope;
using crypto::SealUse;
using crypto::Secret;

const absl::Time kNow = absl::FromUnixMillis(1'700'000'000'000);

NetworkId Network(uint8_t number) { return NetworkId::Make(kNow, {number}); }
GroupId Group(uint8_t number) { return GroupId::Make(kNow, {number}); }
KeyScope ScopeOf(uint8_t group) {
  return KeyScope::Group(Network(1), Group(group));
}

// A key store in a folder of its own, with one network.
class KeyStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = absl::StrCat(
        testing::TempDir(), "/key_store_",
        testing::UnitTest::GetInstance()->current_test_info()->name(), "_",
        getpid());
    std::filesystem::remove_all(folder_);
    ASSERT_TRUE(KeyStore::Create(folder_, root_, kNow).ok());
    ASSERT_TRUE(Reopen().ok());
    ASSERT_TRUE(store_->CreateNetworkKey(Network(1), kNow).ok());
  }

  void TearDown() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  absl::Status Reopen() {
    store_.reset();
    ring_ = std::make_unique<KeyRing>();
    absl::StatusOr<std::unique_ptr<KeyStore>> opened =
        KeyStore::Open(folder_, root_, *ring_);
    RETURN_IF_ERROR(opened.status());
    store_ = *std::move(opened);
    return absl::OkStatus();
  }

  absl::Status CreateGroup(uint8_t number) {
    return store_->CreateGroupKey(Network(1), Group(number), kNow);
  }

  std::string File() const { return *ReadWholeFile(folder_ + "/keys"); }

  void Overwrite(const std::string& bytes) {
    store_.reset();
    std::ofstream(folder_ + "/keys", std::ios::binary | std::ios::trunc)
        << bytes;
  }

  std::string SealFor(uint8_t group, absl::string_view text) const {
    return Seal(*ring_->Current(ScopeOf(group), SealUse::kRecords), "", text);
  }

  absl::StatusOr<std::string> OpenBlob(absl::string_view blob) const {
    const auto key = ring_->Find(*crypto::ParseHeader(blob), SealUse::kRecords);
    if (key == nullptr) {
      return absl::NotFoundError("no such key");
    }
    return crypto::Open(*key, "", blob);
  }

  Secret root_ = Secret::Random(crypto::kKeyBytes);
  std::string folder_;
  std::unique_ptr<KeyRing> ring_;
  std::unique_ptr<KeyStore> store_;
};

TEST_F(KeyStoreTest, KeepsKeysAcrossReopening) {
  ASSERT_TRUE(CreateGroup(1).ok());
  ASSERT_TRUE(CreateGroup(2).ok());
  const std::string blob = SealFor(2, "text");
  const std::string store_id = store_->StoreId();
  ASSERT_TRUE(Reopen().ok());
  EXPECT_EQ(*OpenBlob(blob), "text");
  EXPECT_EQ(store_->StoreId(), store_id);
  EXPECT_EQ(store_->torn_bytes(), 0);
  EXPECT_NE(ring_->Current(KeyScope::Server(), SealUse::kTotpSecrets), nullptr);
}

TEST_F(KeyStoreTest, NumbersKeysFromOneWithoutGaps) {
  ASSERT_TRUE(CreateGroup(1).ok());
  ASSERT_TRUE(Reopen().ok());
  ASSERT_TRUE(CreateGroup(2).ok());
  EXPECT_EQ(ring_->Current(KeyScope::Server(), SealUse::kRecords)->key_id(), 1);
  EXPECT_EQ(ring_->Current(KeyScope::Network(Network(1)), SealUse::kRecords)
                ->key_id(),
            2);
  EXPECT_EQ(ring_->Current(ScopeOf(1), SealUse::kRecords)->key_id(), 3);
  EXPECT_EQ(ring_->Current(ScopeOf(2), SealUse::kRecords)->key_id(), 4);
}

TEST_F(KeyStoreTest, RefusesASecondKeyAndAGroupOfNoNetwork) {
  ASSERT_TRUE(CreateGroup(1).ok());
  EXPECT_EQ(CreateGroup(1).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(store_->CreateNetworkKey(Network(1), kNow).code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(store_->CreateGroupKey(Network(2), Group(1), kNow).code(),
            absl::StatusCode::kNotFound);
}

TEST_F(KeyStoreTest, IsMadeOnceAndOpenedOnce) {
  KeyRing other;
  EXPECT_EQ(KeyStore::Open(folder_, root_, other).status().code(),
            absl::StatusCode::kFailedPrecondition);
  store_.reset();
  EXPECT_EQ(KeyStore::Create(folder_, root_, kNow).code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(KeyStore::Open(folder_ + "/none", root_, other).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(KeyStoreTest, OpensWithItsRootKeyOnly) {
  store_.reset();
  KeyRing ring;
  const absl::Status refused =
      KeyStore::Open(folder_, Secret::Random(crypto::kKeyBytes), ring).status();
  EXPECT_EQ(refused, absl::UnauthenticatedError(
                         "the root key does not open this key store"));
  EXPECT_EQ(ring.Current(KeyScope::Server(), SealUse::kRecords), nullptr);
}

TEST_F(KeyStoreTest, CutsATornTailAtEveryLength) {
  const std::string before = File();
  ASSERT_TRUE(CreateGroup(1).ok());
  const std::string after = File();
  for (size_t size = before.size() + 1; size < after.size(); size += 7) {
    Overwrite(after.substr(0, size));
    ASSERT_TRUE(Reopen().ok()) << size;
    EXPECT_EQ(store_->torn_bytes(), size - before.size());
    EXPECT_EQ(File(), before);
    EXPECT_EQ(ring_->Current(ScopeOf(1), SealUse::kRecords), nullptr);
  }
  ASSERT_TRUE(CreateGroup(1).ok());
  ASSERT_TRUE(Reopen().ok());
  EXPECT_NE(ring_->Current(ScopeOf(1), SealUse::kRecords), nullptr);
}

TEST_F(KeyStoreTest, TakesAWholeButUnwrittenLastRecordForTorn) {
  const std::string before = File();
  ASSERT_TRUE(CreateGroup(1).ok());
  const size_t record_bytes = File().size() - before.size();
  Overwrite(before + std::string(record_bytes, '\0'));
  ASSERT_TRUE(Reopen().ok());
  EXPECT_EQ(store_->torn_bytes(), record_bytes);
}

TEST_F(KeyStoreTest, RefusesDamageAnywhereElse) {
  const std::string short_file = File();
  ASSERT_TRUE(CreateGroup(1).ok());
  const std::string file = File();
  for (size_t at = 0; at < short_file.size(); ++at) {
    std::string damaged = file;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    Overwrite(damaged);
    const absl::StatusCode code = Reopen().code();
    EXPECT_EQ(code, at >= 8 && at < 12 ? absl::StatusCode::kFailedPrecondition
                                       : absl::StatusCode::kDataLoss)
        << at;
  }
  for (size_t size = 0; size < 50; ++size) {
    Overwrite(file.substr(0, size));
    EXPECT_EQ(Reopen().code(), absl::StatusCode::kDataLoss);
  }
}

TEST_F(KeyStoreTest, RefusesAMissingOrMovedRecord) {
  const size_t start = File().size();
  ASSERT_TRUE(CreateGroup(1).ok());
  const size_t record_bytes = File().size() - start;
  ASSERT_TRUE(CreateGroup(2).ok());
  ASSERT_TRUE(CreateGroup(3).ok());
  const std::string file = File();
  const std::string first = file.substr(start, record_bytes);
  const std::string second = file.substr(start + record_bytes, record_bytes);
  const std::string third = file.substr(start + 2 * record_bytes);
  for (const std::string& records :
       {absl::StrCat(first, third, third), absl::StrCat(second, first, third),
        absl::StrCat(second, third, third)}) {
    Overwrite(file.substr(0, start) + records);
    EXPECT_EQ(Reopen().code(), absl::StatusCode::kDataLoss);
  }
}

TEST_F(KeyStoreTest, RefusesASecretPutUnderAnotherName) {
  ASSERT_TRUE(CreateGroup(1).ok());
  ASSERT_TRUE(CreateGroup(2).ok());
  KeyFile file = *ParseKeyFile(File());
  std::swap(file.records[2].wrapped, file.records[3].wrapped);
  Overwrite(EncodeKeyFile(file));
  EXPECT_EQ(Reopen().code(), absl::StatusCode::kDataLoss);
}

TEST_F(KeyStoreTest, DestroyedKeysAreGoneFromTheFile) {
  ASSERT_TRUE(CreateGroup(1).ok());
  ASSERT_TRUE(CreateGroup(2).ok());
  ASSERT_TRUE(store_->StartNewEpochs(kNow).ok());
  const std::string doomed = SealFor(1, "doomed");
  const std::string kept = SealFor(2, "kept");
  std::vector<std::string> wrapped;
  const KeyFile parsed = *ParseKeyFile(File());
  for (const KeyRecord& record : parsed.records) {
    if (record.scope == ScopeOf(1)) {
      wrapped.push_back(record.wrapped);
    }
  }
  ASSERT_EQ(wrapped.size(), 2);

  ASSERT_TRUE(store_->DestroyGroupKeys({ScopeOf(1)}, kNow).ok());
  for (const std::string& bytes : wrapped) {
    EXPECT_EQ(File().find(bytes), std::string::npos);
    EXPECT_EQ(File().find(bytes.substr(30)), std::string::npos);
  }
  EXPECT_EQ(OpenBlob(doomed).status().code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(Reopen().ok());
  EXPECT_EQ(OpenBlob(doomed).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(*OpenBlob(kept), "kept");
}

TEST_F(KeyStoreTest, NeverGivesTheNameOfADestroyedKeyAgain) {
  ASSERT_TRUE(CreateGroup(1).ok());
  ASSERT_TRUE(store_->DestroyGroupKeys({ScopeOf(1)}, kNow).ok());
  ASSERT_TRUE(Reopen().ok());
  EXPECT_EQ(CreateGroup(1).code(), absl::StatusCode::kAlreadyExists);
  ASSERT_TRUE(CreateGroup(2).ok());
  EXPECT_EQ(ring_->Current(ScopeOf(2), SealUse::kRecords)->key_id(), 4);
}

TEST_F(KeyStoreTest, DestroysAllOrNothing) {
  ASSERT_TRUE(CreateGroup(1).ok());
  EXPECT_EQ(store_->DestroyGroupKeys({ScopeOf(1), ScopeOf(2)}, kNow).code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(
      store_->DestroyGroupKeys({KeyScope::Network(Network(1))}, kNow).code(),
      absl::StatusCode::kNotFound);
  EXPECT_NE(ring_->Current(ScopeOf(1), SealUse::kRecords), nullptr);
}

TEST_F(KeyStoreTest, ListsTheLivingGroupKeys) {
  for (uint8_t group = 1; group <= 3; ++group) {
    ASSERT_TRUE(CreateGroup(group).ok());
  }
  ASSERT_TRUE(store_->DestroyGroupKeys({ScopeOf(2)}, kNow).ok());
  ASSERT_TRUE(store_->StartNewEpochs(kNow + absl::Hours(1)).ok());
  const std::vector<LivingGroupKey> keys = store_->ListGroupKeys();
  ASSERT_EQ(keys.size(), 2);
  EXPECT_EQ(keys[0].scope, ScopeOf(1));
  EXPECT_EQ(keys[1].scope, ScopeOf(3));
  EXPECT_EQ(keys[0].created_at, kNow);
}

TEST_F(KeyStoreTest, NewEpochsSealAnewAndReadTheOld) {
  ASSERT_TRUE(CreateGroup(1).ok());
  const std::string old_blob = SealFor(1, "old");
  const std::string incarnation = store_->Incarnation();
  const Hash32 number = crypto::HmacSha256(
      *ring_->Mac(KeyScope::Network(Network(1)), crypto::MacUse::kLookup),
      "number");
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(store_->StartNewEpochs(kNow).ok());
  }
  EXPECT_EQ(ring_->Current(ScopeOf(1), SealUse::kRecords)->epoch(), 3);
  const std::string new_blob = SealFor(1, "new");
  ASSERT_TRUE(CreateGroup(2).ok());
  ASSERT_TRUE(Reopen().ok());
  EXPECT_EQ(*OpenBlob(old_blob), "old");
  EXPECT_EQ(*OpenBlob(new_blob), "new");
  EXPECT_EQ(ring_->Current(ScopeOf(1), SealUse::kRecords)->epoch(), 3);
  EXPECT_NE(store_->Incarnation(), incarnation);
  EXPECT_EQ(crypto::HmacSha256(*ring_->Mac(KeyScope::Network(Network(1)),
                                           crypto::MacUse::kLookup),
                               "number"),
            number);
}

TEST_F(KeyStoreTest, ChangesItsRootKey) {
  ASSERT_TRUE(CreateGroup(1).ok());
  const std::string blob = SealFor(1, "text");
  Secret new_root = Secret::Random(crypto::kKeyBytes);
  ASSERT_TRUE(store_->RewrapUnder(new_root).ok());
  ASSERT_TRUE(store_->CreateNetworkKey(Network(2), kNow).ok());
  EXPECT_EQ(Reopen().code(), absl::StatusCode::kUnauthenticated);
  root_ = std::move(new_root);
  ASSERT_TRUE(Reopen().ok());
  EXPECT_EQ(*OpenBlob(blob), "text");
  EXPECT_NE(ring_->Current(KeyScope::Network(Network(2)), SealUse::kRecords),
            nullptr);
}

TEST_F(KeyStoreTest, IsRestoredFromItsImage) {
  ASSERT_TRUE(CreateGroup(1).ok());
  const std::string blob = SealFor(1, "text");
  const std::string image = store_->Image();
  EXPECT_EQ(image, File());
  EXPECT_EQ(KeyStore::Restore(folder_ + "_restored", image.substr(1)).code(),
            absl::StatusCode::kDataLoss);
  store_.reset();
  EXPECT_EQ(KeyStore::Restore(folder_, image).code(),
            absl::StatusCode::kAlreadyExists);
  std::filesystem::remove_all(folder_);
  ASSERT_TRUE(KeyStore::Restore(folder_, image).ok());
  ASSERT_TRUE(Reopen().ok());
  EXPECT_EQ(*OpenBlob(blob), "text");
}

TEST_F(KeyStoreTest, HoldsNoKeyInTheClear) {
  ASSERT_TRUE(CreateGroup(1).ok());
  const std::string file = File();
  EXPECT_EQ(file.find(std::string(root_.bytes())), std::string::npos);
  auto wrapping = crypto::DeriveSealingKey({0, 0}, root_, SealUse::kKeys);
  const KeyFile parsed = *ParseKeyFile(file);
  for (const KeyRecord& record : parsed.records) {
    const absl::StatusOr<std::string> secret =
        crypto::Open(*wrapping, AssociatedWith(record), record.wrapped);
    ASSERT_TRUE(secret.ok());
    EXPECT_EQ(file.find(*secret), std::string::npos);
    const auto key = ring_->Find(record.name, SealUse::kRecords);
    EXPECT_EQ(file.find(std::string(key->cipher().bytes().bytes())),
              std::string::npos);
    if (record.scope == KeyScope::Network(Network(1))) {
      wrapping = ring_->Find(record.name, SealUse::kKeys);
    }
  }
}

TEST_F(KeyStoreTest, ClosesToChangesAfterAnErrorOfTheDisk) {
  ASSERT_TRUE(CreateGroup(1).ok());
  const std::string before = File();
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit unlimited{};
  getrlimit(RLIMIT_FSIZE, &unlimited);
  rlimit limited = unlimited;
  limited.rlim_cur = before.size() + 10;
  setrlimit(RLIMIT_FSIZE, &limited);
  const absl::Status failed = CreateGroup(2);
  setrlimit(RLIMIT_FSIZE, &unlimited);
  EXPECT_EQ(failed.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(CreateGroup(3).code(), absl::StatusCode::kInternal);
  EXPECT_EQ(store_->StartNewEpochs(kNow).code(), absl::StatusCode::kInternal);
  EXPECT_EQ(ring_->Current(ScopeOf(2), SealUse::kRecords), nullptr);
  ASSERT_TRUE(Reopen().ok());
  EXPECT_EQ(File(), before);
  EXPECT_TRUE(CreateGroup(2).ok());
}

}  // namespace
}  // namespace renkei::storage
