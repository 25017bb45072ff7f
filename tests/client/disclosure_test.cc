#include "client/disclosure.h"

#include <regex>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace renkei::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kHostile[] = R"(</td><script src="//evil">'&)";

v1::AuditFinding& AddFinding(v1::AuditReport& report, const std::string& name,
                             v1::AuditEventType type) {
  v1::AuditFinding& finding = *report.add_findings();
  v1::AuditActor& actor = *finding.mutable_actor();
  actor.set_person(absl::StrCat("networks/n/people/", report.findings_size()));
  actor.mutable_signature()->set_display_name(name);
  actor.mutable_signature()->set_profession("visiting_nurse");
  actor.mutable_signature()->set_facility_display_name("訪問看護たまがわ");
  finding.set_count(12);
  finding.add_types(type);
  finding.mutable_first_time()->set_seconds(1'775'055'600);  // 00:00 in Japan
  finding.mutable_last_time()->set_seconds(1'775'059'259);
  finding.set_first_event("networks/n/auditEvents/83");
  finding.set_last_event("networks/n/auditEvents/344");
  return finding;
}

Disclosure Sample(const std::string& name) {
  Disclosure sample;
  sample.patient.set_name("networks/n/patients/p");
  sample.patient.mutable_human_name()->set_text(name);
  sample.patient.mutable_human_name()->set_reading(name);
  sample.patient.set_birth_date("1931-11-29");
  sample.network.set_display_name(name);
  sample.issuer.mutable_human_name()->set_text(name);
  v1::Affiliation& affiliation = *sample.issuer.add_affiliations();
  affiliation.set_state(v1::Affiliation::STATE_ACTIVE);
  affiliation.set_facility_display_name(name);
  sample.issued_at = absl::FromUnixSeconds(1'775'100'000);
  AddFinding(sample.accesses, name, v1::AUDIT_EVENT_TYPE_MESSAGES_READ)
      .add_types(v1::AUDIT_EVENT_TYPE_STREAM_DELIVERED);
  AddFinding(sample.accesses, "布田 みどり",
             v1::AUDIT_EVENT_TYPE_PATIENT_SEARCHED)
      .mutable_actor()
      ->mutable_signature()
      ->set_facility_display_name(name);
  AddFinding(sample.denials, "百日 紅", v1::AUDIT_EVENT_TYPE_MESSAGES_READ)
      .set_what("list_messages");
  sample.checkpoint.set_note("renkei/n/1\n345\nroot=\n\n— renkei/n/1 sig=\n");
  sample.checkpoint.set_size(345);
  sample.checkpoint.set_verifier_key("renkei/n/1+0123+key");
  sample.professions = {{"visiting_nurse", "訪問看護師"}};
  return sample;
}

// Holds the page against the few elements and attributes that it is made of:
// every element ends where it must, nothing runs and nothing is fetched.
void ExpectPlainHtml(const std::string& page) {
  const std::set<std::string> elements = {
      "html", "head", "meta", "title", "style", "body",  "h1",
      "h2",   "p",    "ul",   "li",    "table", "thead", "tbody",
      "tr",   "th",   "td",   "span",  "bdi",   "br",    "pre"};
  const std::set<std::string> without_end = {"meta", "br"};
  const std::regex tag(R"(<(/?)([a-z0-9]+)((?: [a-z-]+="[^"<>]*")*)>)");
  const std::string body = page.substr(page.find('\n') + 1);
  std::vector<std::string> open;
  for (std::sregex_iterator match(body.begin(), body.end(), tag), end;
       match != end; ++match) {
    const std::string name = (*match)[2];
    EXPECT_EQ(elements.count(name), 1u) << match->str();
    EXPECT_THAT((*match)[3].str(), Not(HasSubstr(" on"))) << match->str();
    if ((*match)[1].length() != 0) {
      ASSERT_FALSE(open.empty()) << match->str();
      EXPECT_EQ(open.back(), name);
      open.pop_back();
    } else if (without_end.count(name) == 0) {
      open.push_back(name);
    }
  }
  EXPECT_TRUE(open.empty());
  const std::string text = std::regex_replace(body, tag, "");
  EXPECT_THAT(text, Not(HasSubstr("<")));
  EXPECT_THAT(text, Not(HasSubstr(">")));
  EXPECT_THAT(page, Not(HasSubstr("href")));
  EXPECT_THAT(page, Not(HasSubstr("url(")));
  EXPECT_THAT(page, Not(HasSubstr("@import")));
}

TEST(DisclosurePage, TellsThePatientWhoWhatHowOftenAndWhen) {
  const std::string page = DisclosurePage(Sample("国領 キヨ"));
  ExpectPlainHtml(page);
  EXPECT_THAT(page, StartsWith("<!DOCTYPE html>\n<html lang=\"ja\">"));
  EXPECT_THAT(
      page, HasSubstr("<title>個人情報の取扱記録 開示書 国領 キヨ 様</title>"));
  EXPECT_THAT(page, HasSubstr("1931-11-29"));
  EXPECT_THAT(page, HasSubstr("訪問看護師"));
  EXPECT_THAT(page, HasSubstr("投稿の閲覧、端末への投稿の配信"));
  EXPECT_THAT(page, HasSubstr("2 人、合わせて 24 件"));
  EXPECT_THAT(page, HasSubstr("2026年4月2日 00:00<br>2026年4月2日 01:00"));
  EXPECT_THAT(page, HasSubstr("83<br>344"));
  EXPECT_THAT(page, HasSubstr("記録の始まりから 発行の時まで"));
  EXPECT_THAT(page, HasSubstr("2026年4月2日 12:20"));  // issued
}

TEST(DisclosurePage, NamesTheIntervalThatWasAsked) {
  Disclosure sample = Sample("国領 キヨ");
  sample.from = absl::FromUnixSeconds(1'775'055'600);
  sample.until = absl::FromUnixSeconds(1'777'647'600);
  EXPECT_THAT(DisclosurePage(sample),
              HasSubstr("2026年4月2日 00:00 から 2026年5月2日 00:00 まで"));
}

TEST(DisclosurePage, ShowsWhatWasDeniedApart) {
  Disclosure sample = Sample("国領 キヨ");
  const std::string page = DisclosurePage(sample);
  EXPECT_LT(page.find("布田 みどり"), page.find("2. システムが断った操作"));
  EXPECT_GT(page.find("百日 紅"), page.find("2. システムが断った操作"));
  sample.denials.Clear();
  sample.accesses.Clear();
  const std::string empty = DisclosurePage(sample);
  EXPECT_THAT(empty, HasSubstr("断った操作の記録はありません"));
  EXPECT_THAT(empty, HasSubstr("扱った人はいません"));
  ExpectPlainHtml(empty);
}

TEST(DisclosurePage, CarriesTheSignedStateOfTheLogItIsFrom) {
  Disclosure sample = Sample("国領 キヨ");
  const std::string page = DisclosurePage(sample);
  EXPECT_THAT(page, HasSubstr(sample.checkpoint.note()));
  EXPECT_THAT(page, HasSubstr(sample.checkpoint.verifier_key()));
  EXPECT_THAT(page, HasSubstr("番号 0 から 344 までの 345 件"));
  sample.checkpoint.Clear();
  EXPECT_THAT(DisclosurePage(sample), HasSubstr("署名はまだありません"));
}

TEST(DisclosurePage, LeavesNamesNoWayOutOfTheirPlace) {
  Disclosure sample = Sample(kHostile);
  sample.patient.set_name(kHostile);
  sample.patient.set_birth_date(kHostile);
  sample.checkpoint.set_note(kHostile);
  sample.checkpoint.set_verifier_key(kHostile);
  sample.professions["visiting_nurse"] = kHostile;
  v1::AuditFinding& finding = *sample.accesses.mutable_findings(0);
  finding.set_first_event(kHostile);
  finding.set_last_event(kHostile);
  const std::string page = DisclosurePage(sample);
  ExpectPlainHtml(page);
  EXPECT_THAT(page, HasSubstr("&lt;/td&gt;&lt;script src=&quot;//evil&quot;"
                              "&gt;&#39;&amp;"));
  EXPECT_THAT(page, Not(HasSubstr(kHostile)));
}

TEST(DisclosurePage, LeavesRoomForANameThatTheIssuerMayNotSee) {
  Disclosure sample = Sample("国領 キヨ");
  sample.patient.clear_human_name();
  ExpectPlainHtml(DisclosurePage(sample));
  EXPECT_THAT(DisclosurePage(sample), HasSubstr(" 様</td>"));
}

TEST(DisclosureCsv, HasARowForEverybodyInJapanese) {
  EXPECT_EQ(
      DisclosureCsv(Sample("国領 キヨ")),
      "\xEF\xBB\xBF\"結果\",\"氏名\",\"職種\",\"所属\",\"行ったこと\",\"件数\","
      "\"最初の日時(日本時間)\",\"最後の日時(日本時間)\",\"最初の記録番号\","
      "\"最後の記録番号\"\r\n"
      "\"扱った\",\"国領 キヨ\",\"訪問看護師\",\"訪問看護たまがわ\","
      "\"投稿の閲覧、端末への投稿の配信\",\"12\",\"2026-04-02 00:00:00\","
      "\"2026-04-02 01:00:59\",\"83\",\"344\"\r\n"
      "\"扱った\",\"布田 みどり\",\"訪問看護師\",\"国領 キヨ\",\"患者の検索\","
      "\"12\",\"2026-04-02 00:00:00\",\"2026-04-02 01:00:59\",\"83\",\"344\""
      "\r\n"
      "\"断られた\",\"百日 紅\",\"訪問看護師\",\"訪問看護たまがわ\","
      "\"投稿の閲覧\",\"12\",\"2026-04-02 00:00:00\",\"2026-04-02 01:00:59\","
      "\"83\",\"344\"\r\n");
}

TEST(DisclosureCsv, GivesASpreadsheetNoFormula) {
  for (const std::string name : {"=1+1", "+1", "-1", "@SUM(A1)", "\t=1"}) {
    EXPECT_THAT(DisclosureCsv(Sample(name)),
                HasSubstr(absl::StrCat("\"'", name, "\"")));
  }
  EXPECT_THAT(DisclosureCsv(Sample("a\"b")), HasSubstr("\"a\"\"b\""));
}

TEST(Disclosure, SaysWhenTheServerDidItItself) {
  Disclosure sample = Sample("国領 キヨ");
  sample.accesses.mutable_findings(0)->clear_actor();
  EXPECT_THAT(DisclosurePage(sample), HasSubstr("(システムの自動処理)"));
  EXPECT_THAT(DisclosureCsv(sample), HasSubstr("(システムの自動処理)"));
}

}  // namespace
}  // namespace renkei::client
