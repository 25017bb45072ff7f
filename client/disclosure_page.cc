#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "client/disclosure.h"

namespace renkei::client {
namespace {

// A policy that forbids what the page does not do anyway: whatever a name were
// to smuggle in could neither run nor call anybody.
constexpr absl::string_view kHead = R"(<!DOCTYPE html>
<html lang="ja">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
@page { size: A4; margin: 18mm 16mm;
  @bottom-left { content: "個人情報の取扱記録 開示書"; font-size: 8pt; color: #555; }
  @bottom-right { content: counter(page) " / " counter(pages); font-size: 8pt; color: #555; } }
body { margin: 0 auto; padding: 1em; max-width: 178mm; color: #111; background: #fff;
  font: 10.5pt/1.7 "BIZ UDPGothic", "Hiragino Sans", "Yu Gothic", "Noto Sans CJK JP", "Noto Sans JP", sans-serif; }
h1 { margin: 0 0 1.2em; padding-bottom: .5em; border-bottom: 2px solid #111; font-size: 17pt; text-align: center; }
h2 { margin: 1.8em 0 .5em; font-size: 12pt; break-after: avoid; }
p { margin: .4em 0; }
ul { margin: .4em 0; padding-left: 1.4em; }
table { width: 100%; border-collapse: collapse; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
th, td { padding: .4em .6em; border: 1px solid #888; text-align: left; vertical-align: top; font-weight: normal; }
th { background: #f0f0f0; }
thead th { white-space: nowrap; }
.facts { break-inside: avoid; }
.facts th { width: 8em; }
.name { font-weight: bold; }
.small { font-size: 9pt; line-height: 1.5; }
.when { white-space: nowrap; }
td:first-child { width: 12em; }
.number { text-align: right; white-space: nowrap; }
.mark { break-inside: avoid; overflow-wrap: anywhere; white-space: pre-wrap; padding: .6em; border: 1px solid #888;
  font: 8.5pt/1.5 monospace; }
@media print { body { padding: 0 1px; max-width: none; } th { print-color-adjust: exact; } }
</style>
)";

constexpr absl::string_view kReading = R"(<h2>3. この書面の読み方</h2>
<ul>
<li>「件数」は操作の数です。いくつかの投稿をまとめて開いたときは、まとめて1件と数えます。</li>
<li>「端末への投稿の配信」は、新しい投稿が担当者の端末に届いたことです。画面で開いたかどうかにかかわらず、見ることができたものとして記載しています。</li>
<li>「患者の検索」は、検索の結果にお名前が出たことです。</li>
<li>氏名と所属の名称は発行時のもの、職種は最後に扱ったときのものです。別の施設の人として扱ったときは、行を分けています。</li>
<li>「記録番号」は、監査証跡の中の最初と最後の番号です。時刻はすべて日本時間です。</li>
</ul>
<h2>4. 記載していないもの</h2>
<ul>
<li>投稿など、情報の内容そのもの</li>
<li>このシステムの外での取り扱い(紙の書類、電話、ファクス、電子カルテなど他のシステム、端末の画面を一緒に見た人)</li>
<li>検索されたが、結果にお名前が出なかったもの</li>
<li>新着の合図や未読の数のように、情報の内容を含まないもの</li>
<li>暗号化されたままのバックアップなど、内容を表示しない機械的な処理</li>
</ul>
)";

constexpr absl::string_view kProof = R"(<h2>5. この書面の確かめ方</h2>
<p>監査証跡の記録には通し番号が付き、あとから書き換えたり消したりすると分かるように、全体に電子署名をしています。この書面と下の署名を監査担当者や第三者に示せば、書面が監査証跡のとおりであることを、システムの運営者を信用することなく確かめられます。</p>
)";

std::string EscapeHtml(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"},
                                    {"<", "&lt;"},
                                    {">", "&gt;"},
                                    {"\"", "&quot;"},
                                    {"'", "&#39;"}});
}

// What people typed, kept from turning the direction of the text around it.
std::string Typed(absl::string_view text) {
  return absl::StrCat("<bdi>", EscapeHtml(text), "</bdi>");
}

std::string DateAndTime(absl::Time time) {
  return absl::FormatTime("%Y年%-m月%-d日 %H:%M", time, JapanTimeZone());
}
std::string DateAndTime(const google::protobuf::Timestamp& time) {
  return DateAndTime(absl::FromUnixSeconds(time.seconds()));
}

std::string IntervalText(const Disclosure& disclosure) {
  return absl::StrCat(
      disclosure.from ? absl::StrCat(DateAndTime(*disclosure.from), " から ")
                      : "記録の始まりから ",
      disclosure.until ? absl::StrCat(DateAndTime(*disclosure.until), " まで")
                       : "発行の時まで");
}

std::string PatientText(const v1::Patient& patient) {
  if (patient.human_name().text().empty()) {
    return "                 様";  // to be filled in by hand
  }
  const std::string reading =
      patient.human_name().reading().empty()
          ? ""
          : absl::StrCat("(", Typed(patient.human_name().reading()), ")");
  return absl::StrCat("<span class=\"name\">",
                      Typed(patient.human_name().text()), " 様</span>", reading,
                      "<br>生年月日 ", EscapeHtml(patient.birth_date()));
}

std::string IssuerText(const Disclosure& disclosure) {
  std::string text = Typed(disclosure.network.display_name());
  for (const v1::Affiliation& affiliation : disclosure.issuer.affiliations()) {
    if (affiliation.state() == v1::Affiliation::STATE_ACTIVE) {
      absl::StrAppend(&text, "<br>",
                      Typed(affiliation.facility_display_name()));
      break;
    }
  }
  return absl::StrCat(text, "<br>",
                      Typed(disclosure.issuer.human_name().text()));
}

void AddFact(absl::string_view name, absl::string_view html,
             std::string& page) {
  absl::StrAppend(&page, "<tr><th scope=\"row\">", name, "</th><td>", html,
                  "</td></tr>\n");
}

void AddFacts(const Disclosure& disclosure, std::string& page) {
  absl::StrAppend(&page, "<table class=\"facts\">\n");
  AddFact("対象の方", PatientText(disclosure.patient), page);
  AddFact("対象の期間", IntervalText(disclosure), page);
  AddFact("発行者", IssuerText(disclosure), page);
  AddFact("発行日時", DateAndTime(disclosure.issued_at), page);
  AddFact("患者の識別子", EscapeHtml(disclosure.patient.name()), page);
  absl::StrAppend(&page, "</table>\n");
}

void AddFinding(const v1::AuditFinding& finding, const Disclosure& disclosure,
                std::string& page) {
  const DisclosedPerson person = PersonOf(finding, disclosure);
  absl::StrAppend(&page, "<tr><td><span class=\"name\">", Typed(person.name),
                  "</span>");
  for (const std::string* line : {&person.profession, &person.facility}) {
    if (!line->empty()) {
      absl::StrAppend(&page, "<br><span class=\"small\">", Typed(*line),
                      "</span>");
    }
  }
  absl::StrAppend(
      &page, "</td><td>", EscapeHtml(ActionsText(finding)),
      "</td><td class=\"number\">", finding.count(),
      "</td><td class=\"when small\">", DateAndTime(finding.first_time()),
      "<br>", DateAndTime(finding.last_time()),
      "</td><td class=\"number small\">",
      EscapeHtml(EventNumber(finding.first_event())), "<br>",
      EscapeHtml(EventNumber(finding.last_event())), "</td></tr>\n");
}

void AddFindings(const v1::AuditReport& report, absl::string_view what,
                 const Disclosure& disclosure, std::string& page) {
  absl::StrAppend(&page,
                  "<table>\n<thead><tr><th scope=\"col\">だれが</th>"
                  "<th scope=\"col\">",
                  what,
                  "</th><th scope=\"col\">件数</th><th scope=\"col\">"
                  "最初/最後</th><th scope=\"col\">記録番号</th></tr></thead>\n"
                  "<tbody>\n");
  for (const v1::AuditFinding& finding : report.findings()) {
    AddFinding(finding, disclosure, page);
  }
  absl::StrAppend(&page, "</tbody>\n</table>\n");
}

void AddAccesses(const Disclosure& disclosure, std::string& page) {
  std::set<std::string> people;
  int64_t events = 0;
  for (const v1::AuditFinding& finding : disclosure.accesses.findings()) {
    people.insert(finding.actor().person());
    events += finding.count();
  }
  absl::StrAppend(&page,
                  "<h2>1. 情報を見た人、書き込んだ人、そのほか扱った人</h2>\n");
  if (people.empty()) {
    absl::StrAppend(&page, "<p>この期間に、扱った人はいません。</p>\n");
    return;
  }
  absl::StrAppend(&page, "<p>", people.size(), " 人、合わせて ", events,
                  " 件です。件数の多い順に記載しています。</p>\n");
  AddFindings(disclosure.accesses, "行ったこと", disclosure, page);
}

void AddDenials(const Disclosure& disclosure, std::string& page) {
  absl::StrAppend(&page, "<h2>2. システムが断った操作</h2>\n");
  if (disclosure.denials.findings().empty()) {
    absl::StrAppend(&page,
                    "<p>この期間に、断った操作の記録はありません。</p>\n");
    return;
  }
  absl::StrAppend(
      &page,
      "<p>権限がないため、システムが断った操作です。これらの操作では、"
      "情報は渡っていません。</p>\n");
  AddFindings(disclosure.denials, "行おうとしたこと", disclosure, page);
}

void AddCheckpoint(const v1::Checkpoint& checkpoint, std::string& page) {
  if (checkpoint.size() == 0) {
    absl::StrAppend(&page, "<p>発行の時に、署名はまだありませんでした。</p>\n");
    return;
  }
  absl::StrAppend(
      &page, "<p>署名は、発行の時に監査証跡にあった番号 0 から ",
      checkpoint.size() - 1, " までの ", checkpoint.size(), " 件について、",
      DateAndTime(checkpoint.sign_time()),
      " に付けられたものです。1行目がログの名前、2行目が件数、3行目が全体の"
      "ハッシュ値(root)"
      "、最後の行が署名です。発行の直前の記録は、次の署名に含まれることがありま"
      "す。</p>\n"
      "<pre class=\"mark\">",
      EscapeHtml(checkpoint.note()), "</pre>\n<p class=\"small\">検証鍵 ",
      EscapeHtml(checkpoint.verifier_key()), "</p>\n");
}

}  // namespace

std::string DisclosurePage(const Disclosure& disclosure) {
  std::string page(kHead);
  absl::StrAppend(
      &page, "<title>個人情報の取扱記録 開示書 ",
      EscapeHtml(disclosure.patient.human_name().text()),
      " 様</title>\n</head>\n<body>\n"
      "<h1>個人情報の取扱記録 開示書</h1>\n"
      "<p>あなたの情報をだれが扱ったかを、システムの監査証跡から"
      "書き出したものです。ご不明な点は、発行者にお尋ねください。</p>\n");
  AddFacts(disclosure, page);
  AddAccesses(disclosure, page);
  AddDenials(disclosure, page);
  absl::StrAppend(&page, kReading, kProof);
  AddCheckpoint(disclosure.checkpoint, page);
  absl::StrAppend(&page, "</body>\n</html>\n");
  return page;
}

}  // namespace renkei::client
