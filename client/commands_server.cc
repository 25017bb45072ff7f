// server-info, status.
#include "client/command.h"
#include "client/describe.h"
#include "storage/base/status_macros.h"

namespace renkei::client {
namespace {

absl::Status ShowServer(Invocation& in) {
  ASSIGN_OR_RETURN(Client* const client, in.Connect());
  ASSIGN_OR_RETURN(const v1::ServerInfo answer,
                   client->CallPublic(&v1::AdminService::Stub::GetServerInfo,
                                      v1::GetServerInfoRequest()));
  return in.output().Show(answer, Describe(answer, in.PlainView()));
}

absl::Status ShowStatus(Invocation& in) {
  ASSIGN_OR_RETURN(
      const v1::ServerStatus answer,
      in.Call(&v1::AdminService::Stub::GetStatus, v1::GetStatusRequest()));
  return in.output().Show(answer, Describe(answer, in.PlainView()));
}

constexpr Command kCommands[] = {
    {"server-info",
     "",
     0,
     0,
     {"サーバーの版・制限・状態(サインイン不要)",
      "version, limits and state of the server; needs no sign-in"},
     {},
     ShowServer},
    {"status",
     "",
     0,
     0,
     {"サーバーの様子(事務局)", "how the server is doing; network office"},
     {},
     ShowStatus},
};

}  // namespace

absl::Span<const Command> ServerCommands() { return kCommands; }

}  // namespace renkei::client
