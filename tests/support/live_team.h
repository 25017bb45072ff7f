// People who sign in and work through the sockets of a whole server, as its
// clients do.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "grpcpp/channel.h"
#include "renkei/v1/message.pb.h"
#include "renkei/v1/sync.pb.h"
#include "storage/crypto/secret.h"

namespace renkei::testing {

struct LivePerson {
  std::string login;
  std::string name;  // in the API
  std::string facility;
  crypto::Secret totp;
  int64_t next_totp_step = 0;
  std::string access_token;
};

// An office, a physician and a nurse with an open patient group. What does not
// work as it should ends the test.
class LiveTeam {
 public:
  // Enrols everybody and opens the group; `office_password` is the one-time
  // password of the office.
  LiveTeam(std::shared_ptr<grpc::Channel> channel,
           const std::string& office_password);

  LivePerson& office() { return office_; }
  LivePerson& physician() { return physician_; }
  LivePerson& nurse() { return nurse_; }
  const std::string& group() const { return group_; }

  // From now on the calls go to another server.
  void MoveTo(std::shared_ptr<grpc::Channel> channel);
  // With password and the next code.
  void SignIn(LivePerson& person);

  // `method` is "SessionService/SignIn" and so on. The error's message is its
  // reason.
  absl::Status Try(const std::string& method,
                   const google::protobuf::Message& request,
                   const LivePerson& caller,
                   google::protobuf::Message& response) const;

  absl::StatusOr<v1::Message> Send(const LivePerson& author,
                                   const std::string& request_id,
                                   const std::string& body) const;
  // All of the group by their numbers.
  std::map<int64_t, v1::Message> ReadGroup(const LivePerson& reader) const;
  // The first frame of a stream from this cursor.
  v1::SyncFrame FirstFrame(const LivePerson& reader,
                           const std::string& cursor) const;

 private:
  template <typename Response>
  Response Ask(const std::string& method,
               const google::protobuf::Message& request,
               const LivePerson& caller) const;
  void Enrol(LivePerson& person, const std::string& one_time_password);
  // Creates a person of the facility and enrols it.
  LivePerson Employ(const LivePerson& by, const std::string& login,
                    const std::string& facility, const std::string& profession,
                    bool first_administrator);
  void OpenGroup();

  std::shared_ptr<grpc::Channel> channel_;
  LivePerson office_;
  LivePerson physician_;
  LivePerson nurse_;
  std::string group_;
};

}  // namespace renkei::testing
