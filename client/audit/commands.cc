#include "client/audit/commands.h"

#include <ostream>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/audit/checks.h"
#include "client/audit/files.h"
#include "client/audit/proof.h"

namespace renkei::audit {
namespace {

struct Streams {
  std::ostream& out;
  std::ostream& err;
};
using Arguments = std::vector<std::string>;

struct Command {
  const char* name;
  const char* usage;
  int (*run)(const Arguments& arguments, Streams streams);
};

int FailUsage(const Streams& streams, absl::string_view why) {
  streams.err << "renkei-audit: " << why << "\n";
  return kExitUsage;
}

int RunProofCheck(const Arguments& arguments, Streams streams) {
  if (arguments.size() != 1) {
    return FailUsage(streams, "proof-check takes one FILE");
  }
  const absl::StatusOr<std::string> text = ReadFile(arguments[0]);
  if (!text.ok()) {
    return FailUsage(streams, text.status().message());
  }
  streams.out << AnswerProofLines(*text);
  return kExitInOrder;
}

int RunNoteCheck(const Arguments& arguments, Streams streams) {
  std::string key_text;
  std::string path;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--key" && i + 1 < arguments.size()) {
      key_text = arguments[++i];
    } else {
      path = arguments[i];
    }
  }
  if (key_text.empty() || path.empty()) {
    return FailUsage(streams, "note-check needs --key VERIFIER_KEY and a FILE");
  }
  const absl::StatusOr<std::string> bytes = ReadFile(path);
  const absl::StatusOr<VerifierKey> key = ParseVerifierKey(key_text);
  const absl::StatusOr<std::string> text =
      !bytes.ok() ? bytes.status()
      : !key.ok() ? key.status()
                  : OpenNote(*bytes, *key);
  if (!text.ok()) {
    streams.err << "renkei-audit: " << text.status().message() << "\n";
    return kExitFault;
  }
  streams.out << *text;
  return kExitInOrder;
}

constexpr Command kCommands[] = {
    {"proof-check",
     "proof-check FILE\n"
     "    Checks Merkle proofs, one JSON object a line, and answers each with\n"
     "    {\"ok\":true|false,\"why\":\"…\"}. Exits with 0 when every line was "
     "answered.",
     RunProofCheck},
    {"note-check",
     "note-check --key VERIFIER_KEY FILE\n"
     "    Checks a signed note and prints its text. Exits with 0 or 1.",
     RunNoteCheck},
};

int ShowUsage(std::ostream& to, int code) {
  to << "Usage: renkei-audit COMMAND …, without a network.\n";
  for (const Command& command : kCommands) {
    to << "\n  " << command.usage << "\n";
  }
  to << "\nA FILE named - is standard input. docs/AUDITING.md shows each.\n";
  return code;
}

}  // namespace

int RunCommand(const std::vector<std::string>& arguments, std::ostream& out,
               std::ostream& err) {
  if (arguments.empty()) {
    return ShowUsage(err, kExitUsage);
  }
  if (arguments[0] == "help" || arguments[0] == "--help") {
    return ShowUsage(out, kExitInOrder);
  }
  for (const Command& command : kCommands) {
    if (arguments[0] == command.name) {
      return command.run(Arguments(arguments.begin() + 1, arguments.end()),
                         {out, err});
    }
  }
  return ShowUsage(err, kExitUsage);
}

}  // namespace renkei::audit
