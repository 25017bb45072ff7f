// What is refused as a password, and what is not.
#include "server/domain/password_rules.h"

#include <vector>

#include "gtest/gtest.h"
#include "server/domain/guessable_words.h"
#include "tests/support/status_matchers.h"

namespace renkei::domain {
namespace {

const std::vector<std::string>& Names() {
  static const auto& names = *new std::vector<std::string>{
      "hanako.mori", "森田 花枝", "モリタ　ハナエ", "chofu", ""};
  return names;
}

std::string RuleAgainst(absl::string_view password) {
  const absl::Status status = CheckPassword(password, Names());
  return status.ok() ? "" : MetadataOf(status)["rule"];
}

TEST(Password, HasTwelveToAThousandCodePoints) {
  EXPECT_EQ(RuleAgainst("vK8q-zR2w-p"), "length");
  EXPECT_EQ(RuleAgainst("vK8q-zR2w-pL"), "");
  EXPECT_EQ(RuleAgainst("雨の日は窓辺で読書を"), "length");
  EXPECT_EQ(RuleAgainst("雨の日は窓辺で読書をする"), "");
  EXPECT_EQ(RuleAgainst(std::string(1001, 'x')), "length");
}

TEST(Password, NeedsNoKindsOfCharacters) {
  for (const char* password :
       {"mizube de kaeru ga utau", "8305927461938204", "tqmzbxkwvhrl",
        "山のふもとの小さな郵便局", "!~%{>#^+}=<?&_*", "k3jx-9m2q-w0ar-5tzc",
        "purple giraffe plays oboe"}) {
    EXPECT_EQ(RuleAgainst(password), "") << password;
  }
}

TEST(Password, IsNotWhatSomebodyWouldGuess) {
  for (const char* password : {"password1234",
                               "P@ssw0rd2024!!",
                               "ｐａｓｓｗｏｒｄ１２３４",
                               "123456789012",
                               "qwertyuiop12",
                               "1qaz2wsx3edc",
                               "sakurasakura",
                               "Sakura-himitsu-99",
                               "aaaaaaaaaaaaaaaa",
                               "abcabcabcabcabc",
                               "Doraemon2025!",
                               "tanaka19850412",
                               "パスワード12345678",
                               "さくらさくらさくらさくら",
                               "あいうえおかきくけこさし",
                               "renkei-tokyo-2026",
                               "correct horse battery staple",
                               "iloveyou20200401",
                               "arigatougozaimasu",
                               "houmonkango2024",
                               "asdfghjkl;zxcvbnm",
                               "zx81zx81zx81zx81",
                               "welcome to japan 2025"}) {
    EXPECT_EQ(RuleAgainst(password), "blocked") << password;
  }
}

TEST(Password, HoldsNoNameOfThePersonOrTheNetwork) {
  EXPECT_EQ(RuleAgainst("xvq-Hanako.Mori-zpt"), "blocked");
  EXPECT_EQ(RuleAgainst("水辺の森田と蛙の合唱団員"), "blocked");
  EXPECT_EQ(RuleAgainst("水辺の花枝と蛙の合唱団員"), "blocked");
  EXPECT_EQ(RuleAgainst("水辺のモリタと蛙の合唱団"), "blocked");
  EXPECT_EQ(RuleAgainst("ＣＨＯＦＵ xk7 vbw qpl"), "blocked");
  EXPECT_EQ(RuleAgainst("水辺の林田と蛙の合唱団員"), "");
}

TEST(GuessableWords, AreInTheFormTheyAreLookedForIn) {
  for (const absl::string_view word : GuessableWords()) {
    for (const char c : word) {
      EXPECT_FALSE((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ')
          << word;
    }
  }
}

}  // namespace
}  // namespace renkei::domain
