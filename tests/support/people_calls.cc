#include "tests/support/people_calls.h"

#include "absl/strings/substitute.h"

namespace renkei::testing {
namespace {

using ::absl::Substitute;

// The care manager becomes the second person of the office: what the first one
// asks for can be approved.
void FoundOffice(CallBook& book) {
  book.Do<v1::RoleGrant>("DirectoryService/GrantRole", book.team.office,
                         Substitute(R"(parent: "$0" role: ROLE_NETWORK_OFFICE)",
                                    book.team.care_manager.name));
}

void TakeOnPeople(CallBook& book) {
  const auto enrolled = [&book](const std::string& login) {
    return book.server.AddPerson(
        book.team.physician,
        {login + book.tag, "手伝い" + book.tag, "visiting_nurse",
         book.team.physician.facility, book.team.nurse.password});
  };
  book.helper = enrolled("helper");
  book.newcomer = enrolled("newcomer");
  book.invitee = enrolled("invitee");
  Join(book.server, book.team, book.helper, false, "受付として" + book.tag);
  book.colleague = book.TakeOn("colleague", "同僚");
}

void AddAdminCalls(CallBook& book) {
  book.Add("AdminService/GetServerInfo", v1::Tokens(), "");
  book.Add("AdminService/GetStatus", book.team.office, "");
}

void AddFacilityCalls(CallBook& book) {
  book.Add("DirectoryService/GetNetwork", book.team.nurse,
           book.Named(book.net));
  book.Add("DirectoryService/UpdateNetwork", book.team.office,
           Substitute(R"(network { name: "$0" display_name: "ちょうふ在宅$1" }
                    update_mask { paths: "display_name" })",
                      book.net, book.tag));
  book.Add("DirectoryService/CreateFacility", book.team.office,
           Substitute(R"(parent: "$0" facility { display_name: "深大寺医院$1"
                    kind: KIND_CLINIC number: "1311234599"
                    telephone: "042-481-7399" })",
                      book.net, book.tag));
  book.Add("DirectoryService/GetFacility", book.team.nurse,
           book.Named(book.team.physician.facility));
  book.Add("DirectoryService/ListFacilities", book.team.nurse,
           book.Under(book.net));
  book.Add("DirectoryService/UpdateFacility", book.team.physician,
           Substitute(R"(facility { name: "$0" display_name: "調布医院本院$1" }
                    update_mask { paths: "display_name" })",
                      book.team.physician.facility, book.tag));
  book.Add("DirectoryService/ListProfessions", book.team.nurse, "");
  const auto grant = [&book](const Person& to) {
    return book
        .Do<v1::RoleGrant>(
            "DirectoryService/GrantRole", book.team.office,
            Substitute(R"(parent: "$0" role: ROLE_COORDINATOR)", to.name))
        .name();
  };
  book.Add("DirectoryService/GrantRole", book.team.office,
           Substitute(R"(parent: "$0" role: ROLE_COORDINATOR)",
                      book.team.stranger.name));
  book.Add("DirectoryService/ApproveRoleGrant", book.team.care_manager,
           book.Named(grant(book.team.nurse)));
  book.Add("DirectoryService/RevokeRole", book.team.office,
           book.NamedBecause(grant(book.team.physician)));
}

void AddPersonCalls(CallBook& book) {
  book.Add("DirectoryService/CreatePerson", book.team.physician,
           book.NewPerson("fresh", "新人"));
  book.Add("DirectoryService/GetPerson", book.team.physician,
           book.Named(book.colleague.name()));
  book.Add("DirectoryService/ListPeople", book.team.physician,
           Substitute(R"(parent: "$0" facility: "$1")", book.net,
                      book.team.physician.facility));
  book.Add("DirectoryService/UpdatePerson", book.team.physician,
           Substitute(R"(person { name: "$0" human_name { text: "改姓$1"
                    reading: "かいせい$1" } } update_mask { paths:
                    "human_name" })",
                      book.colleague.name(), book.tag));
  book.Add("DirectoryService/CreateAffiliation", book.team.physician,
           Substitute(R"(parent: "$0" affiliation { facility: "$1"
                    profession: "pharmacist" })",
                      book.team.stranger.name, book.team.physician.facility));
  const auto affiliation = [&book](const std::string& login) {
    return book.TakeOn(login, "兼務").affiliations(0).name();
  };
  const std::string suspended = affiliation("suspended");
  book.Do<v1::Affiliation>("DirectoryService/SuspendAffiliation",
                           book.team.physician, book.NamedBecause(suspended));
  book.Add("DirectoryService/SuspendAffiliation", book.team.physician,
           book.NamedBecause(affiliation("active")));
  book.Add("DirectoryService/ResumeAffiliation", book.team.physician,
           book.NamedBecause(suspended));
  book.Add("DirectoryService/EndAffiliation", book.team.physician,
           book.NamedBecause(affiliation("leaving")));
  const auto ask_reset = [&book](const std::string& login) {
    return Substitute(R"(parent: "$0" reason: "電話を紛失$1")",
                      book.TakeOn(login, "紛失").name(), book.tag);
  };
  book.Add("DirectoryService/RequestCredentialReset", book.team.office,
           ask_reset("forgetful"));
  book.Add("DirectoryService/ApproveCredentialReset", book.team.care_manager,
           book.Named(book.Do<v1::CredentialReset>(
                              "DirectoryService/RequestCredentialReset",
                              book.team.office, ask_reset("waiting"))
                          .name()));
  const v1::Person locked = book.TakeOn("locked", "失念");
  for (int failures = 0; failures < 5; ++failures) {
    CallRaw(book.server.Connect(), "SessionService/SignIn", {},
            *book.Request("SessionService/SignIn",
                          Substitute(R"(network_code: "chofu" login: "$0"
                                   password: "ちがう合言葉です" device_id: "x"
                                   device_name: "x")",
                                     locked.login())),
            [](const std::string&) { return true; });
  }
  book.Add("DirectoryService/UnlockAccount", book.team.physician,
           book.Named(locked.name()));
}

void AddSignInCalls(CallBook& book) {
  const auto codes = book.Do<v1::CreateRecoveryCodesResponse>(
      "SessionService/CreateRecoveryCodes", book.helper,
      Substitute(R"(current_password: "$0")", book.helper.password));
  const auto sign_in = [&book](const Person& person) {
    return Substitute(R"(network_code: "chofu" login: "$0" password: "$1"
                         device_id: "phone" device_name: "携帯$2")",
                      person.login, person.password, book.tag);
  };
  book.Add("SessionService/SignIn", v1::Tokens(), sign_in(book.team.stranger));
  book.Add(
      "SessionService/VerifySecondFactor", v1::Tokens(),
      Substitute(R"(ticket: "$0" recovery_code: "$1" device_id: "phone"
                    device_name: "携帯$2")",
                 book.Do<v1::SignInResponse>("SessionService/SignIn", Person(),
                                             sign_in(book.helper))
                     .second_factor()
                     .ticket(),
                 codes.recovery_codes(0), book.tag));
  book.Add("SessionService/RefreshSession", v1::Tokens(),
           Substitute(R"(refresh_token: "$0")",
                      book.server.SignInAgain(book.team.care_manager, "phone")
                          .refresh_token()));
  book.Add("SessionService/SignOut",
           book.server.SignInAgain(book.team.physician, "phone"), "");
  book.Add("SessionService/ListSessions", book.team.nurse,
           book.Under(book.team.nurse.name));
  book.Add(
      "SessionService/RevokeSession", book.team.nurse,
      book.Named(book.server.SignInAgain(book.team.nurse, "phone").session()));
  book.Add("SessionService/GetCurrentPerson", book.team.nurse, "");
}

void AddCredentialCalls(CallBook& book) {
  const std::string password =
      Substitute(R"(current_password: "$0")", book.newcomer.password);
  const auto pending = book.Do<v1::EnrolTotpResponse>(
      "SessionService/EnrolTotp", book.newcomer, password);
  book.Add("SessionService/ConfirmTotp", book.newcomer,
           Substitute(R"(totp_code: "$0")",
                      LiveServer::NextTotpCode(pending.secret())));
  book.Add("SessionService/EnrolTotp", book.newcomer, password);
  book.Add("SessionService/CreateRecoveryCodes", book.newcomer, password);
  book.Add("SessionService/ChangePassword", book.newcomer,
           Substitute(R"($0 new_password: "夕焼けの橋をゆっくり渡る$1")",
                      password, book.tag));
}

}  // namespace

void AddPeople(CallBook& book) {
  FoundOffice(book);
  TakeOnPeople(book);
}

void AddDirectoryCalls(CallBook& book) {
  AddAdminCalls(book);
  AddFacilityCalls(book);
  AddPersonCalls(book);
}

void AddSessionCalls(CallBook& book) {
  AddSignInCalls(book);
  AddCredentialCalls(book);
}

}  // namespace renkei::testing
