#include "tests/support/live_server.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "server/config.h"
#include "server/init.h"
#include "storage/crypto/totp.h"
#include "tests/support/polling_threads.h"
#include "tests/support/rpc_world.h"

namespace renkei::testing {
namespace {

using Sessions = v1::SessionService::Stub;
using Directory = v1::DirectoryService::Stub;

std::string FreshFolder(const std::string& test_name) {
  const std::string folder =
      absl::StrCat(::testing::TempDir(), "/renkei-", test_name, "-", getpid());
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

// RFC 4648, as an authenticator app reads what was typed in.
crypto::Secret SecretOf(const std::string& base32) {
  std::string bytes;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : base32) {
    bits = (bits << 5) |
           static_cast<uint32_t>(c <= '7' && c >= '2' ? c - '2' + 26 : c - 'A');
    count += 5;
    if (count >= 8) {
      count -= 8;
      bytes.push_back(static_cast<char>((bits >> count) & 0xFF));
    }
  }
  return crypto::Secret::CopyOf(bytes);
}

std::shared_ptr<grpc::Channel> ChannelTo(const std::string& socket) {
  grpc::ChannelArguments arguments;
  // Without it gRPC gives channels to one address one connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(
      "unix:" + socket, grpc::InsecureChannelCredentials(), arguments);
}

std::string FirstLineOf(const std::string& path) {
  std::string line;
  std::ifstream file(path);
  std::getline(file, line);
  return line;
}

}  // namespace

LiveServer::LiveServer(const std::string& test_name)
    : folder_(FreshFolder(test_name)),
      log_([] { return absl::Now(); },
           [this](absl::string_view line) {
             MutexLock lock(mutex_);
             lines_.append(line.data(), line.size());
             lines_changed_.NotifyAll();
           }) {
  std::ofstream(folder_ + "/server.textproto") << R"(
      data_dir: "messages" key_dir: "keys" audit_mark_file: "audit_mark"
      socket_path: "api.sock" operator_socket_path: "operator.sock" root_key_file: "root.key"
      limits { free_space_low_water_bytes: 1048576 disk_reserve_bytes: 65536 }
      development_mode: true test_password_hashing { memory_kib: 8 passes: 1 })";
  auto config = server::LoadConfig(folder_ + "/server.textproto");
  CHECK_OK(config.status());
  config_ = *std::move(config);
}

LiveServer::~LiveServer() {
  Stop();
  std::filesystem::remove_all(folder_);
}

void LiveServer::Init(const std::string& network_name,
                      const std::string& office_login) {
  office_login_ = office_login;
  CHECK_OK(server::Init(config_, {"chofu", network_name, office_login,
                                  folder_ + "/password", ""}));
}

void LiveServer::StartSealed() {
  auto started = server::Server::Start(config_, log_, PollingThreadsOfProcess(),
                                       [this](const absl::Status&) {
                                         if (!may_fence_) {
                                           std::abort();
                                         }
                                       });
  CHECK_OK(started.status());
  server_ = *std::move(started);
  channel_ = Connect();
}

void LiveServer::Start() {
  StartSealed();
  CHECK_OK(server_->Unseal(*server::ReadRootKey(config_)));
}

void LiveServer::Stop() {
  channel_.reset();
  server_.reset();
}

std::string LiveServer::log() const {
  MutexLock lock(mutex_);
  return lines_;
}

void LiveServer::AwaitLog(absl::string_view text) {
  MutexLock lock(mutex_);
  while (!absl::StrContains(lines_, text)) {
    lines_changed_.Wait(mutex_);
  }
}

std::shared_ptr<grpc::Channel> LiveServer::Connect() const {
  return ChannelTo(config_.socket_path());
}

std::shared_ptr<grpc::Channel> LiveServer::ConnectAsOperator() const {
  return ChannelTo(config_.operator_socket_path());
}

grpc::Status LiveServer::CallNamed(const std::string& method,
                                   const v1::Tokens& tokens,
                                   const google::protobuf::Message& request) {
  grpc::GenericStub stub(channel_);
  grpc::ClientContext context;
  Authorize(context, tokens);
  const grpc::Slice bytes(request.SerializePartialAsString());
  grpc::ByteBuffer sent(&bytes, 1);
  grpc::ByteBuffer answer;
  std::promise<grpc::Status> done;
  stub.UnaryCall(
      &context, absl::StrCat("/renkei.v1.", method), {}, &sent, &answer,
      [&done](grpc::Status status) { done.set_value(std::move(status)); });
  return done.get_future().get();
}

void LiveServer::Authorize(grpc::ClientContext& context,
                           const v1::Tokens& tokens) {
  if (!tokens.access_token().empty()) {
    context.AddMetadata("authorization",
                        absl::StrCat("Bearer ", tokens.access_token()));
  }
}

void LiveServer::GiveRequestId(google::protobuf::Message& request) {
  const auto* field = request.GetDescriptor()->FindFieldByName("request_id");
  if (field != nullptr &&
      request.GetReflection()->GetString(request, field).empty()) {
    request.GetReflection()->SetString(&request, field, NewRequestId());
  }
}

void LiveServer::Expect(const grpc::Status& status, const std::string& what) {
  if (!status.ok()) {
    std::printf("%s: %d %s: %s\n", what.c_str(), status.error_code(),
                ReasonIn(status).c_str(), status.error_message().c_str());
    std::fflush(stdout);
    std::abort();
  }
}

Person LiveServer::EnrolOffice(const std::string& password) {
  return Enrol(office_login_, FirstLineOf(folder_ + "/password"), password,
               absl::StrCat(office_login_, "の机"));
}

Person LiveServer::Enrol(const std::string& login,
                         const std::string& one_time_password,
                         const std::string& password,
                         const std::string& device_name) {
  v1::SignInRequest sign_in;
  sign_in.set_network_code("chofu");
  sign_in.set_login(login);
  sign_in.set_password(one_time_password);
  sign_in.set_device_id(absl::StrCat("device-", login));
  sign_in.set_device_name(device_name);
  Person person;
  person.login = login;
  person.password = password;
  person.tokens = Call({}, &Sessions::SignIn, sign_in).enrolment();
  v1::ChangePasswordRequest change;
  change.set_current_password(one_time_password);
  change.set_new_password(password);
  Call(person.tokens, &Sessions::ChangePassword, change);
  v1::EnrolTotpRequest enrol;
  enrol.set_current_password(password);
  person.totp_secret =
      Call(person.tokens, &Sessions::EnrolTotp, enrol).secret();
  v1::ConfirmTotpRequest confirm;
  confirm.set_totp_code(crypto::TotpCode(SecretOf(person.totp_secret),
                                         crypto::TotpStepAt(absl::Now())));
  Call(person.tokens, &Sessions::ConfirmTotp, confirm);
  const v1::CurrentPerson self =
      Call(person.tokens, &Sessions::GetCurrentPerson, {});
  person.name = self.person().name();
  if (self.person().affiliations_size() > 0) {
    person.affiliation = self.person().affiliations(0).name();
    person.facility = self.person().affiliations(0).facility();
  }
  network_ = person.name.substr(0, person.name.find("/people/"));
  return person;
}

Person LiveServer::AddPerson(const Person& by, const NewPerson& wanted) {
  v1::CreatePersonRequest create;
  create.set_parent(network_);
  create.mutable_person()->set_login(wanted.login);
  v1::HumanName& name = *create.mutable_person()->mutable_human_name();
  name.set_text(wanted.display_name);
  name.set_reading(absl::StrCat("よみ", wanted.display_name));
  create.mutable_affiliation()->set_facility(wanted.facility);
  create.mutable_affiliation()->set_profession(wanted.profession);
  create.set_first_administrator(wanted.first);
  const v1::CreatePersonResponse created =
      Call(by.tokens, &Directory::CreatePerson, create);
  return Enrol(wanted.login, created.one_time_password(), wanted.password,
               absl::StrCat(wanted.display_name, "のタブレット"));
}

v1::Tokens LiveServer::SignInAgain(const Person& person,
                                   const std::string& device_id) {
  v1::SignInRequest sign_in;
  sign_in.set_network_code("chofu");
  sign_in.set_login(person.login);
  sign_in.set_password(person.password);
  sign_in.set_device_id(device_id);
  sign_in.set_device_name(device_id);
  v1::VerifySecondFactorRequest second;
  second.set_ticket(
      Call({}, &Sessions::SignIn, sign_in).second_factor().ticket());
  // A code of the enrolment's own half minute is used up.
  second.set_totp_code(NextTotpCode(person.totp_secret));
  second.set_device_id(device_id);
  second.set_device_name(device_id);
  return Call({}, &Sessions::VerifySecondFactor, second);
}

std::string LiveServer::NextTotpCode(const std::string& totp_secret) {
  return crypto::TotpCode(SecretOf(totp_secret),
                          crypto::TotpStepAt(absl::Now()) + 1);
}

}  // namespace renkei::testing
