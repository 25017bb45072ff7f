#include "client/command.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/channel.h"
#include "client/log_watch.h"
#include "storage/base/status_macros.h"

namespace renkei::client {
namespace {

constexpr int kDefaultDeadlineSeconds = 20;

constexpr Option kSharedOptions[] = {
    {"profile",
     "NAME",
     {"使うプロファイル(既定: default)", "the profile (default: default)"}},
    {"server",
     "ADDRESS",
     {"サーバー host:port または unix:/path(サインイン時に記憶)",
      "the server, host:port or unix:/path; remembered at sign-in"}},
    {"ca",
     "FILE",
     {"サーバー証明書の認証局", "authority of the server's certificate"}},
    {"certificate", "FILE", {"端末の証明書", "this device's certificate"}},
    {"key", "FILE", {"端末の証明書の秘密鍵", "its private key"}},
    {"lang", "ja|en", {"表示言語(既定: ロケール)", "language (else: locale)"}},
    {"json",
     "",
     {"JSON で出力(項目名は API と同じ)",
      "print JSON with the API's field names"}},
    {"field",
     "PATH",
     {"答えの1項目だけを出力(例: message.name)",
      "print one field of the answer, such as message.name"}},
    {"request-id",
     "UUID",
     {"変更の識別子。同じ値での再実行は二重にならない",
      "id of the change; the same id again changes nothing twice"}},
    {"timeout", "SECONDS", {"待つ時間(既定: 20)", "deadline (default: 20)"}},
    {"help", "", {"この説明", "this text"}},
};

void Override(const Arguments& arguments, absl::string_view option,
              std::string& value) {
  if (arguments.Has(option)) {
    value = arguments.Get(option);
  }
}

}  // namespace

absl::Span<const Option> SharedOptions() { return kSharedOptions; }

absl::StatusOr<Profile> Invocation::CurrentProfile() const {
  ASSIGN_OR_RETURN(Profile profile, session_file_.Read());
  Override(arguments_, "server", profile.server);
  Override(arguments_, "ca", profile.ca_file);
  Override(arguments_, "certificate", profile.certificate_file);
  Override(arguments_, "key", profile.key_file);
  return profile;
}

absl::StatusOr<Client*> Invocation::Connect() {
  if (client_ == nullptr) {
    ASSIGN_OR_RETURN(const int seconds,
                     arguments_.Number("timeout", kDefaultDeadlineSeconds));
    ASSIGN_OR_RETURN(const Profile profile, CurrentProfile());
    if (profile.server.empty()) {
      return UsageError("--server is needed");
    }
    ASSIGN_OR_RETURN(const auto channel,
                     OpenChannel({profile.server, profile.ca_file,
                                  profile.certificate_file, profile.key_file}));
    client_ = std::make_unique<Client>(channel, session_file_,
                                       absl::Seconds(seconds));
    if (!profile.tokens.access_token.empty()) {
      ASSIGN_OR_RETURN(const CheckpointFile seen, SeenLog());
      log_check_ = CheckLog(*client_, profile.network, seen);
    }
  }
  return client_.get();
}

absl::StatusOr<CheckpointFile> Invocation::SeenLog() const {
  ASSIGN_OR_RETURN(const std::string network, Network());
  return CheckpointFile(folder_, network);
}

absl::StatusOr<std::string> Invocation::Network() const {
  ASSIGN_OR_RETURN(const Profile profile, session_file_.Read());
  if (profile.network.empty()) {
    return absl::UnauthenticatedError("not signed in");
  }
  return profile.network;
}

void Invocation::SetRequestId(google::protobuf::Message& request) const {
  const auto* field = request.GetDescriptor()->FindFieldByName("request_id");
  if (field != nullptr && arguments_.Has("request-id")) {
    request.GetReflection()->SetString(&request, field,
                                       arguments_.Get("request-id"));
  }
}

View Invocation::PlainView() const {
  return {output_.language(), absl::LocalTimeZone(), {}};
}

View Invocation::NamingView() {
  View view = PlainView();
  if (output_.form() == Output::Form::kHuman) {
    view.professions = ProfessionNames(view.language);
  }
  return view;
}

std::map<std::string, std::string> Invocation::ProfessionNames(
    Language language) {
  std::map<std::string, std::string> names;
  const auto professions = Call(&v1::DirectoryService::Stub::ListProfessions,
                                v1::ListProfessionsRequest());
  if (!professions.ok()) {
    return names;
  }
  const absl::string_view wanted =
      language == Language::kJapanese ? "ja" : "en";
  for (const v1::Profession& profession : professions->professions()) {
    for (const v1::LocalizedText& name : profession.display_names()) {
      if (absl::StartsWith(name.language_code(), wanted)) {
        names[profession.code()] = name.text();
      }
    }
  }
  return names;
}

}  // namespace renkei::client
