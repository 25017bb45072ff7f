// Whatever people write, and every secret they are given, is nowhere readable:
// not under the data folder, not beside the keys, not in a log.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "google/protobuf/message.h"
#include "renkei/v1/audit.grpc.pb.h"
#include "server/config.h"
#include "storage/base/id.h"
#include "storage/crypto/random.h"
#include "tests/support/api_messages.h"
#include "tests/support/live_network.h"
#include "tests/support/traces.h"

namespace renkei::testing {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::testing::IsEmpty;
using ::testing::Not;
using Audit = v1::AuditService::Stub;
using Directory = v1::DirectoryService::Stub;
using Groups = v1::GroupService::Stub;
using Messages = v1::MessageService::Stub;
using Sessions = v1::SessionService::Stub;

// Fields of requests that hold no text of a person's: names of resources, codes
// of a published list, what the server itself made up.
const std::set<std::string>& NotWritten() {
  static const auto& names = *new std::set<std::string>{
      // resources
      "name", "parent", "patient", "group", "facility", "person", "affiliation",
      "thread", "after_message", "invitee", "inviter", "hosting_facility",
      "actor", "granted_by", "message", "attending_physicians",
      "covered_facilities", "recorder", "creator", "registering_facility",
      "requester", "approver", "session",
      // codes
      "network_code", "code", "profession", "covered_professions",
      // opaque
      "etag", "audience_etag", "page_token", "cursor", "request_id",
      // six digits, of no use after half a minute
      "totp_code",
      // copies that the server makes
      "facility_display_name", "hosting_facility_display_name",
      "group_display_name"};
  return names;
}

bool IsOutputOnly(const FieldDescriptor& field) {
  static const auto& names = *new std::set<std::string>{
      "renkei.v1.Consent.withdraw_reason", "renkei.v1.CredentialReset.reason",
      "renkei.v1.Signature.display_name"};
  return names.count(field.full_name()) != 0;
}

bool IsWritten(const FieldDescriptor& field) {
  return NotWritten().count(field.name()) == 0 && !IsOutputOnly(field) &&
         field.file()->package() == "renkei.v1";
}

bool IsSecret(const FieldDescriptor& field) {
  static const auto& names = *new std::set<std::string>{
      "access_token", "refresh_token",     "ticket",        "secret",
      "otpauth_uri",  "one_time_password", "recovery_codes"};
  return names.count(field.name()) != 0;
}

// Adds the written fields of a request, and of the messages in it.
void AddWritten(const Descriptor& message, std::set<std::string>& fields,
                std::set<const Descriptor*>& seen) {
  if (!seen.insert(&message).second) {
    return;
  }
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      AddWritten(*field.message_type(), fields, seen);
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING &&
               IsWritten(field)) {
      fields.insert(field.full_name());
    }
  }
}

std::set<std::string> WrittenFields() {
  std::set<std::string> fields;
  std::set<const Descriptor*> seen;
  for (const auto* method : EveryMethod()) {
    AddWritten(*method->input_type(), fields, seen);
  }
  return fields;
}

// Sends what the process writes to standard error into a file meanwhile.
class StderrInFile {
 public:
  explicit StderrInFile(const std::string& path) : before_(dup(STDERR_FILENO)) {
    const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(file, STDERR_FILENO);
    close(file);
  }
  ~StderrInFile() {
    dup2(before_, STDERR_FILENO);
    close(before_);
  }

 private:
  const int before_;
};

class CanaryTest : public ::testing::Test {
 protected:
  CanaryTest() : server_("canary-test"), tag_(RandomTag()) {
    server_.OnAccepted([this](const Message& request, const Message& response) {
      VisitTexts(request,
                 [this](const FieldDescriptor& field, const std::string& text) {
                   if (IsWritten(field) && !text.empty()) {
                     accepted_.insert(field.full_name());
                     canaries_.insert(text);
                   }
                 });
      VisitTexts(response,
                 [this](const FieldDescriptor& field, const std::string& text) {
                   if (IsSecret(field)) {
                     canaries_.insert(text);
                   }
                 });
    });
  }

  static std::string RandomTag() {
    std::array<uint8_t, 6> bytes;
    crypto::FillRandom(absl::MakeSpan(bytes));
    return absl::StrCat(
        ".", absl::BytesToHexString(absl::string_view(
                 reinterpret_cast<const char*>(bytes.data()), bytes.size())));
  }
  std::string Text(absl::string_view text) { return absl::StrCat(text, tag_); }

  // What a team does that MakeLiveNetwork has not done.
  void LiveOn(LiveNetwork& team);
  void ChangeDirectory(LiveNetwork& team);
  void ChangeGroup(const LiveNetwork& team);
  void Search(const LiveNetwork& team);
  void Review(const LiveNetwork& team);
  // Every method with requests that cannot be right.
  void CallInVain(const Person& somebody);

  void ExpectNoTraces(const std::string& when) {
    EXPECT_THAT(FindTraces(canaries_, server_.config().data_dir()), IsEmpty())
        << when;
    EXPECT_THAT(FindTraces(canaries_, server_.config().key_dir()), IsEmpty())
        << when;
    std::ifstream mark(server_.config().audit_mark_file(), std::ios::binary);
    EXPECT_THAT(
        FindTraces(canaries_, "audit_mark",
                   std::string(std::istreambuf_iterator<char>(mark), {})),
        IsEmpty())
        << when;
    EXPECT_THAT(FindTraces(canaries_, "log", server_.log()), IsEmpty()) << when;
  }

  LiveServer server_;
  const std::string tag_;
  std::set<std::string> canaries_;
  std::set<std::string> accepted_;
};

void CanaryTest::ChangeDirectory(LiveNetwork& team) {
  v1::UpdateNetworkRequest network;
  network.mutable_network()->set_name(server_.network());
  network.mutable_network()->set_display_name(Text("ちょうふ在宅ネット"));
  network.mutable_network()->mutable_by_law()->set_version(Text("2026版"));
  network.mutable_network()->mutable_by_law()->set_group_creation(
      v1::ByLaw::GROUP_CREATION_ATTENDING_PHYSICIAN_OR_PERMITTED);
  network.mutable_update_mask()->add_paths("display_name");
  network.mutable_update_mask()->add_paths("by_law");
  server_.Call(team.office.tokens, &Directory::UpdateNetwork, network);

  v1::CreateAffiliationRequest affiliation;
  affiliation.set_parent(team.stranger.name);
  affiliation.mutable_affiliation()->set_facility(team.physician.facility);
  affiliation.mutable_affiliation()->set_profession("pharmacist");
  v1::Affiliation second = server_.Call(
      team.physician.tokens, &Directory::CreateAffiliation, affiliation);
  v1::SuspendAffiliationRequest suspend;
  suspend.set_name(second.name());
  suspend.set_reason(Text("休職のため"));
  server_.Call(team.physician.tokens, &Directory::SuspendAffiliation, suspend);
  v1::ResumeAffiliationRequest resume;
  resume.set_name(second.name());
  resume.set_reason(Text("復職のため"));
  server_.Call(team.physician.tokens, &Directory::ResumeAffiliation, resume);
  v1::EndAffiliationRequest end;
  end.set_name(second.name());
  end.set_reason(Text("退職のため"));
  server_.Call(team.physician.tokens, &Directory::EndAffiliation, end);

  v1::RequestCredentialResetRequest reset;
  reset.set_parent(team.stranger.name);
  reset.set_reason(Text("電話を紛失"));
  server_.Call(team.office.tokens, &Directory::RequestCredentialReset, reset);

  v1::GrantRoleRequest grant;
  grant.set_parent(team.stranger.name);
  grant.set_role(v1::ROLE_COORDINATOR);
  v1::RevokeRoleRequest revoke;
  revoke.set_name(
      server_.Call(team.office.tokens, &Directory::GrantRole, grant).name());
  revoke.set_reason(Text("年度末で交代"));
  server_.Call(team.office.tokens, &Directory::RevokeRole, revoke);
}

void CanaryTest::Search(const LiveNetwork& team) {
  v1::SearchPatientsRequest by_number;
  by_number.set_parent(server_.network());
  by_number.set_insured_number("8173640925");
  server_.Call(team.nurse.tokens, &Directory::SearchPatients, by_number);
  v1::SearchPatientsRequest by_name;
  by_name.set_parent(server_.network());
  by_name.set_exact_name(Text("国領 キヨ"));
  server_.Call(team.nurse.tokens, &Directory::SearchPatients, by_name);
}

void CanaryTest::ChangeGroup(const LiveNetwork& team) {
  Send(server_, team, team.nurse, Text("発熱 38.2、褥瘡は仙骨部に2cm"));
  v1::ListMessagesRequest list;
  list.set_parent(team.group);
  list.set_lane(v1::LANE_PROFESSIONAL);
  server_.Call(team.physician.tokens, &Messages::ListMessages, list);
  v1::RemoveMemberRequest remove;
  remove.set_name(absl::StrCat(
      team.group, "/members/",
      team.care_manager.name.substr(team.care_manager.name.rfind('/') + 1)));
  remove.set_reason(Text("担当の交代"));
  server_.Call(team.physician.tokens, &Groups::RemoveMember, remove);
  v1::CloseGroupRequest close;
  close.set_name(team.group);
  close.set_reason(v1::Group::CLOSE_REASON_CARE_ENDED);
  close.set_note(Text("入所のため"));
  server_.Call(team.physician.tokens, &Groups::CloseGroup, close);
  v1::ReopenGroupRequest reopen;
  reopen.set_name(team.group);
  reopen.set_note(Text("退所して在宅へ"));
  server_.Call(team.physician.tokens, &Groups::ReopenGroup, reopen);
  v1::GetGroupRequest get;
  get.set_name(team.group);
  v1::WithdrawConsentRequest withdraw;
  withdraw.set_name(server_.Call(team.physician.tokens, &Groups::GetGroup, get)
                        .consent()
                        .name());
  withdraw.set_reason(Text("ご家族の申し出"));
  server_.Call(team.physician.tokens, &Groups::WithdrawConsent, withdraw);
}

void CanaryTest::Review(const LiveNetwork& team) {
  v1::RecordAuditReviewRequest review;
  review.set_facility(team.nurse.facility);
  const int64_t now = absl::ToUnixSeconds(absl::Now());
  review.mutable_start_time()->set_seconds(now - 3600);
  review.mutable_end_time()->set_seconds(now - 1);
  review.set_findings(Text("夜間の閲覧は当直によるもの"));
  server_.Call(team.nurse.tokens, &Audit::RecordAuditReview, review);
}

void CanaryTest::LiveOn(LiveNetwork& team) {
  ChangeDirectory(team);
  Review(team);
  Search(team);
  ChangeGroup(team);
  v1::CreateRecoveryCodesRequest codes;
  codes.set_current_password(team.nurse.password);
  const v1::CreateRecoveryCodesResponse recovery =
      server_.Call(team.nurse.tokens, &Sessions::CreateRecoveryCodes, codes);
  v1::SignInRequest sign_in;
  sign_in.set_network_code("chofu");
  sign_in.set_login(team.nurse.login);
  sign_in.set_password(team.nurse.password);
  sign_in.set_device_id(Text("phone"));
  sign_in.set_device_name(Text("携帯電話"));
  v1::VerifySecondFactorRequest second;
  second.set_ticket(
      server_.Call({}, &Sessions::SignIn, sign_in).second_factor().ticket());
  second.set_recovery_code(recovery.recovery_codes(0));
  second.set_device_id(Text("phone"));
  second.set_device_name(Text("携帯電話"));
  v1::RefreshSessionRequest refresh;
  refresh.set_refresh_token(
      server_.Call({}, &Sessions::VerifySecondFactor, second).refresh_token());
  server_.Call({}, &Sessions::RefreshSession, refresh);
}

void CanaryTest::CallInVain(const Person& somebody) {
  canaries_.insert(Text("書き損じ"));
  for (const auto* method : EveryMethod()) {
    if (method->name() == "SignOut") {
      continue;  // cannot be wrong
    }
    const std::unique_ptr<Message> request(
        google::protobuf::MessageFactory::generated_factory()
            ->GetPrototype(method->input_type())
            ->New());
    FillWith(Text("書き損じ"), *request, 3);
    const std::string name =
        absl::StrCat(method->service()->name(), "/", method->name());
    for (const v1::Tokens& tokens : {v1::Tokens(), somebody.tokens}) {
      const grpc::Status status = server_.CallNamed(name, tokens, *request);
      EXPECT_THAT(FindTraces({Text("書き損じ")}, name,
                             absl::StrCat(status.error_message(), " ",
                                          status.error_details())),
                  IsEmpty());
    }
  }
}

TEST_F(CanaryTest, IsNowhereReadable) {
  const std::string stderr_path = server_.folder() + "/stderr";
  {
    const StderrInFile redirected(stderr_path);
    server_.Init(Text("ちょうふ"), "office" + tag_);
    canaries_.insert({Text("ちょうふ"), "office" + tag_});
    server_.Start();
    LiveNetwork team = MakeLiveNetwork(server_, tag_);
    LiveOn(team);
    CallInVain(team.physician);
    const auto root = server::ReadRootKey(server_.config());
    canaries_.insert(std::string(root->bytes()));
    ExpectNoTraces("while it runs");

    // What would be found: an id, which is not secret.
    const auto group =
        GroupId::FromText(team.group.substr(team.group.rfind('/') + 1));
    ASSERT_TRUE(group.has_value());
    EXPECT_THAT(
        FindTraces({std::string(group->bytes())}, server_.config().data_dir()),
        Not(IsEmpty()));
    server_.Stop();
    ExpectNoTraces("after it stopped");
    server_.Start();
    ExpectNoTraces("after it was started again");
    server_.Stop();
  }
  std::ifstream errors(stderr_path, std::ios::binary);
  EXPECT_THAT(
      FindTraces(canaries_, "stderr",
                 std::string(std::istreambuf_iterator<char>(errors), {})),
      IsEmpty());
  EXPECT_GT(canaries_.size(), 60u);
  EXPECT_EQ(accepted_, WrittenFields())
      << "a field that people write needs a call here that writes it";
}

}  // namespace
}  // namespace renkei::testing
