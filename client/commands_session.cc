// sign-in, sign-out, whoami, sessions.
#include <unistd.h>

#include <array>

#include "absl/strings/str_cat.h"
#include "client/command.h"
#include "client/describe.h"
#include "client/secret_input.h"
#include "storage/base/status_macros.h"

namespace renkei::client {
namespace {

constexpr Text kPasswordPrompt = {"パスワード", "Password"};
constexpr Text kTotpPrompt = {"認証コード(6桁)", "Code (6 digits)"};

std::string HostName() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

// Makes the device id at the first sign-in of a profile and keeps the
// connection's options. Ends what was signed in before on this profile.
absl::StatusOr<Profile> PrepareProfile(Invocation& in) {
  ASSIGN_OR_RETURN(Profile chosen, in.CurrentProfile());
  if (chosen.device_id.empty()) {
    chosen.device_id = MakeRequestId();
  }
  RETURN_IF_ERROR(in.session_file().Change([&](Profile& profile) {
    profile = chosen;
    profile.tokens = Tokens();
    profile.network.clear();
    profile.person.clear();
    return absl::OkStatus();
  }));
  return chosen;
}

absl::Status KeepTokens(Invocation& in, const v1::Tokens& tokens) {
  const std::string& session = tokens.session();
  const size_t people = session.find("/people/");
  const size_t sessions = session.find("/sessions/");
  if (people == std::string::npos || sessions == std::string::npos) {
    return absl::InternalError("the server named the session strangely");
  }
  return in.session_file().Change([&](Profile& profile) {
    profile.tokens = FromApi(tokens);
    profile.network = session.substr(0, people);
    profile.person = session.substr(0, sessions);
    return absl::OkStatus();
  });
}

absl::StatusOr<v1::Tokens> VerifySecondFactor(Invocation& in, Client& client,
                                              const std::string& ticket,
                                              const std::string& device_id,
                                              const std::string& device_name) {
  v1::VerifySecondFactorRequest request;
  request.set_ticket(ticket);
  request.set_device_id(device_id);
  request.set_device_name(device_name);
  if (in.arguments().Has("recovery-code-file")) {
    ASSIGN_OR_RETURN(
        *request.mutable_recovery_code(),
        ReadSecret(in.arguments().Get("recovery-code-file"), "recovery code"));
  } else {
    ASSIGN_OR_RETURN(*request.mutable_totp_code(),
                     ReadSecret(in.arguments().Get("totp-file"),
                                kTotpPrompt.In(in.output().language())));
  }
  return client.CallPublic(&v1::SessionService::Stub::VerifySecondFactor,
                           request);
}

absl::Status ShowCurrentPerson(Invocation& in) {
  ASSIGN_OR_RETURN(const v1::CurrentPerson answer,
                   in.Call(&v1::SessionService::Stub::GetCurrentPerson,
                           v1::GetCurrentPersonRequest()));
  return in.output().Show(answer, Describe(answer, in.PlainView()));
}

absl::Status SignIn(Invocation& in) {
  v1::SignInRequest request;
  ASSIGN_OR_RETURN(*request.mutable_network_code(),
                   in.arguments().Require("network"));
  ASSIGN_OR_RETURN(*request.mutable_login(), in.arguments().Require("login"));
  ASSIGN_OR_RETURN(const Profile profile, PrepareProfile(in));
  ASSIGN_OR_RETURN(*request.mutable_password(),
                   ReadSecret(in.arguments().Get("password-file"),
                              kPasswordPrompt.In(in.output().language())));
  request.set_device_id(profile.device_id);
  request.set_device_name(in.arguments().Has("device-name")
                              ? in.arguments().Get("device-name")
                              : HostName());
  ASSIGN_OR_RETURN(Client* const client, in.Connect());
  ASSIGN_OR_RETURN(
      const v1::SignInResponse answer,
      client->CallPublic(&v1::SessionService::Stub::SignIn, request));
  if (answer.has_enrolment()) {
    RETURN_IF_ERROR(KeepTokens(in, answer.enrolment()));
    return ShowCurrentPerson(in);
  }
  ASSIGN_OR_RETURN(
      const v1::Tokens tokens,
      VerifySecondFactor(in, *client, answer.second_factor().ticket(),
                         profile.device_id, request.device_name()));
  RETURN_IF_ERROR(KeepTokens(in, tokens));
  return ShowCurrentPerson(in);
}

absl::Status SignOut(Invocation& in) {
  const auto answer =
      in.Call(&v1::SessionService::Stub::SignOut, v1::SignOutRequest());
  // A session that is over already needs no ending, only forgetting.
  if (!answer.ok() && !absl::IsUnauthenticated(answer.status())) {
    return answer.status();
  }
  RETURN_IF_ERROR(in.session_file().Change([](Profile& profile) {
    profile.tokens = Tokens();
    return absl::OkStatus();
  }));
  return in.output().Show(v1::SignOutResponse(), "");
}

absl::Status ListSessions(Invocation& in) {
  v1::ListSessionsRequest request;
  ASSIGN_OR_RETURN(const Profile profile, in.session_file().Read());
  request.set_parent(in.arguments().Has("person") ? in.arguments().Get("person")
                                                  : profile.person);
  RETURN_IF_ERROR(SetPage(in.arguments(), request));
  ASSIGN_OR_RETURN(const auto answer,
                   in.Call(&v1::SessionService::Stub::ListSessions, request));
  const View view = in.PlainView();
  return in.output().Show(
      answer, absl::StrCat(Describe(answer.sessions(), view),
                           NextPageText(answer.next_page_token(), view)));
}

absl::Status RevokeSession(Invocation& in) {
  v1::RevokeSessionRequest request;
  request.set_name(in.operand(0));
  ASSIGN_OR_RETURN(const v1::Session answer,
                   in.Call(&v1::SessionService::Stub::RevokeSession, request));
  return in.output().Show(answer, DescribeOne(answer, in.PlainView()));
}

constexpr Option kSignInOptions[] = {
    {"network",
     "CODE",
     {"ネットワークの略号(例: chofu)",
      "short code of the network, such as chofu"}},
    {"login", "LOGIN", {"ログイン名", "the login"}},
    {"password-file",
     "FILE",
     {"パスワードを読むファイル(- は標準入力)。なければ尋ねる",
      "where to read the password, - is standard input; else it is asked"}},
    {"totp-file",
     "FILE",
     {"認証コードを読むファイル。なければ尋ねる",
      "where to read the code; else it is asked"}},
    {"recovery-code-file",
     "FILE",
     {"回復コードを読むファイル",
      "where to read a recovery code, instead of a code"}},
    {"device-name", "NAME", {"この端末の呼び名", "what this device is called"}},
};

constexpr Option kSessionsOptions[] = {
    {"person",
     "PERSON",
     {"自施設の職員のセッション", "sessions of somebody of one's facility"}},
    kPageSize,
    kPageToken,
};

constexpr Command kCommands[] = {
    {"sign-in",
     "",
     0,
     0,
     {"二要素でサインインする", "sign in with two factors"},
     kSignInOptions,
     SignIn},
    {"sign-out",
     "",
     0,
     0,
     {"サインアウトする", "end this session"},
     {},
     SignOut},
    {"whoami",
     "",
     0,
     0,
     {"自分の所属・役割を見る", "who is signed in, with roles"},
     {},
     ShowCurrentPerson},
    {"sessions",
     "",
     0,
     0,
     {"セッションの一覧", "list live sessions"},
     kSessionsOptions,
     ListSessions},
    {"sessions revoke",
     "SESSION",
     1,
     1,
     {"セッションを終わらせる", "end another session"},
     {},
     RevokeSession},
};

}  // namespace

absl::Span<const Command> SessionCommands() { return kCommands; }

}  // namespace renkei::client
