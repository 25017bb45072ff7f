#include "absl/strings/str_cat.h"
#include "client/describe.h"
#include "client/labels.h"

namespace renkei::client {

std::string Describe(const Items<v1::Session>& sessions, const View& view) {
  constexpr Text kState = {"状態", "STATE"};
  constexpr Text kDevice = {"端末", "DEVICE"};
  constexpr Text kAddress = {"接続元", "ADDRESS"};
  constexpr Text kBegan = {"開始", "BEGAN"};
  constexpr Text kUsed = {"最終利用", "LAST USED"};
  constexpr Text kResource = {"リソース名", "RESOURCE"};
  const Language language = view.language;
  std::vector<Row> rows = {Heading(
      {Text{"", ""}, kState, kDevice, kAddress, kBegan, kUsed, kResource},
      language)};
  for (const v1::Session& session : sessions) {
    const std::string& device = session.device_name().empty()
                                    ? session.device_id()
                                    : session.device_name();
    rows.push_back(
        {session.current() ? "*" : "", Label(session.state(), language), device,
         session.client_address(), TimeText(session.create_time(), view),
         TimeText(session.last_active_time(), view), session.name()});
  }
  return FormatTable(rows);
}

std::string Describe(const v1::CurrentPerson& person, const View& view) {
  constexpr Text kPasswordFirst = {
      "まずパスワードを変更してください: renkei change-password",
      "change the password first: renkei change-password"};
  constexpr Text kTotpFirst = {
      "まず二要素目を登録してください: renkei enrol-totp、続いて confirm-totp",
      "enrol the second factor first: renkei enrol-totp, then confirm-totp"};
  constexpr Text kCodesLeft = {"残りの回復コード", "recovery codes left"};
  const Language language = view.language;
  std::string text = DescribeOne(person.person(), view);
  if (!person.person().role_grants().empty()) {
    absl::StrAppend(&text, Describe(person.person().role_grants(), view));
  }
  absl::StrAppend(&text, kCodesLeft.In(language), ": ",
                  person.recovery_codes_left(), "\n");
  if (person.password_change_required()) {
    absl::StrAppend(&text, kPasswordFirst.In(language), "\n");
  }
  if (person.totp_enrolment_required()) {
    absl::StrAppend(&text, kTotpFirst.In(language), "\n");
  }
  return text;
}

std::string Describe(const v1::ServerInfo& server, const View& view) {
  std::string text = absl::StrCat("renkeid ", server.version(), " (API ",
                                  server.api_revision(), "), ",
                                  Label(server.state(), view.language), "\n");
  const v1::Limits& limits = server.limits();
  absl::StrAppend(&text, "body_code_points_max ", limits.body_code_points_max(),
                  "\npage_size_max ", limits.page_size_max(), "\nmentions_max ",
                  limits.mentions_max(), "\nmark_displayed_max ",
                  limits.mark_displayed_max(), "\ngroup_members_max ",
                  limits.group_members_max(), "\nrequest_bytes_max ",
                  limits.request_bytes_max());
  absl::StrAppend(&text, "\nrequest_id_days ", limits.request_id_days(),
                  "\nperson_streams_max ", limits.person_streams_max(), "\n");
  return text;
}

std::string Describe(const v1::ServerStatus& status, const View& view) {
  std::vector<Row> rows = {
      {"state", Label(status.state(), view.language)},
      {"start_time", TimeText(status.start_time(), view)},
      {"last_commit", absl::StrCat(status.last_commit())},
      {"audit_event_count", absl::StrCat(status.audit_event_count())},
      {"queued_writes", absl::StrCat(status.queued_writes())},
      {"open_streams", absl::StrCat(status.open_streams())},
      {"disk_free_bytes", absl::StrCat(status.disk_free_bytes())},
      {"disk_low_water_bytes", absl::StrCat(status.disk_low_water_bytes())},
      {"clock_synchronised", status.clock_synchronised() ? "true" : "false"},
      {"last_backup_time", TimeText(status.last_backup_time(), view)}};
  if (status.has_audit_spool()) {
    const v1::AuditSpoolStatus& spool = status.audit_spool();
    rows.push_back({"audit_spool.waiting_event_count",
                    absl::StrCat(spool.waiting_event_count())});
    rows.push_back({"audit_spool.waiting_since_time",
                    TimeText(spool.waiting_since_time(), view)});
    rows.push_back(
        {"audit_spool.unshipped_bytes", absl::StrCat(spool.unshipped_bytes())});
  }
  return FormatTable(rows);
}

}  // namespace renkei::client
