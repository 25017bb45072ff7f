#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/describe.h"
#include "client/labels.h"

namespace renkei::client {
namespace {

constexpr Text kName = {"名前", "NAME"};
constexpr Text kState = {"状態", "STATE"};
constexpr Text kKind = {"種類", "KIND"};
constexpr Text kProfession = {"職種", "PROFESSION"};
constexpr Text kFacility = {"施設", "FACILITY"};
constexpr Text kResource = {"リソース名", "RESOURCE"};

std::string AffiliationText(const v1::Affiliation& affiliation,
                            const View& view) {
  const std::string text =
      absl::StrCat(ProfessionText(affiliation.profession(), view), " / ",
                   affiliation.facility_display_name());
  if (affiliation.state() == v1::Affiliation::STATE_ACTIVE) {
    return text;
  }
  return absl::StrCat(text, " [", Label(affiliation.state(), view.language),
                      "]");
}

}  // namespace

std::string Describe(const Items<v1::Facility>& facilities, const View& view) {
  constexpr Text kNumber = {"番号", "NUMBER"};
  const Language language = view.language;
  std::vector<Row> rows = {
      Heading({kNumber, kName, kKind, kResource}, language)};
  for (const v1::Facility& facility : facilities) {
    rows.push_back({facility.number(), facility.display_name(),
                    Label(facility.kind(), language), facility.name()});
  }
  return FormatTable(rows);
}

std::string Describe(const Items<v1::Person>& people, const View& view) {
  constexpr Text kLogin = {"ログイン名", "LOGIN"};
  constexpr Text kAffiliations = {"所属", "AFFILIATIONS"};
  const Language language = view.language;
  std::vector<Row> rows = {
      Heading({kName, kLogin, kState, kAffiliations, kResource}, language)};
  for (const v1::Person& person : people) {
    std::vector<std::string> affiliations;
    for (const v1::Affiliation& affiliation : person.affiliations()) {
      affiliations.push_back(AffiliationText(affiliation, view));
    }
    rows.push_back({person.human_name().text(), person.login(),
                    Label(person.account_state(), language),
                    absl::StrJoin(affiliations, "; "), person.name()});
  }
  return FormatTable(rows);
}

std::string Describe(const Items<v1::Affiliation>& affiliations,
                     const View& view) {
  const Language language = view.language;
  std::vector<Row> rows = {
      Heading({kProfession, kFacility, kState, kResource}, language)};
  for (const v1::Affiliation& affiliation : affiliations) {
    rows.push_back({ProfessionText(affiliation.profession(), view),
                    affiliation.facility_display_name(),
                    Label(affiliation.state(), language), affiliation.name()});
  }
  return FormatTable(rows);
}

std::string Describe(const Items<v1::RoleGrant>& grants, const View& view) {
  constexpr Text kRole = {"役割", "ROLE"};
  const Language language = view.language;
  std::vector<Row> rows = {
      Heading({kRole, kState, kFacility, kResource}, language)};
  for (const v1::RoleGrant& grant : grants) {
    rows.push_back({Label(grant.role(), language),
                    Label(grant.state(), language), grant.facility(),
                    grant.name()});
  }
  return FormatTable(rows);
}

std::string Describe(const Items<v1::CredentialReset>& resets,
                     const View& view) {
  constexpr Text kReason = {"理由", "REASON"};
  constexpr Text kRequester = {"申請者", "REQUESTER"};
  const Language language = view.language;
  std::vector<Row> rows = {
      Heading({kState, kReason, kRequester, kResource}, language)};
  for (const v1::CredentialReset& reset : resets) {
    rows.push_back({Label(reset.state(), language), reset.reason(),
                    reset.requester(), reset.name()});
  }
  return FormatTable(rows);
}

std::string Describe(const Items<v1::Profession>& professions,
                     const View& view) {
  constexpr Text kCode = {"コード", "CODE"};
  const Language language = view.language;
  std::vector<Row> rows = {Heading(
      {kCode, kKind, Text{"日本語", "日本語"}, Text{"English", "English"}},
      language)};
  for (const v1::Profession& profession : professions) {
    Row row = {profession.code(), Label(profession.kind(), language)};
    for (const v1::LocalizedText& name : profession.display_names()) {
      row.push_back(name.text());
    }
    rows.push_back(std::move(row));
  }
  return FormatTable(rows);
}

std::string Describe(const Items<v1::Patient>& patients, const View& view) {
  constexpr Text kBirthDate = {"生年月日", "BORN"};
  constexpr Text kNumber = {"被保険者番号", "INSURED NUMBER"};
  const Language language = view.language;
  std::vector<Row> rows = {
      Heading({kName, kBirthDate, kNumber, kResource}, language)};
  for (const v1::Patient& patient : patients) {
    rows.push_back({patient.human_name().text(), patient.birth_date(),
                    patient.insured_number(), patient.name()});
  }
  return FormatTable(rows);
}

std::string Describe(const v1::Network& network, const View& view) {
  constexpr Text kByLaw = {"運用規則", "by-law"};
  return absl::StrCat(network.display_name(), " (", network.code(), ")\n",
                      kByLaw.In(view.language), ": ",
                      network.by_law().version(), " ",
                      Label(network.by_law().group_creation(), view.language),
                      "\n", network.name(), "\n");
}

}  // namespace renkei::client
