#include "client/errors.h"

#include <map>
#include <optional>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"

namespace renkei::client {
namespace {

constexpr absl::string_view kPayload = "type.googleapis.com/google.rpc.Status";

template <typename Detail>
std::optional<Detail> Find(const google::rpc::Status& status) {
  Detail detail;
  for (const google::protobuf::Any& any : status.details()) {
    if (any.UnpackTo(&detail)) {
      return detail;
    }
  }
  return std::nullopt;
}

// For errors that arose on this side of the connection.
absl::string_view GeneralText(int code, Language language) {
  constexpr Text kUnreachable = {
      "サーバーにつながらないか、応答がありません",
      "the server cannot be reached or does not answer"};
  constexpr Text kNotSignedIn = {"サインインしていません(renkei sign-in)",
                                 "nobody is signed in (renkei sign-in)"};
  switch (static_cast<absl::StatusCode>(code)) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return kUnreachable.In(language);
    case absl::StatusCode::kUnauthenticated:
      return kNotSignedIn.In(language);
    default:
      return "";
  }
}

std::string LocalizedText(const google::rpc::Status& status,
                          Language language) {
  const absl::string_view wanted =
      language == Language::kJapanese ? "ja" : "en";
  google::rpc::LocalizedMessage localized;
  for (const google::protobuf::Any& any : status.details()) {
    if (any.UnpackTo(&localized) &&
        absl::StartsWith(localized.locale(), wanted)) {
      return localized.message();
    }
  }
  const absl::string_view general = GeneralText(status.code(), language);
  return status.details().empty() && !general.empty()
             ? absl::StrCat(general, ": ", status.message())
             : status.message();
}

}  // namespace

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) {
    return absl::OkStatus();
  }
  // The numbers of both code lists are the same by design.
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()),
                      status.error_message());
  if (!status.error_details().empty()) {
    result.SetPayload(kPayload, absl::Cord(status.error_details()));
  }
  return result;
}

google::rpc::Status DetailsOf(const absl::Status& status) {
  google::rpc::Status details;
  const auto payload = status.GetPayload(kPayload);
  if (payload.has_value() && details.ParseFromString(std::string(*payload))) {
    return details;
  }
  details.Clear();
  details.set_code(static_cast<int>(status.code()));
  details.set_message(std::string(status.message()));
  return details;
}

std::string ReasonOf(const absl::Status& status) {
  const auto reason = Find<google::rpc::ErrorInfo>(DetailsOf(status));
  return reason ? reason->reason() : "";
}

std::string MetadataOf(const absl::Status& status, absl::string_view key) {
  const auto reason = Find<google::rpc::ErrorInfo>(DetailsOf(status));
  if (!reason) {
    return "";
  }
  const auto found = reason->metadata().find(std::string(key));
  return found == reason->metadata().end() ? "" : found->second;
}

absl::Duration RetryDelayOf(const absl::Status& status) {
  const auto retry = Find<google::rpc::RetryInfo>(DetailsOf(status));
  if (!retry) {
    return absl::ZeroDuration();
  }
  return absl::Seconds(retry->retry_delay().seconds()) +
         absl::Nanoseconds(retry->retry_delay().nanos());
}

std::string Explain(const absl::Status& status, Language language) {
  const google::rpc::Status details = DetailsOf(status);
  std::string text = LocalizedText(details, language);
  if (const auto reason = Find<google::rpc::ErrorInfo>(details)) {
    absl::StrAppend(&text, " [", reason->reason(), "]");
    const std::map<std::string, std::string> sorted(reason->metadata().begin(),
                                                    reason->metadata().end());
    for (const auto& [key, value] : sorted) {
      absl::StrAppend(&text, "\n  ", key, ": ", value);
    }
  }
  if (const auto request = Find<google::rpc::BadRequest>(details)) {
    for (const auto& violation : request->field_violations()) {
      absl::StrAppend(&text, "\n  ", violation.field(), ": ",
                      violation.description());
    }
  }
  if (const auto request = Find<google::rpc::RequestInfo>(details)) {
    constexpr Text kReference = {"お問い合わせ番号", "reference"};
    absl::StrAppend(&text, "\n  ", kReference.In(language), ": ",
                    request->request_id());
  }
  return text;
}

}  // namespace renkei::client
