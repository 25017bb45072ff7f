#include "tests/support/live_team.h"

#include <algorithm>
#include <future>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "absl/time/clock.h"
#include "google/protobuf/text_format.h"
#include "grpcpp/generic/generic_stub.h"
#include "renkei/v1/directory.pb.h"
#include "renkei/v1/group.pb.h"
#include "renkei/v1/session.pb.h"
#include "renkei/v1/sync.grpc.pb.h"
#include "storage/base/check.h"
#include "storage/crypto/totp.h"
#include "tests/support/rpc_world.h"

namespace renkei::testing {
namespace {

constexpr char kPassword[] = "asagao-to-himawari-8";

// A request from its text form.
template <typename Request>
Request Text(const std::string& text) {
  Request request;
  CHECK(google::protobuf::TextFormat::ParseFromString(text, &request));
  return request;
}

crypto::Secret FromBase32(const std::string& text) {
  std::string bytes;
  uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    bits = bits << 5 | static_cast<uint32_t>(c >= 'A' ? c - 'A' : c - '2' + 26);
    held += 5;
    if (held >= 8) {
      held -= 8;
      bytes.push_back(static_cast<char>(bits >> held));
      bits &= (1u << held) - 1;
    }
  }
  return crypto::Secret::CopyOf(bytes);
}

// Up to three codes are good at once: of the step before, this one and the
// next.
std::string NextCode(LivePerson& person) {
  person.next_totp_step =
      std::max(person.next_totp_step, crypto::TotpStepAt(absl::Now()) - 1);
  return crypto::TotpCode(person.totp, person.next_totp_step++);
}

std::string NetworkOf(const LivePerson& person) {
  return person.name.substr(0, person.name.find("/people/"));
}

void Authorize(const LivePerson& caller, grpc::ClientContext& context) {
  if (!caller.access_token.empty()) {
    context.AddMetadata("authorization",
                        absl::StrCat("Bearer ", caller.access_token));
  }
}

}  // namespace

LiveTeam::LiveTeam(std::shared_ptr<grpc::Channel> channel,
                   const std::string& office_password)
    : channel_(std::move(channel)) {
  office_.login = "office";
  Enrol(office_, office_password);
  const auto clinic =
      Ask<v1::Facility>("DirectoryService/CreateFacility",
                        Text<v1::CreateFacilityRequest>(absl::Substitute(
                            R"(parent: "$0" request_id: "$1" facility {
               display_name: "けやき在宅クリニック" kind: KIND_CLINIC })",
                            NetworkOf(office_), NewRequestId())),
                        office_);
  physician_ = Employ(office_, "physician", clinic.name(), "physician", true);
  nurse_ = Employ(physician_, "nurse", clinic.name(), "visiting_nurse", false);
  OpenGroup();
}

void LiveTeam::MoveTo(std::shared_ptr<grpc::Channel> channel) {
  channel_ = std::move(channel);
}

absl::Status LiveTeam::Try(const std::string& method,
                           const google::protobuf::Message& request,
                           const LivePerson& caller,
                           google::protobuf::Message& response) const {
  grpc::GenericStub stub(channel_);
  grpc::ClientContext context;
  Authorize(caller, context);
  const grpc::Slice sent(request.SerializeAsString());
  grpc::ByteBuffer bytes(&sent, 1);
  grpc::ByteBuffer answer;
  std::promise<grpc::Status> done;
  stub.UnaryCall(
      &context, absl::StrCat("/renkei.v1.", method), {}, &bytes, &answer,
      [&done](grpc::Status status) { done.set_value(std::move(status)); });
  const grpc::Status status = done.get_future().get();
  if (!status.ok()) {
    return absl::Status(
        static_cast<absl::StatusCode>(status.error_code()),
        absl::StrCat(ReasonIn(status), ": ", status.error_message()));
  }
  std::vector<grpc::Slice> slices;
  CHECK(answer.Dump(&slices).ok());
  std::string received;
  for (const grpc::Slice& slice : slices) {
    received.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  CHECK(response.ParseFromString(received));
  return absl::OkStatus();
}

template <typename Response>
Response LiveTeam::Ask(const std::string& method,
                       const google::protobuf::Message& request,
                       const LivePerson& caller) const {
  Response response;
  CHECK_OK(Try(method, request, caller, response));
  return response;
}

void LiveTeam::Enrol(LivePerson& person, const std::string& one_time_password) {
  person.access_token =
      Ask<v1::SignInResponse>(
          "SessionService/SignIn",
          Text<v1::SignInRequest>(absl::Substitute(
              R"(network_code: "chofu" login: "$0" password: "$1"
                 device_id: "tablet-$0" device_name: "tablet")",
              person.login, one_time_password)),
          {})
          .enrolment()
          .access_token();
  Ask<v1::ChangePasswordResponse>(
      "SessionService/ChangePassword",
      Text<v1::ChangePasswordRequest>(
          absl::Substitute(R"(current_password: "$0" new_password: "$1")",
                           one_time_password, kPassword)),
      person);
  person.totp = FromBase32(
      Ask<v1::EnrolTotpResponse>("SessionService/EnrolTotp",
                                 Text<v1::EnrolTotpRequest>(absl::Substitute(
                                     R"(current_password: "$0")", kPassword)),
                                 person)
          .secret());
  Ask<v1::ConfirmTotpResponse>("SessionService/ConfirmTotp",
                               Text<v1::ConfirmTotpRequest>(absl::Substitute(
                                   R"(totp_code: "$0")", NextCode(person))),
                               person);
  person.name = Ask<v1::CurrentPerson>("SessionService/GetCurrentPerson",
                                       v1::GetCurrentPersonRequest(), person)
                    .person()
                    .name();
}

void LiveTeam::SignIn(LivePerson& person) {
  const auto next = Ask<v1::SignInResponse>(
      "SessionService/SignIn",
      Text<v1::SignInRequest>(absl::Substitute(
          R"(network_code: "chofu" login: "$0" password: "$1"
             device_id: "tablet-$0" device_name: "tablet")",
          person.login, kPassword)),
      {});
  person.access_token =
      Ask<v1::Tokens>(
          "SessionService/VerifySecondFactor",
          Text<v1::VerifySecondFactorRequest>(absl::Substitute(
              R"(ticket: "$0" totp_code: "$1" device_id: "tablet-$2"
                 device_name: "tablet")",
              next.second_factor().ticket(), NextCode(person), person.login)),
          {})
          .access_token();
}

LivePerson LiveTeam::Employ(const LivePerson& by, const std::string& login,
                            const std::string& facility,
                            const std::string& profession,
                            bool first_administrator) {
  const auto created = Ask<v1::CreatePersonResponse>(
      "DirectoryService/CreatePerson",
      Text<v1::CreatePersonRequest>(absl::Substitute(
          R"(parent: "$0" first_administrator: $1
             person { login: "$2" human_name { text: "$2" reading: "$2" } }
             affiliation { facility: "$3" profession: "$4" })",
          NetworkOf(by), first_administrator, login, facility, profession)),
      by);
  LivePerson person;
  person.login = login;
  person.facility = facility;
  Enrol(person, created.one_time_password());
  return person;
}

void LiveTeam::OpenGroup() {
  const std::string network = NetworkOf(physician_);
  const std::string& facility = physician_.facility;
  const auto patient = Ask<v1::CreatePatientResponse>(
      "DirectoryService/CreatePatient",
      Text<v1::CreatePatientRequest>(absl::Substitute(
          R"(parent: "$0" facility: "$1" request_id: "$2" patient {
               insured_number: "1329999001" birth_date: "1941-03-12"
               human_name { text: "神代 ハナ" reading: "じんだい はな" } })",
          network, facility, NewRequestId())),
      physician_);
  group_ = Ask<v1::Group>("GroupService/CreateGroup",
                          Text<v1::CreateGroupRequest>(absl::Substitute(
                              R"(parent: "$0" request_id: "$1" group {
                        kind: KIND_PATIENT patient: "$2"
                        hosting_facility: "$3" })",
                              network, NewRequestId(), patient.patient().name(),
                              facility)),
                          physician_)
               .name();
  Ask<v1::Consent>("GroupService/RecordConsent",
                   Text<v1::RecordConsentRequest>(absl::Substitute(
                       R"(parent: "$0" request_id: "$1" consent {
                            form_version: "3" signer: "神代 ハナ"
                            relation: RELATION_SELF sign_date: "2026-03-31"
                            paper_location: "連携室" })",
                       group_, NewRequestId())),
                   physician_);
  const auto invitation =
      Ask<v1::Invitation>("GroupService/InviteMember",
                          Text<v1::InviteMemberRequest>(absl::Substitute(
                              R"(parent: "$0" request_id: "$1" invitation {
               invitee: "$2" history: HISTORY_VISIBILITY_ALL })",
                              group_, NewRequestId(), nurse_.name)),
                          physician_);
  Ask<v1::Member>(
      "GroupService/AcceptInvitation",
      Text<v1::AcceptInvitationRequest>(absl::Substitute(
          R"(name: "$0" request_id: "$1")", invitation.name(), NewRequestId())),
      nurse_);
}

absl::StatusOr<v1::Message> LiveTeam::Send(const LivePerson& author,
                                           const std::string& request_id,
                                           const std::string& body) const {
  v1::SendMessageRequest request;
  request.set_parent(group_);
  request.set_lane(v1::LANE_PROFESSIONAL);
  request.set_category(v1::CATEGORY_DAILY_CARE);
  request.set_body(body);
  request.set_request_id(request_id);
  v1::SendMessageResponse response;
  const absl::Status sent =
      Try("MessageService/SendMessage", request, author, response);
  if (!sent.ok()) {
    return sent;
  }
  return response.message();
}

std::map<int64_t, v1::Message> LiveTeam::ReadGroup(
    const LivePerson& reader) const {
  std::map<int64_t, v1::Message> messages;
  v1::ListMessagesRequest request;
  request.set_parent(group_);
  request.set_lane(v1::LANE_PROFESSIONAL);
  request.set_page_size(200);
  do {
    const auto page = Ask<v1::ListMessagesResponse>(
        "MessageService/ListMessages", request, reader);
    for (const v1::Message& message : page.messages()) {
      messages[message.sequence()] = message;
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return messages;
}

v1::SyncFrame LiveTeam::FirstFrame(const LivePerson& reader,
                                   const std::string& cursor) const {
  const auto stub = v1::SyncService::NewStub(channel_);
  grpc::ClientContext context;
  Authorize(reader, context);
  v1::SyncRequest request;
  request.set_cursor(cursor);
  const auto stream = stub->Sync(&context, request);
  v1::SyncFrame frame;
  CHECK(stream->Read(&frame));
  context.TryCancel();
  return frame;
}

}  // namespace renkei::testing
