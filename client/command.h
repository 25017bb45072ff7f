// What the subcommands of `renkei` are made of.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "client/arguments.h"
#include "client/checkpoint_file.h"
#include "client/client.h"
#include "client/language.h"
#include "client/output.h"
#include "client/session_file.h"

namespace renkei::client {

// How names and times are written for the person at the terminal.
struct View {
  Language language;
  absl::TimeZone time_zone;
  // Profession code to its name in `language`; codes that are missing are
  // shown as they are.
  std::map<std::string, std::string> professions;
};

// One run of one subcommand: what was typed, the profile, the connection.
class Invocation {
 public:
  // All must outlive the invocation. `folder` is where sign-ins are kept, and
  // what was seen of audit logs.
  Invocation(const Arguments& arguments, std::string folder,
             SessionFile& session_file, Output& output)
      : arguments_(arguments),
        folder_(std::move(folder)),
        session_file_(session_file),
        output_(output) {}

  const Arguments& arguments() const { return arguments_; }
  SessionFile& session_file() { return session_file_; }
  Output& output() { return output_; }
  // The n-th operand; the table of commands has checked that it is there.
  const std::string& operand(size_t n) const {
    return arguments_.operands()[n];
  }

  // The profile with what the options of this run say instead.
  absl::StatusOr<Profile> CurrentProfile() const;

  // The client of the current profile; connects at the first call, and then
  // compares the network's audit log with what was seen of it before.
  absl::StatusOr<Client*> Connect();

  // What CheckLog said at connect; OK before.
  const absl::Status& log_check() const { return log_check_; }

  // Where the last checkpoint of the network is kept.
  absl::StatusOr<CheckpointFile> SeenLog() const;

  // The network of whoever is signed in.
  absl::StatusOr<std::string> Network() const;

  // Calls a method as the signed-in person, with --request-id if it was given.
  // UNAUTHENTICATED, without a connection, if nobody is signed in.
  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> Call(
      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                   Response*),
      Request request) {
    if (const auto tokens = session_file_.Load(); !tokens.ok()) {
      return tokens.status();
    }
    absl::StatusOr<Client*> client = Connect();
    if (!client.ok()) {
      return client.status();
    }
    SetRequestId(request);
    return (*client)->Call(method, std::move(request));
  }

  // How this run shows times and names; profession codes stay codes.
  View PlainView() const;

  // The same with the names of professions, for which it asks the server if
  // the output is for people. Without an answer codes are shown.
  View NamingView();

  // The names of professions by code, in `language`; empty without an answer.
  std::map<std::string, std::string> ProfessionNames(Language language);

 private:
  void SetRequestId(google::protobuf::Message& request) const;

  const Arguments& arguments_;
  const std::string folder_;
  SessionFile& session_file_;
  Output& output_;
  std::unique_ptr<Client> client_;
  absl::Status log_check_;
};

// One row of the table of subcommands.
struct Command {
  absl::string_view name;      // One or two words.
  absl::string_view operands;  // As in the usage line.
  size_t operands_min;
  size_t operands_max;
  Text summary;
  absl::Span<const Option> options;
  absl::Status (*run)(Invocation& in);
};

// The table of subcommands, by area; each in its own commands_*.cc.
absl::Span<const Command> SessionCommands();
absl::Span<const Command> CredentialCommands();
absl::Span<const Command> DirectoryCommands();
absl::Span<const Command> PeopleCommands();
absl::Span<const Command> RoleCommands();
absl::Span<const Command> PatientCommands();
absl::Span<const Command> GroupCommands();
absl::Span<const Command> MemberCommands();
absl::Span<const Command> MessageCommands();
absl::Span<const Command> ReceiptCommands();
absl::Span<const Command> WatchCommands();
absl::Span<const Command> AuditCommands();
absl::Span<const Command> AuditDisclosureCommands();
absl::Span<const Command> AuditProofCommands();
absl::Span<const Command> AuditReportCommands();
absl::Span<const Command> ServerCommands();

// The options that every subcommand takes.
absl::Span<const Option> SharedOptions();

// Gives a request of a List method the --page-size and --page-token.
inline constexpr Option kPageSize = {
    "page-size",
    "N",
    {"1ページの件数(最大200)", "items on a page, at most 200"}};
inline constexpr Option kPageToken = {
    "page-token",
    "TOKEN",
    {"前の答えの next_page_token", "next_page_token of the page before"}};

template <typename Request>
absl::Status SetPage(const Arguments& arguments, Request& request) {
  const absl::StatusOr<int> size = arguments.Number("page-size", 0);
  if (!size.ok()) {
    return size.status();
  }
  request.set_page_size(*size);
  request.set_page_token(arguments.Get("page-token"));
  return absl::OkStatus();
}

}  // namespace renkei::client
