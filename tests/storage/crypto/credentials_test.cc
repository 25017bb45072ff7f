// Argon2id and TOTP against their published vectors; passwords and recovery
// codes.
#include <set>
#include <string>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"
#include "storage/crypto/argon2id.h"
#include "storage/crypto/password.h"
#include "storage/crypto/totp.h"

namespace renkei::crypto {
namespace {

constexpr Argon2Cost kCheap = {
    .memory_kib = 8, .iterations = 1, .parallelism = 1};

Secret Pepper() { return Secret::CopyOf(std::string(32, 'p')); }

TEST(Argon2id, GivesTheTagOfRfc9106) {
  const std::string password(32, '\x01');
  const std::string salt(16, '\x02');
  const std::string secret(8, '\x03');
  const std::string associated(12, '\x04');
  const absl::StatusOr<Secret> tag =
      Argon2id({.password = password,
                .salt = salt,
                .secret = secret,
                .associated = associated},
               {.memory_kib = 32, .iterations = 3, .parallelism = 4}, 32);
  ASSERT_TRUE(tag.ok());
  EXPECT_EQ(absl::BytesToHexString(tag->bytes()),
            "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659");
}

TEST(Argon2id, RefusesACostNobodyShouldPay) {
  for (const Argon2Cost& cost :
       {Argon2Cost{7, 1, 1}, Argon2Cost{8, 0, 1}, Argon2Cost{8, 1, 0},
        Argon2Cost{8, 1, 2}, Argon2Cost{1 << 21, 1, 1}, Argon2Cost{1024, 65, 1},
        Argon2Cost{1024, 1, 17}}) {
    EXPECT_EQ(CheckCost(cost).code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(HashPassword("x", Pepper(), cost).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST(Password, IsAcceptedAndAnyOtherIsNot) {
  const std::string record = *HashPassword("正しい馬 電池", Pepper(), kCheap);
  EXPECT_TRUE(VerifyPassword("正しい馬 電池", Pepper(), record).ok());
  EXPECT_EQ(VerifyPassword("正しい馬 電地", Pepper(), record).code(),
            absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(VerifyPassword("", Pepper(), record).code(),
            absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(
      VerifyPassword("正しい馬 電池", Secret::CopyOf("other"), record).code(),
      absl::StatusCode::kUnauthenticated);
}

TEST(Password, HasANewSaltEveryTime) {
  EXPECT_NE(*HashPassword("x", Pepper(), kCheap),
            *HashPassword("x", Pepper(), kCheap));
}

TEST(Password, RecordSaysHowItWasMade) {
  const std::string record = *HashPassword("x", Pepper(), kCheap);
  EXPECT_EQ(record.substr(0, 27), "$argon2id$v=19$m=8,t=1,p=1$");
  EXPECT_FALSE(NeedsRehash(record, kCheap));
  EXPECT_TRUE(NeedsRehash(
      record, {.memory_kib = 16, .iterations = 1, .parallelism = 1}));
}

TEST(Password, RefusesWhatIsNoRecord) {
  const std::string record = *HashPassword("x", Pepper(), kCheap);
  for (const std::string& wrong :
       {std::string(), std::string("$argon2id$v=19$"), record.substr(1),
        record.substr(0, record.size() - 2), record + "$",
        "$argon2id$v=19$m=4294967295,t=1,p=1$" + record.substr(27)}) {
    EXPECT_EQ(VerifyPassword("x", Pepper(), wrong).code(),
              absl::StatusCode::kDataLoss)
        << wrong;
  }
}

TEST(Password, OfNobodyIsNeverRight) {
  EXPECT_EQ(VerifyPasswordOfNobody("x", Pepper(), kCheap).code(),
            absl::StatusCode::kUnauthenticated);
}

TEST(Totp, GivesTheCodesOfRfc6238) {
  const Secret secret = Secret::CopyOf("12345678901234567890");
  const auto code_at = [&secret](int64_t seconds) {
    return TotpCode(secret, TotpStepAt(absl::FromUnixSeconds(seconds)));
  };
  EXPECT_EQ(code_at(59), "287082");
  EXPECT_EQ(code_at(1111111109), "081804");
  EXPECT_EQ(code_at(1111111111), "050471");
  EXPECT_EQ(code_at(1234567890), "005924");
  EXPECT_EQ(code_at(2000000000), "279037");
  EXPECT_EQ(code_at(20000000000), "353130");
}

TEST(AcceptTotp, TakesOneStepBeforeAndAfter) {
  const Secret secret = Secret::Random(kTotpSecretBytes);
  const absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  const int64_t step = TotpStepAt(now);
  for (int64_t offset = -3; offset <= 3; ++offset) {
    const std::optional<int64_t> accepted =
        AcceptTotp(secret, TotpCode(secret, step + offset), now, 0);
    if (offset >= -1 && offset <= 1) {
      EXPECT_EQ(accepted, step + offset);
    } else {
      EXPECT_EQ(accepted, std::nullopt);
    }
  }
}

TEST(AcceptTotp, TakesNoCodeTwiceAndNothingElse) {
  const Secret secret = Secret::Random(kTotpSecretBytes);
  const absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  const int64_t step = TotpStepAt(now);
  const std::string code = TotpCode(secret, step);
  EXPECT_EQ(AcceptTotp(secret, code, now, step), std::nullopt);
  EXPECT_EQ(AcceptTotp(secret, TotpCode(secret, step - 1), now, step),
            std::nullopt);
  EXPECT_EQ(AcceptTotp(secret, code, now, step - 1), step);
  for (const char* wrong : {"", "12345", "1234567", "abcdef"}) {
    EXPECT_EQ(AcceptTotp(secret, wrong, now, 0), std::nullopt);
  }
}

TEST(Totp, UriCarriesSecretAndNames) {
  const Secret secret = Secret::CopyOf("12345678901234567890");
  EXPECT_EQ(TotpSecretText(secret), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
  EXPECT_EQ(TotpUri(secret, "Renkei 調布", "chofu/suzuki"),
            "otpauth://totp/Renkei%20%E8%AA%BF%E5%B8%83:chofu%2Fsuzuki"
            "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Renkei%20%E8%AA%"
            "BF%E5%B8%83"
            "&algorithm=SHA1&digits=6&period=30");
}

TEST(RecoveryCodes, AreTenDifferentOnes) {
  const std::vector<std::string> codes = MakeRecoveryCodes();
  EXPECT_EQ(std::set<std::string>(codes.begin(), codes.end()).size(),
            kRecoveryCodes);
  for (const std::string& code : codes) {
    ASSERT_EQ(code.size(), 19);
    EXPECT_EQ(code[4], '-');
    EXPECT_EQ(code[9], '-');
    EXPECT_EQ(code[14], '-');
    EXPECT_EQ(NormalizeRecoveryCode(code)->size(), 16);
  }
}

TEST(RecoveryCodes, AreReadAsPeopleTypeThem) {
  EXPECT_EQ(NormalizeRecoveryCode("K3JX 9M2Q-wOar-5tzl"), "k3jx9m2qw0ar5tz1");
  EXPECT_EQ(NormalizeRecoveryCode("k3jx-9m2q-w0ar-5tz"), std::nullopt);
  EXPECT_EQ(NormalizeRecoveryCode("k3jx-9m2q-w0ar-5tzu"), std::nullopt);
  EXPECT_EQ(NormalizeRecoveryCode(""), std::nullopt);
}

}  // namespace
}  // namespace renkei::crypto
