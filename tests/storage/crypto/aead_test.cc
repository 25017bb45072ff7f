// AES-256-GCM against its published vectors, and sealed records that do not
// open once touched.
#include "storage/crypto/aead.h"

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"
#include "storage/crypto/aes_gcm.h"

namespace renkei::crypto {
namespace {

std::string Bytes(absl::string_view hex) { return absl::HexStringToBytes(hex); }

SealingKey MakeKey(uint32_t key_id, uint32_t epoch) {
  return SealingKey({.key_id = key_id, .epoch = epoch},
                    Secret::CopyOf(std::string(kKeyBytes, 'k')));
}

struct GcmVector {
  std::string key;
  std::string nonce;
  std::string associated;
  std::string plaintext;
  std::string sealed;
};

// Test cases 13 to 16 of the paper by McGrew and Viega that NIST SP 800-38D
// builds on.
std::vector<GcmVector> PublishedVectors() {
  const std::string key =
      Bytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
  const std::string nonce = Bytes("cafebabefacedbaddecaf888");
  const std::string plaintext = Bytes(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
      "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255");
  const std::string ciphertext = Bytes(
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
      "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad");
  const std::string zeros(64, '\0');
  return {
      {zeros.substr(0, 32), zeros.substr(0, 12), "", "",
       Bytes("530f8afbc74536b9a963b4f1c4cb738b")},
      {zeros.substr(0, 32), zeros.substr(0, 12), "", zeros.substr(0, 16),
       Bytes(
           "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919")},
      {key, nonce, "", plaintext,
       ciphertext + Bytes("b094dac5d93471bdec1a502270e3cc6c")},
      {key, nonce, Bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
       plaintext.substr(0, 60),
       ciphertext.substr(0, 60) + Bytes("76fc6ece0f4e1768cddf8853bb2d551b")},
  };
}

TEST(AesGcm, GivesThePublishedCiphertexts) {
  for (const GcmVector& vector : PublishedVectors()) {
    const AesKey key(Secret::CopyOf(vector.key));
    for (size_t split = 0; split <= vector.associated.size(); ++split) {
      const absl::string_view associated = vector.associated;
      const GcmContext context = {.nonce = vector.nonce,
                                  .header = associated.substr(0, split),
                                  .associated = associated.substr(split)};
      std::string sealed;
      GcmEncrypt(key, context, vector.plaintext, sealed);
      EXPECT_EQ(absl::BytesToHexString(sealed),
                absl::BytesToHexString(vector.sealed));
      EXPECT_EQ(*GcmDecrypt(key, context, vector.sealed), vector.plaintext);
    }
  }
}

TEST(Seal, IsUndoneByOpen) {
  const SealingKey key = MakeKey(7, 3);
  for (const size_t size : {0, 1, 15, 16, 17, 300, 70'000}) {
    const std::string plaintext(size, 'p');
    const std::string blob = Seal(key, "messages/7", plaintext);
    EXPECT_EQ(blob.size(), size + kSealOverheadBytes);
    EXPECT_EQ(*Open(key, "messages/7", blob), plaintext);
  }
}

TEST(Seal, NamesItsKey) {
  const absl::StatusOr<BlobHeader> header =
      ParseHeader(Seal(MakeKey(0x01020304, 0xfffefdfc), "", "x"));
  ASSERT_TRUE(header.ok());
  EXPECT_EQ(header->key_id, 0x01020304);
  EXPECT_EQ(header->epoch, 0xfffefdfc);
}

TEST(Seal, NeverGivesTheSameBytesTwice) {
  const SealingKey key = MakeKey(1, 1);
  EXPECT_NE(Seal(key, "", "same"), Seal(key, "", "same"));
}

TEST(Seal, LeavesWhatWasInTheOutput) {
  const SealingKey key = MakeKey(1, 1);
  std::string out = "before";
  AppendSealed(key, "a", "text", out);
  EXPECT_EQ(out.substr(0, 6), "before");
  EXPECT_EQ(*Open(key, "a", absl::string_view(out).substr(6)), "text");
}

TEST(Open, RefusesEveryChangedBitAndEveryCut) {
  const SealingKey key = MakeKey(1, 1);
  const std::string blob = Seal(key, "messages/1", "褥瘡の処置");
  for (size_t bit = 0; bit < blob.size() * 8; ++bit) {
    std::string changed = blob;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
    EXPECT_EQ(Open(key, "messages/1", changed).status().code(),
              absl::StatusCode::kDataLoss)
        << bit;
  }
  for (size_t size = 0; size < blob.size(); ++size) {
    EXPECT_EQ(Open(key, "messages/1", blob.substr(0, size)).status().code(),
              absl::StatusCode::kDataLoss);
  }
  EXPECT_FALSE(Open(key, "messages/1", blob + "x").ok());
  EXPECT_TRUE(Open(key, "messages/1", blob).ok());
}

TEST(Open, RefusesAnotherPlaceAndAnotherKey) {
  const SealingKey key = MakeKey(1, 1);
  const std::string blob = Seal(key, "messages/1", "text");
  EXPECT_FALSE(Open(key, "messages/2", blob).ok());
  EXPECT_FALSE(Open(key, "", blob).ok());
  EXPECT_FALSE(Open(MakeKey(1, 2), "messages/1", blob).ok());
  EXPECT_FALSE(Open(MakeKey(2, 1), "messages/1", blob).ok());
  const SealingKey same_name({.key_id = 1, .epoch = 1},
                             Secret::Random(kKeyBytes));
  EXPECT_FALSE(Open(same_name, "messages/1", blob).ok());
}

TEST(Open, KeepsManyKeysApartOnOneThread) {
  std::vector<std::unique_ptr<SealingKey>> keys;
  std::vector<std::string> blobs;
  for (uint32_t i = 0; i < 300; ++i) {
    keys.push_back(std::make_unique<SealingKey>(BlobHeader{i, 1},
                                                Secret::Random(kKeyBytes)));
    blobs.push_back(Seal(*keys[i], "a", std::to_string(i)));
  }
  for (uint32_t i = 0; i < 300; ++i) {
    EXPECT_EQ(*Open(*keys[i], "a", blobs[i]), std::to_string(i));
  }
}

TEST(Open, WorksOnAllThreadsWithOneKey) {
  const SealingKey key = MakeKey(1, 1);
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&key, t] {
      for (int i = 0; i < 200; ++i) {
        const std::string text = std::to_string(t * 1000 + i);
        EXPECT_EQ(*Open(key, text, Seal(key, text, text)), text);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

}  // namespace
}  // namespace renkei::crypto
