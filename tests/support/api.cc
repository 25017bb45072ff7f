#include "tests/support/api.h"

#include <utility>

#include "absl/time/clock.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/server_builder.h"
#include "storage/base/check.h"

namespace renkei::testing {
namespace {

rpc::MethodRules LoadRules() {
  auto rules = rpc::MethodRules::Load();
  CHECK_OK(rules.status());
  return *std::move(rules);
}

}  // namespace

Api::Api(World& world)
    : log_([] { return absl::Now(); },
           [this](absl::string_view line) {
             MutexLock lock(mutex_);
             lines_.append(line.data(), line.size());
           }),
      rules_(LoadRules()),
      calls_(rules_, log_,
             [](const rpc::MethodRule&, grpc::StatusCode, absl::Duration) {}) {
  calls_.Open(world.door());
}

Api::~Api() {
  if (server_ != nullptr) {
    server_->Shutdown();
    server_->Wait();
  }
}

std::string Api::log() const {
  MutexLock lock(mutex_);
  return lines_;
}

void Api::Start(const std::vector<grpc::Service*>& services) {
  grpc::ServerBuilder builder;
  for (grpc::Service* service : services) {
    builder.RegisterService(service);
  }
  server_ = builder.BuildAndStart();
  CHECK(server_ != nullptr);
  channel_ = server_->InProcessChannel({});
}

std::string ReasonOf(const grpc::Status& status) {
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) {
    return "";
  }
  for (const google::protobuf::Any& detail : details.details()) {
    google::rpc::ErrorInfo error;
    if (detail.UnpackTo(&error)) {
      return error.reason();
    }
  }
  return "";
}

}  // namespace renkei::testing
