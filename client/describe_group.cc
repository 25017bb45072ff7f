#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/describe.h"
#include "client/labels.h"

namespace renkei::client {
namespace {

constexpr Text kState = {"状態", "STATE"};
constexpr Text kResource = {"リソース名", "RESOURCE"};

}  // namespace

std::string Describe(const Items<v1::Group>& groups, const View& view) {
  constexpr Text kGroup = {"グループ", "GROUP"};
  constexpr Text kPatient = {"患者", "PATIENT"};
  constexpr Text kHost = {"連携ホスト", "HOST"};
  constexpr Text kMembers = {"人数", "MEMBERS"};
  constexpr Text kLast = {"最新", "LAST MESSAGE"};
  const Language language = view.language;
  std::vector<Row> rows = {Heading(
      {kGroup, kPatient, kState, kHost, kMembers, kLast, kResource}, language)};
  for (const v1::Group& group : groups) {
    rows.push_back({group.display_name(), group.patient_name().text(),
                    Label(group.state(), language),
                    group.hosting_facility_display_name(),
                    absl::StrCat(group.member_count()),
                    TimeText(group.last_message_time(), view), group.name()});
  }
  return FormatTable(rows);
}

std::string Describe(const Items<v1::Consent>& consents, const View& view) {
  constexpr Text kForm = {"様式", "FORM"};
  constexpr Text kSigner = {"署名", "SIGNER"};
  constexpr Text kSigned = {"署名日", "SIGNED"};
  constexpr Text kPaper = {"保管場所", "PAPER"};
  const Language language = view.language;
  std::vector<Row> rows = {
      Heading({kState, kForm, kSigner, kSigned, kPaper, kResource}, language)};
  for (const v1::Consent& consent : consents) {
    rows.push_back({Label(consent.state(), language), consent.form_version(),
                    absl::StrCat(consent.signer(), " (",
                                 Label(consent.relation(), language), ")"),
                    consent.sign_date(), consent.paper_location(),
                    consent.name()});
  }
  return FormatTable(rows);
}

std::string Describe(const Items<v1::Invitation>& invitations,
                     const View& view) {
  constexpr Text kGroup = {"グループ", "GROUP"};
  constexpr Text kInvitee = {"招待された人", "INVITEE"};
  constexpr Text kInviter = {"招待した人", "INVITER"};
  constexpr Text kHistory = {"過去の閲覧", "HISTORY"};
  const Language language = view.language;
  std::vector<Row> rows = {Heading(
      {kState, kGroup, kInvitee, kInviter, kHistory, kResource}, language)};
  for (const v1::Invitation& invitation : invitations) {
    rows.push_back({Label(invitation.state(), language),
                    invitation.group_display_name(),
                    SignatureText(invitation.invitee_signature(), view),
                    SignatureText(invitation.inviter_signature(), view),
                    Label(invitation.history(), language), invitation.name()});
  }
  return FormatTable(rows);
}

std::string Describe(const Items<v1::Member>& members, const View& view) {
  constexpr Text kMember = {"メンバー", "MEMBER"};
  constexpr Text kSince = {"参加", "SINCE"};
  constexpr Text kAttending = {"主治医", "attending"};
  const Language language = view.language;
  std::vector<Row> rows = {
      Heading({kMember, Text{"", ""}, kState, kSince, kResource}, language)};
  for (const v1::Member& member : members) {
    rows.push_back(
        {SignatureText(member.signature(), view),
         std::string(member.attending_physician() ? kAttending.In(language)
                                                  : ""),
         Label(member.state(), language), TimeText(member.begin_time(), view),
         member.name()});
  }
  return FormatTable(rows);
}

}  // namespace renkei::client
