// The whole server on real sockets and a real disk, and people who sign in to
// it with both factors, through the public API and nothing else.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>

#include "google/protobuf/message.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "renkei/config/v1/config.pb.h"
#include "renkei/v1/directory.grpc.pb.h"
#include "renkei/v1/session.grpc.pb.h"
#include "server/server.h"
#include "storage/base/check.h"
#include "storage/base/log.h"
#include "storage/base/mutex.h"

namespace renkei::testing {

// Somebody with a full session.
struct Person {
  std::string name;         // networks/…/people/…
  std::string affiliation;  // …/affiliations/…; the first office has none
  std::string facility;     // networks/…/facilities/…
  std::string login;
  std::string password;
  std::string totp_secret;  // base32
  v1::Tokens tokens;
};

class LiveServer {
 public:
  // A folder of its own, which goes with it; nothing is in it yet.
  explicit LiveServer(const std::string& test_name);
  ~LiveServer();

  // Makes store, keys, the network chofu and its office; once.
  void Init(const std::string& network_name, const std::string& office_login);
  // Listens; unsealed.
  void Start();
  void StartSealed();
  // Closes the store cleanly.
  void Stop();

  const std::string& folder() const { return folder_; }
  const config::v1::ServerConfig& config() const { return config_; }
  // For the next start.
  config::v1::ServerConfig& mutable_config() { return config_; }
  server::Server& server() { return *server_; }
  // Everything that was logged so far.
  std::string log() const;
  // Waits until `text` was logged.
  void AwaitLog(absl::string_view text);

  // A channel of its own, as from another device.
  std::shared_ptr<grpc::Channel> Connect() const;
  // The same to the operator's socket.
  std::shared_ptr<grpc::Channel> ConnectAsOperator() const;

  // From now on the store may fail, which is a broken invariant otherwise.
  void AllowFences() { may_fence_ = true; }

  // Called with every request that was answered OK, and its answer.
  using Seen = std::function<void(const google::protobuf::Message& request,
                                  const google::protobuf::Message& response)>;
  void OnAccepted(Seen seen) { on_accepted_ = std::move(seen); }

  // Calls a method with these credentials, or none; fills in a request id.
  template <typename Stub, typename Request, typename Response>
  grpc::Status Try(const v1::Tokens& tokens,
                   grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                const Request&, Response*),
                   std::common_type_t<Request> request, Response& response) {
    GiveRequestId(request);
    grpc::ClientContext context;
    Authorize(context, tokens);
    Stub stub(channel_);
    const grpc::Status status = (stub.*method)(&context, request, &response);
    if (status.ok() && on_accepted_ != nullptr) {
      on_accepted_(request, response);
    }
    return status;
  }
  // The same, which must be answered OK.
  template <typename Stub, typename Request, typename Response>
  Response Call(const v1::Tokens& tokens,
                grpc::Status (Stub::*method)(grpc::ClientContext*,
                                             const Request&, Response*),
                const std::common_type_t<Request>& request) {
    Response response;
    const grpc::Status status = Try(tokens, method, request, response);
    Expect(status, Request::descriptor()->full_name());
    return response;
  }

  // Calls a method of renkei.v1 by its name, `Service/Method`.
  grpc::Status CallNamed(const std::string& method, const v1::Tokens& tokens,
                         const google::protobuf::Message& request);

  // ---- people ----
  // The network's office; once.
  Person EnrolOffice(const std::string& password);
  // From the one-time password to a full session, on a device of this name.
  Person Enrol(const std::string& login, const std::string& one_time_password,
               const std::string& password, const std::string& device_name);
  // `by` takes somebody on; as the office does for a new facility if `first`.
  struct NewPerson {
    std::string login;
    std::string display_name;
    std::string profession;
    std::string facility;
    std::string password;
    bool first = false;
  };
  Person AddPerson(const Person& by, const NewPerson& wanted);
  // Another session of the same person. REQUIRES: once a person; a code works
  // once, and the next one comes half a minute later.
  v1::Tokens SignInAgain(const Person& person, const std::string& device_id);
  // The code of the half minute after this one, which is taken already.
  static std::string NextTotpCode(const std::string& totp_secret);

  const std::string& network() const { return network_; }

  static void Authorize(grpc::ClientContext& context, const v1::Tokens& tokens);
  static void GiveRequestId(google::protobuf::Message& request);
  // Ends the process, saying what was answered, unless it was OK.
  static void Expect(const grpc::Status& status, const std::string& what);

 private:
  const std::string folder_;
  config::v1::ServerConfig config_;
  mutable Mutex mutex_;
  CondVar lines_changed_;
  std::string lines_ ABSL_GUARDED_BY(mutex_);
  Log log_;
  std::unique_ptr<server::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  Seen on_accepted_;
  std::atomic<bool> may_fence_{false};
  std::string office_login_;
  std::string network_;
};

}  // namespace renkei::testing
