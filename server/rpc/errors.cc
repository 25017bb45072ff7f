#include "server/rpc/errors.h"

#include <array>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace renkei::rpc {
namespace {

using domain::Reason;

struct Text {
  Reason reason;
  absl::string_view japanese;
  absl::string_view english;
};

constexpr std::array kTexts = {
    Text{Reason::kUnspecified, "処理できませんでした。",
         "The request could not be carried out."},
    Text{Reason::kFieldInvalid, "入力内容に誤りがあります。",
         "A field is not valid."},
    Text{Reason::kPageTokenInvalid,
         "一覧の続きを取得できません。最初から取得し直してください。",
         "The list cannot be continued; start again from its beginning."},
    Text{Reason::kCursorInvalid,
         "同期位置が無効です。最初から同期してください。",
         "The sync position is not valid; sync from the beginning."},
    Text{Reason::kNotSupported, "このサーバーでは対応していません。",
         "This server does not support it."},
    Text{Reason::kDeadlineTooShort,
         "時間内に処理を始められませんでした。何も変更していません。",
         "There was no time left to begin; nothing was changed."},
    Text{Reason::kPasswordRefused,
         "このパスワードは使えません。別のものにしてください。",
         "This password cannot be used; choose another."},
    Text{Reason::kCredentialsMissing, "サインインしてください。",
         "Please sign in."},
    Text{Reason::kTokenExpired, "認証の有効期限が切れました。",
         "The access token has expired."},
    Text{Reason::kSessionLocked,
         "しばらく操作がなかったためロックしました。もう一度サインインしてくだ"
         "さい。",
         "The session locked after being idle. Please sign in again."},
    Text{Reason::kSessionEnded,
         "セッションは終了しました。もう一度サインインしてください。",
         "The session has ended. Please sign in again."},
    Text{Reason::kSignInFailed,
         "サインインできません。入力を確かめ、続くときは施設管理者に連絡してく"
         "ださい。",
         "Sign-in failed. Check what you typed; if it persists, ask your "
         "facility administrator."},
    Text{Reason::kRefreshTokenInvalid,
         "セッションを更新できません。もう一度サインインしてください。",
         "The session cannot be refreshed. Please sign in again."},
    Text{Reason::kEnrolmentRequired,
         "初回パスワードの変更と二要素認証の登録を先に済ませてください。",
         "Change the first password and set up the second factor first."},
    Text{Reason::kNotPermitted, "この操作の権限がありません。",
         "You are not permitted to do this."},
    Text{Reason::kByLawForbids, "地域の運用規則により、この操作はできません。",
         "The network's by-law does not allow this."},
    Text{Reason::kPermissionNeeded, "主治医の許可の記録が必要です。",
         "The attending physician's recorded permission is needed."},
    Text{Reason::kSecondPersonNeeded, "別の担当者による承認が必要です。",
         "Somebody else must approve this."},
    Text{Reason::kPasswordWrong, "現在のパスワードが違います。",
         "The current password is wrong."},
    Text{Reason::kNotFound, "見つかりません。", "Not found."},
    Text{Reason::kRequestIdReused, "同じ要求番号が別の内容で使われました。",
         "The request id was used for something else."},
    Text{Reason::kGroupExists,
         "この患者のグループはすでにあります。連携ホストに問い合わせてください"
         "。",
         "The patient has a group already; ask its hosting facility."},
    Text{Reason::kLoginTaken, "このログイン名は使われています。",
         "The login is taken."},
    Text{Reason::kPatientExists, "この被保険者番号の患者は登録済みです。",
         "A patient with this number is registered."},
    Text{Reason::kFacilityExists, "この事業所番号は登録済みです。",
         "A facility with this number is registered."},
    Text{Reason::kMemberExists, "すでにメンバーです。",
         "The person is a member already."},
    Text{Reason::kInvitationExists, "すでに招待中です。",
         "An invitation is waiting already."},
    Text{Reason::kRoleGrantExists,
         "この役割はすでに付与または申請されています。",
         "The role is granted or proposed already."},
    Text{Reason::kAffiliationExists, "同じ所属がすでにあります。",
         "The affiliation exists already."},
    Text{Reason::kConsentExists, "有効な同意書がすでに記録されています。",
         "A consent is in force already."},
    Text{Reason::kEtagMismatch,
         "ほかの人が先に変更しました。読み直してください。",
         "Somebody else changed it first; read it again."},
    Text{Reason::kAudienceChanged,
         "メンバーが変わりました。確認してからもう一度送信してください。",
         "The members have changed; check them and send again."},
    Text{Reason::kConsentMissing, "有効な同意書の記録がありません。",
         "No consent of the patient is in force."},
    Text{Reason::kConsentDoesNotCover, "同意書の範囲に含まれていません。",
         "The consent does not cover this."},
    Text{Reason::kGroupClosed, "このグループは閉じられています。",
         "The group is closed."},
    Text{Reason::kStateWrong, "現在の状態ではこの操作はできません。",
         "This cannot be done in the present state."},
    Text{Reason::kPredecessorMissing,
         "先に送るべきメッセージがまだ届いていません。",
         "The message that must come first has not arrived."},
    Text{Reason::kRevisionOutdated,
         "メッセージが更新されています。読み直してください。",
         "The message has a newer version; read it again."},
    Text{Reason::kAffiliationMissing,
         "使える所属がないか、どの所属か指定が必要です。",
         "There is no usable affiliation, or one must be named."},
    Text{Reason::kHistoryTooWide,
         "招待する人より広い範囲の履歴は見せられません。",
         "Nobody can be shown more of the past than the inviter sees."},
    Text{Reason::kLastOne, "最後の一人は外せません。",
         "The last one cannot go."},
    Text{Reason::kQueueFull,
         "混み合っています。少し待ってからやり直してください。",
         "Busy; try again in a moment."},
    Text{Reason::kLimitReached, "上限に達しました。",
         "A limit has been reached."},
    Text{Reason::kDiskLow,
         "サーバーの空き容量が足りないため、書き込みを止めています。",
         "The server is short of disk space; writing is suspended."},
    Text{Reason::kServerSealed, "サーバーは起動処理中です（封印中）。",
         "The server is sealed and waits for its key."},
    Text{Reason::kStoreFenced, "サーバーの保存処理に障害があります。",
         "The server's storage has failed."},
    Text{Reason::kServerStopping,
         "サーバーは停止中です。少し待ってからやり直してください。",
         "The server is stopping; try again."},
    Text{Reason::kInternal,
         "サーバー内部の障害です。要求番号を添えて管理者に連絡してください。",
         "An internal fault; give the request id to your administrator."},
    Text{Reason::kRecordDamaged,
         "保存された記録が読めません。管理者に連絡してください。",
         "A stored record is damaged; tell your administrator."},
};

// What is not one of our refusals must not tell more than its class.
absl::Status Published(const absl::Status& status) {
  if (domain::ReasonOf(status) != Reason::kUnspecified) {
    return status;
  }
  if (absl::IsDataLoss(status)) {
    return domain::Refuse(status.code(), Reason::kRecordDamaged,
                          "a stored record does not open");
  }
  return domain::Refuse(absl::StatusCode::kInternal, Reason::kInternal,
                        "internal error");
}

template <typename Detail>
void AddDetail(const Detail& detail, google::rpc::Status& rich) {
  rich.add_details()->PackFrom(detail);
}

void AddLocalized(Reason reason, google::rpc::Status& rich) {
  const LocalizedReason texts = Localize(reason);
  google::rpc::LocalizedMessage message;
  message.set_locale("ja-JP");
  message.set_message(std::string(texts.japanese));
  AddDetail(message, rich);
  message.set_locale("en");
  message.set_message(std::string(texts.english));
  AddDetail(message, rich);
}

void AddReasonDetails(Reason reason, const domain::ReasonMetadata& metadata,
                      google::rpc::Status& rich) {
  if (reason == Reason::kFieldInvalid || reason == Reason::kNotSupported) {
    google::rpc::BadRequest bad;
    google::rpc::BadRequest::FieldViolation& violation =
        *bad.add_field_violations();
    const auto field = metadata.find("field");
    violation.set_field(field == metadata.end() ? "" : field->second);
    violation.set_description(rich.message());
    AddDetail(bad, rich);
  }
  if (reason == Reason::kQueueFull) {
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_nanos(250'000'000);
    AddDetail(retry, rich);
  }
}

}  // namespace

LocalizedReason Localize(Reason reason) {
  for (const Text& text : kTexts) {
    if (text.reason == reason) {
      return {text.japanese, text.english};
    }
  }
  return {kTexts[0].japanese, kTexts[0].english};
}

grpc::Status ToGrpc(const absl::Status& status,
                    absl::string_view correlation_id) {
  if (status.ok()) {
    return grpc::Status::OK;
  }
  const absl::Status published = Published(status);
  const Reason reason = domain::ReasonOf(published);
  const domain::ReasonMetadata metadata = domain::MetadataOf(published);

  google::rpc::Status rich;
  rich.set_code(static_cast<int>(published.code()));
  rich.set_message(std::string(published.message()));
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(domain::ReasonName(reason)));
  info.set_domain("renkei");
  info.mutable_metadata()->insert(metadata.begin(), metadata.end());
  AddDetail(info, rich);
  AddReasonDetails(reason, metadata, rich);
  google::rpc::RequestInfo request;
  request.set_request_id(std::string(correlation_id));
  AddDetail(request, rich);
  AddLocalized(reason, rich);
  return grpc::Status(static_cast<grpc::StatusCode>(published.code()),
                      rich.message(), rich.SerializeAsString());
}

}  // namespace renkei::rpc
