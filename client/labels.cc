#include "client/labels.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "client/arguments.h"

namespace renkei::client {
namespace {

struct JapaneseLabel {
  absl::string_view value;  // Name of the type, a dot, name of the value.
  absl::string_view label;
};

constexpr JapaneseLabel kLabels[] = {
    {"Category.DAILY_CARE", "日常"},
    {"Category.ADMISSION", "入院"},
    {"Category.DISCHARGE", "退院"},
    {"Category.SUDDEN_CHANGE", "急変"},
    {"Category.END_OF_LIFE", "看取り・意思"},
    {"Category.MEDICATION", "服薬"},
    {"Category.VITAL_SIGNS", "バイタル"},
    {"Category.SCHEDULE", "予定"},
    {"Category.DOCUMENT", "文書"},
    {"Category.OTHER", "その他"},
    {"Priority.NORMAL", "通常"},
    {"Priority.URGENT", "至急"},
    {"Role.NETWORK_OFFICE", "ネットワーク事務局"},
    {"Role.FACILITY_ADMINISTRATOR", "施設管理者"},
    {"Role.COORDINATOR", "コーディネーター"},
    {"Role.PRIVACY_OFFICER", "個人情報保護責任者"},
    {"Role.AUDITOR", "監査担当"},
    {"Facility.Kind.CLINIC", "診療所"},
    {"Facility.Kind.HOSPITAL", "病院"},
    {"Facility.Kind.DENTAL_CLINIC", "歯科診療所"},
    {"Facility.Kind.PHARMACY", "薬局"},
    {"Facility.Kind.VISITING_NURSE_STATION", "訪問看護ステーション"},
    {"Facility.Kind.CARE_MANAGEMENT_OFFICE", "居宅介護支援事業所"},
    {"Facility.Kind.COMMUNITY_SUPPORT_CENTRE", "地域包括支援センター"},
    {"Facility.Kind.HOME_HELPER_OFFICE", "訪問介護事業所"},
    {"Facility.Kind.DAY_CARE", "通所サービス"},
    {"Facility.Kind.RESIDENTIAL_CARE", "入所・居住系"},
    {"Facility.Kind.OTHER_CARE", "その他の介護サービス"},
    {"Facility.Kind.NETWORK_OFFICE", "ネットワーク事務局"},
    {"Person.AccountState.ENROLLING", "登録手続き中"},
    {"Person.AccountState.ACTIVE", "利用中"},
    {"Person.AccountState.LOCKED", "ロック中"},
    {"Person.AccountState.INACTIVE", "利用停止"},
    {"Affiliation.State.ACTIVE", "在籍"},
    {"Affiliation.State.SUSPENDED", "停止中"},
    {"Affiliation.State.ENDED", "終了"},
    {"RoleGrant.State.REQUESTED", "承認待ち"},
    {"RoleGrant.State.ACTIVE", "有効"},
    {"RoleGrant.State.REVOKED", "取り消し"},
    {"CredentialReset.State.REQUESTED", "承認待ち"},
    {"CredentialReset.State.APPROVED", "承認済み"},
    {"Profession.Kind.MEDICAL", "医療"},
    {"Profession.Kind.CARE", "介護・福祉"},
    {"Profession.Kind.LIAISON", "連携"},
    {"Profession.Kind.GUEST", "ゲスト"},
    {"Profession.Kind.PATIENT_SIDE", "本人・家族"},
    {"Session.State.ENROLLING", "登録手続き中"},
    {"Session.State.ACTIVE", "利用中"},
    {"Session.State.LOCKED", "ロック"},
    {"Session.State.ENDED", "終了"},
    {"Group.State.DRAFT", "同意待ち"},
    {"Group.State.OPEN", "利用中"},
    {"Group.State.CLOSED", "終了"},
    {"Consent.State.IN_FORCE", "有効"},
    {"Consent.State.WITHDRAWN", "撤回"},
    {"Consent.Relation.SELF", "本人"},
    {"Consent.Relation.SPOUSE", "配偶者"},
    {"Consent.Relation.CHILD", "子"},
    {"Consent.Relation.PARENT", "親"},
    {"Consent.Relation.SIBLING", "きょうだい"},
    {"Consent.Relation.GUARDIAN", "成年後見人"},
    {"Consent.Relation.OTHER", "その他"},
    {"Invitation.State.WAITING_FOR_INVITEE", "返答待ち"},
    {"Invitation.State.ACCEPTED", "参加"},
    {"Invitation.State.DECLINED", "辞退"},
    {"Invitation.State.CANCELLED", "取り消し"},
    {"Invitation.State.EXPIRED", "期限切れ"},
    {"HistoryVisibility.ALL", "すべて"},
    {"HistoryVisibility.SINCE", "指定日から"},
    {"HistoryVisibility.FROM_NOW", "参加後のみ"},
    {"Member.State.ACTIVE", "参加中"},
    {"Member.State.RESTING", "休止中"},
    {"Member.State.LEFT", "退出"},
    {"Member.State.REMOVED", "除外"},
    {"Member.State.ENDED", "終了"},
    {"AuditEvent.Outcome.ALLOWED", "許可"},
    {"AuditEvent.Outcome.DENIED", "拒否"},
    {"AuditEvent.Outcome.FAILED", "失敗"},
    {"AuditEventType.PASSWORD_ACCEPTED", "パスワード確認"},
    {"AuditEventType.SIGN_IN_SUCCEEDED", "サインイン"},
    {"AuditEventType.SIGN_IN_FAILED", "サインイン失敗"},
    {"AuditEventType.SECOND_FACTOR_FAILED", "二要素目の失敗"},
    {"AuditEventType.ENROLMENT_STARTED", "初回登録の開始"},
    {"AuditEventType.ACCOUNT_LOCKED", "アカウントロック"},
    {"AuditEventType.SESSION_REFRESHED", "セッション更新"},
    {"AuditEventType.TOKEN_REUSE_DETECTED", "トークン再使用の検知"},
    {"AuditEventType.SIGNED_OUT", "サインアウト"},
    {"AuditEventType.SESSION_EXPIRED", "セッション終了"},
    {"AuditEventType.SESSION_REVOKED", "セッション取り消し"},
    {"AuditEventType.SESSIONS_LISTED", "セッション一覧"},
    {"AuditEventType.PASSWORD_CHANGED", "パスワード変更"},
    {"AuditEventType.TOTP_ENROLMENT_STARTED", "二要素目の登録開始"},
    {"AuditEventType.TOTP_CONFIRMED", "二要素目の確認"},
    {"AuditEventType.RECOVERY_CODES_CREATED", "回復コード発行"},
    {"AuditEventType.RECOVERY_CODE_USED", "回復コード使用"},
    {"AuditEventType.ACCOUNT_UNLOCKED", "ロック解除"},
    {"AuditEventType.CREDENTIAL_RESET_REQUESTED", "再発行の申請"},
    {"AuditEventType.CREDENTIAL_RESET_APPROVED", "再発行の承認"},
    {"AuditEventType.NETWORK_READ", "ネットワーク閲覧"},
    {"AuditEventType.NETWORK_UPDATED", "ネットワーク変更"},
    {"AuditEventType.NETWORK_CREATED", "ネットワーク作成"},
    {"AuditEventType.FACILITY_CREATED", "施設登録"},
    {"AuditEventType.FACILITIES_READ", "施設閲覧"},
    {"AuditEventType.FACILITY_UPDATED", "施設変更"},
    {"AuditEventType.PERSON_CREATED", "職員登録"},
    {"AuditEventType.PEOPLE_READ", "職員閲覧"},
    {"AuditEventType.PERSON_UPDATED", "職員変更"},
    {"AuditEventType.AFFILIATION_CREATED", "所属登録"},
    {"AuditEventType.AFFILIATION_SUSPENDED", "所属停止"},
    {"AuditEventType.AFFILIATION_RESUMED", "所属再開"},
    {"AuditEventType.AFFILIATION_ENDED", "所属終了"},
    {"AuditEventType.ROLE_GRANT_REQUESTED", "役割の申請"},
    {"AuditEventType.ROLE_GRANT_APPROVED", "役割の承認"},
    {"AuditEventType.ROLE_REVOKED", "役割の取り消し"},
    {"AuditEventType.PATIENT_CREATED", "患者の登録"},
    {"AuditEventType.PATIENT_READ", "患者情報の閲覧"},
    {"AuditEventType.PATIENT_SEARCHED", "患者の検索"},
    {"AuditEventType.PATIENT_ACCOUNT_CREATED", "患者アカウントの発行"},
    {"AuditEventType.PATIENT_ACCOUNT_ENDED", "患者アカウントの終了"},
    {"AuditEventType.GROUP_CREATED", "グループの作成"},
    {"AuditEventType.GROUP_READ", "グループの閲覧"},
    {"AuditEventType.GROUPS_LISTED", "グループ一覧の閲覧"},
    {"AuditEventType.GROUP_CLOSED", "グループの終了"},
    {"AuditEventType.GROUP_REOPENED", "グループの再開"},
    {"AuditEventType.CONSENT_RECORDED", "同意の記録"},
    {"AuditEventType.CONSENT_WITHDRAWN", "同意の撤回"},
    {"AuditEventType.MEMBER_INVITED", "メンバーの招待"},
    {"AuditEventType.INVITATIONS_LISTED", "招待一覧の閲覧"},
    {"AuditEventType.INVITATION_ACCEPTED", "招待の受諾"},
    {"AuditEventType.INVITATION_DECLINED", "招待の辞退"},
    {"AuditEventType.INVITATION_CANCELLED", "招待の取り消し"},
    {"AuditEventType.MEMBERS_LISTED", "メンバー一覧の閲覧"},
    {"AuditEventType.MEMBER_REMOVED", "メンバーの除外"},
    {"AuditEventType.MEMBER_LEFT", "グループからの退出"},
    {"AuditEventType.MESSAGE_SENT", "投稿"},
    {"AuditEventType.MESSAGES_READ", "投稿の閲覧"},
    {"AuditEventType.MESSAGE_ACKNOWLEDGED", "投稿への了解"},
    {"AuditEventType.MESSAGES_DISPLAYED", "投稿の画面表示"},
    {"AuditEventType.RECEIPTS_LISTED", "既読・了解の閲覧"},
    {"AuditEventType.STREAM_OPENED", "同期の開始"},
    {"AuditEventType.STREAM_DELIVERED", "端末への投稿の配信"},
    {"AuditEventType.DELIVERY_CONFIRMED", "端末での受信の確認"},
    {"AuditEventType.AUDIT_QUERIED", "監査証跡の閲覧"},
    {"AuditEventType.AUDIT_EXPORTED", "監査証跡の書き出し"},
    {"AuditEventType.AUDIT_REVIEWED", "監査証跡の点検"},
    {"AuditEventType.BREAK_GLASS_BEGUN", "緊急アクセスの開始"},
    {"AuditEventType.BREAK_GLASS_ENDED", "緊急アクセスの終了"},
    {"AuditEventType.BREAK_GLASS_REVIEWED", "緊急アクセスの点検"},
    {"AuditEventType.SERVER_STARTED", "サーバー起動"},
    {"AuditEventType.SERVER_UNSEALED", "サーバー開錠"},
    {"AuditEventType.SERVER_STOPPED", "サーバー停止"},
    {"AuditEventType.BACKUP_CREATED", "バックアップ"},
    {"AuditEventType.BACKUP_RESTORED", "復元"},
    {"AuditEventType.CLOCK_ALARM", "時計の警告"},
    {"AuditEventType.STATUS_READ", "状態の閲覧"},
    {"ServingState.SEALED", "封印中"},
    {"ServingState.RECOVERING", "復旧中"},
    {"ServingState.SERVING", "稼働中"},
    {"ServingState.DISK_LOW", "容量不足・読み取りのみ"},
    {"ServingState.FENCED", "停止処理中"},
};

// Every enum of the API has a value 0 that ends in UNSPECIFIED.
absl::string_view PrefixOf(const google::protobuf::EnumDescriptor& type) {
  absl::string_view prefix = type.value(0)->name();
  absl::ConsumeSuffix(&prefix, "UNSPECIFIED");
  return prefix;
}

}  // namespace

absl::StatusOr<int> ParseEnumValue(const google::protobuf::EnumDescriptor& type,
                                   absl::string_view text) {
  std::vector<std::string> choices;
  for (int i = 1; i < type.value_count(); ++i) {
    absl::string_view name = type.value(i)->name();
    absl::ConsumePrefix(&name, PrefixOf(type));
    if (absl::AsciiStrToUpper(text) == name) {
      return type.value(i)->number();
    }
    choices.push_back(absl::AsciiStrToLower(name));
  }
  return UsageError(absl::StrCat(
      "\"", text, "\" is none of: ", absl::StrJoin(choices, ", ")));
}

std::string LabelOf(const google::protobuf::EnumDescriptor& type, int number,
                    Language language) {
  const google::protobuf::EnumValueDescriptor* value =
      type.FindValueByNumber(number);
  if (value == nullptr) {
    return absl::StrCat(number);
  }
  if (number == 0) {
    return "";
  }
  absl::string_view name = value->name();
  absl::ConsumePrefix(&name, PrefixOf(type));
  if (language == Language::kJapanese) {
    absl::string_view type_name = type.full_name();
    absl::ConsumePrefix(&type_name, "renkei.v1.");
    const std::string key = absl::StrCat(type_name, ".", name);
    for (const JapaneseLabel& label : kLabels) {
      if (label.value == key) {
        return std::string(label.label);
      }
    }
  }
  return absl::AsciiStrToLower(name);
}

}  // namespace renkei::client
