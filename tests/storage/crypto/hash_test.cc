// SHA-256, HMAC, HKDF and Ed25519 against their published vectors; secrets and
// random bytes.
#include "storage/crypto/hash.h"

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"
#include "storage/crypto/random.h"
#include "storage/crypto/secret.h"
#include "storage/crypto/sign.h"

namespace renkei::crypto {
namespace {

std::string Hex(absl::string_view bytes) {
  return absl::BytesToHexString(bytes);
}
std::string Bytes(absl::string_view hex) { return absl::HexStringToBytes(hex); }

TEST(Sha256, GivesTheHashesOfFips180) {
  EXPECT_EQ(Hex(Sha256("").bytes()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Hex(Sha256("abc").bytes()),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Hex(Sha256(std::string(1'000'000, 'a')).bytes()),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, HashesPartsAsOneText) {
  EXPECT_EQ(Sha256({"a", "", "bc"}), Sha256("abc"));
  Sha256Hasher hasher;
  hasher.Update("a");
  hasher.Update("bc");
  EXPECT_EQ(hasher.Finish(), Sha256("abc"));
  EXPECT_EQ(hasher.Finish(), Sha256(""));
}

TEST(HmacSha256, GivesTheCodesOfRfc4231) {
  EXPECT_EQ(Hex(HmacSha256(std::string(20, '\x0b'), "Hi There").bytes()),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(Hex(HmacSha256("Jefe", "what do ya want for nothing?").bytes()),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(
      Hex(HmacSha256(std::string(20, '\xaa'), std::string(50, '\xdd')).bytes()),
      "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(
      Hex(HmacSha256(std::string(131, '\xaa'),
                     "Test Using Larger Than Block-Size Key - Hash Key First")
              .bytes()),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HkdfSha256, GivesTheKeysOfRfc5869) {
  const Secret input = Secret::CopyOf(std::string(22, '\x0b'));
  EXPECT_EQ(Hex(HkdfSha256(Bytes("000102030405060708090a0b0c"), input,
                           Bytes("f0f1f2f3f4f5f6f7f8f9"), 42)
                    .bytes()),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34"
            "007208d5b887185865");
  EXPECT_EQ(Hex(HkdfSha256("", input, "", 42).bytes()),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d"
            "201395faa4b61a96c8");
}

TEST(DeriveKey, GivesEveryUseItsOwnKey) {
  const Secret secret = Secret::CopyOf(std::string(32, 's'));
  EXPECT_EQ(DeriveKey(secret, "a").bytes(), DeriveKey(secret, "a").bytes());
  EXPECT_NE(DeriveKey(secret, "a").bytes(), DeriveKey(secret, "b").bytes());
  EXPECT_EQ(DeriveKey(secret, "a").size(), 32);
}

TEST(ConstantTimeEquals, Compares) {
  EXPECT_TRUE(ConstantTimeEquals("", ""));
  EXPECT_TRUE(ConstantTimeEquals("abc", "abc"));
  EXPECT_FALSE(ConstantTimeEquals("abc", "abd"));
  EXPECT_FALSE(ConstantTimeEquals("abc", "ab"));
}

struct SignatureVector {
  const char* seed;
  const char* public_key;
  const char* message;
  const char* signature;
};

TEST(SigningKey, GivesTheSignaturesOfRfc8032) {
  const std::vector<SignatureVector> vectors = {
      {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
       "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
       "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821"
       "590a33bacc61e39701cf"
       "9b46bd25bf5f0595bbe24655141438e7a100b"},
      {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
       "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
       "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e"
       "43e15996e458f3613d0f"
       "11d8c387b2eaeb4302aeeb00d291612bb0c00"}};
  for (const SignatureVector& vector : vectors) {
    const SigningKey key(Secret::CopyOf(Bytes(vector.seed)));
    EXPECT_EQ(Hex(key.PublicKey()), vector.public_key);
    EXPECT_EQ(Hex(key.Sign(Bytes(vector.message))), vector.signature);
    EXPECT_TRUE(
        Verify(key.PublicKey(), Bytes(vector.message), Bytes(vector.signature))
            .ok());
  }
}

TEST(Verify, RefusesEveryChangedBit) {
  const SigningKey key(Secret::Random(32));
  const std::string signature = key.Sign("checkpoint");
  for (size_t bit = 0; bit < signature.size() * 8; ++bit) {
    std::string changed = signature;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
    EXPECT_FALSE(Verify(key.PublicKey(), "checkpoint", changed).ok()) << bit;
  }
  EXPECT_FALSE(Verify(key.PublicKey(), "checkpoinT", signature).ok());
  EXPECT_FALSE(Verify(SigningKey(Secret::Random(32)).PublicKey(), "checkpoint",
                      signature)
                   .ok());
  EXPECT_FALSE(Verify("short", "checkpoint", signature).ok());
  EXPECT_FALSE(Verify(key.PublicKey(), "checkpoint", "").ok());
}

TEST(Secret, MovesAndLeavesNothingBehind) {
  Secret first = Secret::CopyOf("key");
  Secret second = std::move(first);
  EXPECT_TRUE(
      first.empty());  // NOLINT(bugprone-use-after-move): this is the contract
  EXPECT_EQ(second.bytes(), "key");
  first = second.Copy();
  EXPECT_EQ(first.bytes(), "key");
  std::string text = "passphrase";
  Wipe(text);
  EXPECT_EQ(text, "");
}

TEST(Secret, HoldsMoreThanTheLockedMemory) {
  std::vector<Secret> many;
  many.reserve(100);
  for (int i = 0; i < 100; ++i) {
    many.push_back(Secret::Random(1 << 16));
  }
  EXPECT_NE(many.front().bytes(), many.back().bytes());
}

TEST(FillRandom, NeverRepeatsAcrossThreads) {
  constexpr int kThreads = 4;
  constexpr int kDraws = 2000;
  std::vector<std::vector<std::string>> drawn(kThreads);
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&mine = drawn[t]] {
      for (int i = 0; i < kDraws; ++i) {
        std::array<uint8_t, 12> nonce;
        FillRandom(absl::MakeSpan(nonce));
        mine.emplace_back(nonce.begin(), nonce.end());
      }
    });
  }
  std::set<std::string> all;
  for (int t = 0; t < kThreads; ++t) {
    threads[t].join();
    all.insert(drawn[t].begin(), drawn[t].end());
  }
  EXPECT_EQ(all.size(), kThreads * kDraws);
}

TEST(RandomToken, Is43CharactersOfBase64Url) {
  const std::string token = RandomToken();
  EXPECT_EQ(token.size(), 43);
  std::string bytes;
  ASSERT_TRUE(absl::WebSafeBase64Unescape(token, &bytes));
  EXPECT_EQ(bytes.size(), 32);
  EXPECT_NE(token, RandomToken());
}

}  // namespace
}  // namespace renkei::crypto
