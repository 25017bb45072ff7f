#include "server/domain/text.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"

namespace renkei::domain {
namespace {

using ::renkei::testing::RefusedWith;

TEST(ValidUtf8, TakesWhatUnicodeAllowsAndNothingElse) {
  for (const std::string& text :
       {std::string(), std::string("a\0b", 3), std::string("調布"),
        std::string("𠮷野家"), std::string("\xEF\xBF\xBF"),
        std::string("\xF4\x8F\xBF\xBF"), std::string("\xED\x9F\xBF")}) {
    EXPECT_TRUE(ValidUtf8(text)) << text;
    EXPECT_TRUE(ValidUtf8(absl::StrCat("調布の", text, "国領の", text)));
  }
  for (const char* text :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF",
        "\xE3\x81", "a\xE3", "\xE3\x81\x41"}) {
    EXPECT_FALSE(ValidUtf8(text)) << text;
    // Also between what is looked at quickly.
    EXPECT_FALSE(ValidUtf8(absl::StrCat("調布の", text, "国領の")));
    EXPECT_FALSE(ValidUtf8(absl::StrCat("調布の", text)));
  }
  // Each byte of a character in the middle, replaced by each other one.
  const std::string fine = "調布の国領の";
  for (size_t at = 6; at < 9; ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text = fine;
      text[at] = static_cast<char>(byte);
      // の is E3 81 AE: 81 may follow every first byte of three but E0.
      const bool valid =
          at == 6 ? byte >= 0xE1 && byte <= 0xEF : byte >= 0x80 && byte <= 0xBF;
      EXPECT_EQ(ValidUtf8(text), valid) << at << " " << byte;
    }
  }
}

TEST(CodePoints, CountsCharactersBeyondTheBasicPlaneOnce) {
  EXPECT_EQ(CodePoints(""), 0U);
  EXPECT_EQ(CodePoints("調布"), 2U);
  EXPECT_EQ(CodePoints("𠮷野"), 2U);
  EXPECT_EQ(CodePoints("か\u3099"), 2U);
}

TEST(ToNfc, ComposesVoicedKanaAndLeavesOtherSpellingsAlone) {
  EXPECT_EQ(ToNfc("か\u3099"), "が");
  EXPECT_EQ(ToNfc("ｶﾞ 髙﨑 ①"), "ｶﾞ 髙﨑 ①");
  EXPECT_EQ(ToNfc(std::string("a\0b", 3)), std::string("a\0b", 3));
}

TEST(FoldName, FindsOneNameInItsSpellings) {
  EXPECT_EQ(FoldName("調布　花子"), FoldName(" 調布 花子"));
  EXPECT_EQ(FoldName("ｶﾞｰﾄﾞ"), FoldName("ガード"));
  EXPECT_NE(FoldName("調布花子"), FoldName("調布華子"));
}

TEST(FoldNumber, MindsNeitherWidthNorSpacesNorHyphens) {
  EXPECT_EQ(FoldNumber("１２３−４５ー６７"), "1234567");
  EXPECT_EQ(FoldNumber("h12-345 67"), "H1234567");
  EXPECT_EQ(FoldNumber(" － "), "");
}

TEST(ParseLine, TrimsAndComposes) {
  const auto parsed = ParseLine("name", "　か\u3099く 太郎 ", {1, 5});
  ASSERT_OK(parsed);
  EXPECT_EQ(*parsed, "がく 太郎");
}

TEST(ParseLine, NamesTheFieldItRefuses) {
  for (const std::string& text :
       {std::string(" 　"), std::string("二行\nある"), std::string("\xC0\x80"),
        std::string("a\0b", 3), std::string("長すぎる名前です"),
        std::string(100000, 'a')}) {
    const auto parsed = ParseLine("person.human_name.text", text, {1, 6});
    ASSERT_THAT(parsed, RefusedWith(Reason::kFieldInvalid));
    EXPECT_EQ(MetadataOf(parsed.status())["field"], "person.human_name.text");
  }
}

TEST(ParseNote, MayHaveSeveralLines) {
  EXPECT_OK(ParseNote("reason", "一行目\n二行目", {1, 10}));
  EXPECT_THAT(ParseNote("reason", "bell\a", {1, 10}),
              RefusedWith(Reason::kFieldInvalid));
  EXPECT_OK(ParseNote("reason", "", {0, 10}));
}

}  // namespace
}  // namespace renkei::domain
