#include "tests/bench/product/people.h"

#include <liboath/oath.h>

#include <cstdlib>
#include <ctime>
#include <random>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "renkei/v1/session.pb.h"
#include "storage/base/status_macros.h"

namespace renkei::bench {
namespace {

constexpr unsigned kStepSeconds = 30;
constexpr unsigned kDigits = 6;

absl::StatusOr<std::string> TotpCode(const std::string& base32_secret) {
  char* secret = nullptr;
  size_t bytes = 0;
  if (oath_base32_decode(base32_secret.data(), base32_secret.size(), &secret,
                         &bytes) != OATH_OK) {
    return absl::DataLossError("the TOTP secret is no base32");
  }
  char code[kDigits + 1] = {};
  const int made = oath_totp_generate(secret, bytes, time(nullptr),
                                      kStepSeconds, 0, kDigits, code);
  std::free(secret);
  return made == OATH_OK ? absl::StatusOr<std::string>(code)
                         : absl::InternalError("no TOTP code");
}

}  // namespace

std::string NewUuid() {
  thread_local std::mt19937_64 random{std::random_device{}()};
  constexpr char kDigitsOf16[] = "0123456789abcdef";
  const int64_t millis = absl::ToUnixMillis(absl::Now());
  std::string uuid = absl::StrFormat("%08x-%04x-7xxx-8xxx-xxxxxxxxxxxx",
                                     millis >> 16, millis & 0xffff);
  uint64_t bits = 0;
  int left = 0;
  for (char& letter : uuid) {
    if (letter != 'x') {
      continue;
    }
    if (left == 0) {
      bits = random();
      left = 16;
    }
    letter = kDigitsOf16[bits & 15];
    bits >>= 4;
    --left;
  }
  return uuid;
}

absl::StatusOr<Person> Enrol(Caller& caller, absl::string_view login,
                             absl::string_view one_time_password) {
  const std::string password = NewUuid();
  v1::SignInRequest sign_in;
  sign_in.set_network_code(std::string(kNetworkCode));
  sign_in.set_login(std::string(login));
  sign_in.set_password(std::string(one_time_password));
  sign_in.set_device_id(NewUuid());
  sign_in.set_device_name("往診用タブレット");
  v1::SignInResponse signed_in;
  caller.set_access_token("");
  RETURN_IF_ERROR(caller.Call("SessionService/SignIn", sign_in, signed_in));
  const v1::Tokens& tokens = signed_in.enrolment();
  caller.set_access_token(tokens.access_token());

  v1::ChangePasswordRequest change;
  change.set_current_password(std::string(one_time_password));
  change.set_new_password(password);
  v1::ChangePasswordResponse changed;
  RETURN_IF_ERROR(
      caller.Call("SessionService/ChangePassword", change, changed));
  v1::EnrolTotpRequest enrol;
  enrol.set_current_password(password);
  v1::EnrolTotpResponse enrolled;
  RETURN_IF_ERROR(caller.Call("SessionService/EnrolTotp", enrol, enrolled));
  v1::ConfirmTotpRequest confirm;
  ASSIGN_OR_RETURN(*confirm.mutable_totp_code(), TotpCode(enrolled.secret()));
  v1::ConfirmTotpResponse confirmed;
  RETURN_IF_ERROR(
      caller.Call("SessionService/ConfirmTotp", confirm, confirmed));

  v1::CurrentPerson current;
  RETURN_IF_ERROR(caller.Call("SessionService/GetCurrentPerson",
                              v1::GetCurrentPersonRequest(), current));
  return Person{current.person().name(), std::string(login),
                tokens.access_token(), tokens.refresh_token()};
}

absl::Status Refresh(Caller& caller, Person& person) {
  v1::RefreshSessionRequest request;
  request.set_refresh_token(person.refresh_token);
  v1::Tokens tokens;
  caller.set_access_token("");
  RETURN_IF_ERROR(
      caller.Call("SessionService/RefreshSession", request, tokens));
  person.access_token = tokens.access_token();
  person.refresh_token = tokens.refresh_token();
  return absl::OkStatus();
}

}  // namespace renkei::bench
