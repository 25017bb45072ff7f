#include "tests/support/rpc_world.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/server_builder.h"
#include "storage/base/check.h"
#include "storage/crypto/hash.h"
#include "storage/crypto/random.h"
#include "tests/support/polling_threads.h"

namespace renkei::testing {
namespace {

rpc::MethodRules LoadRules() {
  auto rules = rpc::MethodRules::Load();
  CHECK_OK(rules.status());
  return *std::move(rules);
}

}  // namespace

RpcWorld::RpcWorld(World& world)
    : world_(world),
      log_([&world] { return world.now(); },
           [this](absl::string_view line) {
             MutexLock lock(mutex_);
             lines_.append(line.data(), line.size());
           }),
      rules_(LoadRules()),
      calls_(rules_, log_, PollingThreadsOfProcess(),
             [](const rpc::MethodRule&, grpc::StatusCode, absl::Duration) {}),
      workers_(1, 16) {
  calls_.Open(world.door());
}

RpcWorld::~RpcWorld() { Stop(); }

void RpcWorld::Stop() {
  if (server_ != nullptr) {
    server_->Shutdown();
    server_->Wait();
  }
}

std::string RpcWorld::log() const {
  MutexLock lock(mutex_);
  return lines_;
}

std::shared_ptr<grpc::Channel> RpcWorld::Serve(grpc::Service& service) {
  grpc::ServerBuilder builder;
  builder.RegisterService(&service);
  server_ = builder.BuildAndStart();
  return server_->InProcessChannel({});
}

std::unique_ptr<grpc::ClientContext> RpcWorld::As(const Actor& actor) {
  // The world's own token is no text; this one stands for the same session.
  const std::string text = actor.session.ToText();
  world_.Change([&](storage::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const auto token, tx.Get(storage::kTokens, {actor.token}));
    return tx.Put(storage::kTokens, {crypto::Sha256(text)}, token);
  });
  auto context = std::make_unique<grpc::ClientContext>();
  context->AddMetadata("authorization", absl::StrCat("Bearer ", text));
  return context;
}

std::string NewRequestId() {
  std::array<uint8_t, 16> bytes;
  crypto::FillRandom(absl::MakeSpan(bytes));
  bytes[6] = static_cast<uint8_t>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<uint8_t>((bytes[8] & 0x3F) | 0x80);
  const std::string hex = absl::BytesToHexString(absl::string_view(
      reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  return absl::StrCat(hex.substr(0, 8), "-", hex.substr(8, 4), "-",
                      hex.substr(12, 4), "-", hex.substr(16, 4), "-",
                      hex.substr(20));
}

std::string ReasonIn(const grpc::Status& status) {
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) {
    return "";
  }
  for (const auto& any : details.details()) {
    google::rpc::ErrorInfo found;
    if (any.UnpackTo(&found)) {
      return found.reason();
    }
  }
  return "";
}

}  // namespace renkei::testing
