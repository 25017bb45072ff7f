#include "client/output.h"

#include <sstream>

#include "client/arguments.h"
#include "client/describe.h"
#include "client/field_path.h"
#include "client/labels.h"
#include "client/times.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "renkei/v1/message.pb.h"

namespace renkei::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

v1::SendMessageResponse Answer() {
  v1::SendMessageResponse answer;
  v1::Message& message = *answer.mutable_message();
  message.set_name("networks/n/groups/g/messages/7");
  message.set_thread("networks/n/groups/g/messages/3");
  message.set_sequence(7);
  message.set_category(v1::CATEGORY_MEDICATION);
  message.set_priority(v1::PRIORITY_URGENT);
  message.set_body("一行目\n二行目");
  message.mutable_signature()->set_display_name("佐須 健一");
  message.mutable_signature()->set_profession("physician");
  message.mutable_signature()->set_facility_display_name("けやきクリニック");
  message.mutable_create_time()->set_seconds(1'760'000'000);
  message.add_mentions()->set_profession("visiting_nurse");
  message.add_mentions()->set_person("networks/n/people/p");
  v1::LocalizedText& text = *answer.add_warnings()->add_texts();
  text.set_language_code("ja-JP");
  text.set_text("お電話もお願いします");
  return answer;
}

View JapaneseView() {
  return {Language::kJapanese, absl::UTCTimeZone(), {{"physician", "医師"}}};
}

std::string Printed(Output::Form form, const std::string& field) {
  std::ostringstream stream;
  Output output(stream, Language::kJapanese, form, field);
  EXPECT_TRUE(output.Show(Answer(), "human").ok());
  return stream.str();
}

TEST(FormatTable, LinesUpWideAndNarrowCharacters) {
  EXPECT_EQ(FormatTable({{"職種", "x"}, {"abc", "y"}}), "職種  x\nabc   y\n");
}

TEST(Output, PrintsForPeopleForProgramsAndForScripts) {
  EXPECT_EQ(Printed(Output::Form::kHuman, ""), "human\n");
  EXPECT_THAT(Printed(Output::Form::kJson, ""),
              HasSubstr("\"create_time\":\"2025-10-09T08:53:20Z\""));
  EXPECT_EQ(Printed(Output::Form::kField, "message.name"),
            "networks/n/groups/g/messages/7\n");
}

TEST(ValuesAt, FollowsMessagesAndRepeatedFields) {
  EXPECT_THAT(*ValuesAt(Answer(), "message.sequence"), ElementsAre("7"));
  EXPECT_THAT(*ValuesAt(Answer(), "message.category"),
              ElementsAre("CATEGORY_MEDICATION"));
  EXPECT_THAT(*ValuesAt(Answer(), "message.create_time"),
              ElementsAre("2025-10-09T08:53:20Z"));
  EXPECT_THAT(*ValuesAt(Answer(), "message.mentions.profession"),
              ElementsAre("visiting_nurse"));
  EXPECT_THAT(*ValuesAt(Answer(), "warnings.texts.text"),
              ElementsAre("お電話もお願いします"));
  EXPECT_THAT(*ValuesAt(v1::SendMessageResponse(), "message.name"), IsEmpty());
}

TEST(ValuesAt, RefusesAFieldThatIsNotThere) {
  EXPECT_TRUE(IsUsageError(ValuesAt(Answer(), "message.text").status()));
  EXPECT_TRUE(IsUsageError(ValuesAt(Answer(), "message.name.x").status()));
  EXPECT_TRUE(IsUsageError(ValuesAt(Answer(), "").status()));
}

TEST(Describe, ShowsAMessageWithAuthorThreadAndText) {
  const std::string text = DescribeOne(Answer().message(), JapaneseView());
  EXPECT_THAT(text, HasSubstr("#7 ↩#3  2025-10-09 08:53:20  "
                              "佐須 健一(医師・けやきクリニック)"));
  EXPECT_THAT(text, HasSubstr("[服薬] ★至急"));
  EXPECT_THAT(text, HasSubstr("\n    一行目\n    二行目\n"));
  EXPECT_THAT(text, HasSubstr("了解のお願い: visiting_nurse"));
}

TEST(Describe, ShowsWarningsInTheReadersLanguageOnly) {
  EXPECT_THAT(WarningText(Answer().warnings(), JapaneseView()),
              HasSubstr("お電話も"));
  View view = JapaneseView();
  view.language = Language::kEnglish;
  EXPECT_THAT(WarningText(Answer().warnings(), view), IsEmpty());
}

TEST(ParseEnum, TakesNamesWithoutPrefixAndListsTheChoices) {
  EXPECT_EQ(*ParseEnum<v1::Category>("daily_care"), v1::CATEGORY_DAILY_CARE);
  EXPECT_EQ(*ParseEnum<v1::Category>("MEDICATION"), v1::CATEGORY_MEDICATION);
  const auto wrong = ParseEnum<v1::Category>("unspecified");
  EXPECT_TRUE(IsUsageError(wrong.status()));
  EXPECT_THAT(std::string(wrong.status().message()), HasSubstr("vital_signs"));
}

TEST(Label, HasAJapaneseWordForEveryAuditEvent) {
  const auto& type = *v1::AuditEventType_descriptor();
  for (int i = 2; i < type.value_count(); ++i) {
    const std::string label =
        LabelOf(type, type.value(i)->number(), Language::kJapanese);
    EXPECT_THAT(label, Not(testing::MatchesRegex("[a-z_]+")))
        << type.value(i)->name();
  }
  EXPECT_EQ(Label(v1::CATEGORY_DISCHARGE, Language::kEnglish), "discharge");
  EXPECT_EQ(Label(v1::CATEGORY_UNSPECIFIED, Language::kEnglish), "");
}

TEST(ParseTime, ReadsTimesAndDates) {
  EXPECT_EQ(ParseTime("2025-10-09T17:53:20+09:00")->seconds(), 1'760'000'000);
  EXPECT_TRUE(ParseTime("2025-10-09").ok());
  EXPECT_TRUE(IsUsageError(ParseTime("yesterday").status()));
}

TEST(ChooseLanguage, PrefersTheOptionThenTheLocale) {
  const Environment japanese = [](absl::string_view name) {
    return std::string(name == "LANG" ? "ja_JP.UTF-8" : "");
  };
  const Environment overridden = [](absl::string_view name) {
    return std::string(name == "LANG" ? "ja_JP.UTF-8" : "C");
  };
  EXPECT_EQ(ChooseLanguage("", japanese), Language::kJapanese);
  EXPECT_EQ(ChooseLanguage("en", japanese), Language::kEnglish);
  EXPECT_EQ(ChooseLanguage("", overridden), Language::kEnglish);
}

}  // namespace
}  // namespace renkei::client
