#include "client/audit/commands.h"

#include <optional>
#include <ostream>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "client/audit/checks.h"
#include "client/audit/files.h"
#include "client/audit/options.h"
#include "client/audit/proof.h"
#include "client/audit/show.h"
#include "client/audit/verify.h"
#include "client/audit/witness.h"

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
  const absl::StatusOr<std::string> text = !bytes.ok() ? bytes.status()
                                           : !key.ok() ? key.status()
                                                       : OpenNote(*bytes, *key);
  if (!text.ok()) {
    streams.err << "renkei-audit: " << text.status().message() << "\n";
    return kExitFault;
  }
  streams.out << *text;
  return kExitInOrder;
}

int RunVerify(const Arguments& arguments, Streams streams) {
  std::optional<std::string> key;
  std::vector<Evidence> files;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--key" && i + 1 < arguments.size()) {
      key = arguments[++i];
      continue;
    }
    absl::StatusOr<std::string> bytes = ReadFile(arguments[i]);
    if (!bytes.ok()) {
      return FailUsage(streams, bytes.status().message());
    }
    files.push_back({arguments[i], *std::move(bytes)});
  }
  if (files.empty()) {
    return FailUsage(streams, "verify needs an EXPORT");
  }
  const Verdict verdict = Verify(files, key);
  for (const std::string& fact : verdict.facts) {
    streams.out << fact << "\n";
  }
  for (const std::string& fault : verdict.faults) {
    streams.out << "FAULT " << fault << "\n";
  }
  if (verdict.more_faults != 0) {
    streams.out << "FAULT … and " << verdict.more_faults << " more\n";
  }
  streams.out << (verdict.faults.empty() ? "IN ORDER\n" : "NOT IN ORDER\n");
  return verdict.faults.empty() ? kExitInOrder : kExitFault;
}

int AnswerOf(const absl::Status& status, Streams streams) {
  return status.ok() ? kExitInOrder : FailUsage(streams, status.message());
}

int RunShow(const Arguments& arguments, Streams streams) {
  return AnswerOf(ShowEvents(arguments, streams.out), streams);
}

int RunFhir(const Arguments& arguments, Streams streams) {
  return AnswerOf(ShowFhir(arguments, streams.out), streams);
}

int RunReport(const Arguments& arguments, Streams streams) {
  return AnswerOf(Report(arguments, streams.out), streams);
}

int RunWitnessInit(const Arguments& arguments, Streams streams) {
  if (arguments.size() != 2) {
    return FailUsage(streams, "witness-init wants: FOLDER NAME");
  }
  const absl::StatusOr<std::string> key =
      MakeWitness(arguments[0], arguments[1]);
  if (!key.ok()) {
    return FailUsage(streams, key.status().message());
  }
  streams.out << *key << "\n";
  return kExitInOrder;
}

int RunWitness(const Arguments& arguments, Streams streams) {
  constexpr absl::string_view kWithValue[] = {"key", "proof"};
  const absl::StatusOr<Options> options =
      ParseOptions(arguments, kWithValue, {});
  if (!options.ok() || options->files.size() != 2) {
    return FailUsage(streams,
                     "witness wants: --key LOG_KEY [--proof FILE] FOLDER FILE");
  }
  WitnessRequest request{options->Get("key"), "", ""};
  absl::StatusOr<std::string> note = ReadFile(options->files[1]);
  absl::StatusOr<std::string> proof =
      options->Has("proof") ? ReadFile(options->Get("proof")) : "";
  if (!note.ok() || !proof.ok()) {
    return FailUsage(streams, "the checkpoint or the proof cannot be read");
  }
  request.note = *std::move(note);
  request.proof = *std::move(proof);
  const absl::StatusOr<std::string> cosigned =
      Cosign(options->files[0], request,
             static_cast<uint64_t>(absl::ToUnixSeconds(absl::Now())));
  if (!cosigned.ok()) {
    streams.err << "renkei-audit: " << cosigned.status().message() << "\n";
    return kExitFault;
  }
  streams.out << *cosigned;
  return kExitInOrder;
}

constexpr Command kCommands[] = {
    {"verify",
     "verify [--key VERIFIER_KEY] EXPORT… [CHECKPOINTS…]\n"
     "    Checks exported events against their checkpoint, and against every\n"
     "    older checkpoint and every other export given. Exits with 0 or 1.",
     RunVerify},
    {"show",
     "show [--patient ID] [--person ID] [--session ID] [--facility ID]\n"
     "     [--type TYPE] [--since TIME] [--until TIME] [--json|--csv] EXPORT…\n"
     "    Shows exported events, a row each. Verify them first.",
     RunShow},
    {"fhir",
     "fhir [the same filters] EXPORT…\n"
     "    Shows exported events as FHIR R4 AuditEvents (IHE BALP), one a line.",
     RunFhir},
    {"report",
     "report QUESTION [the same filters] [--threshold N] [--json|--csv] "
     "EXPORT…\n"
     "    Answers a question that auditors ask often; `report` alone lists "
     "them.",
     RunReport},
    {"witness-init",
     "witness-init FOLDER NAME\n"
     "    Makes a witness with a key of its own; prints its verifier key.",
     RunWitnessInit},
    {"witness",
     "witness --key LOG_KEY [--proof FILE] FOLDER CHECKPOINT\n"
     "    Cosigns a checkpoint that continues what this witness cosigned "
     "before,\n"
     "    by a consistency proof as `renkei audit consistency` prints it, and\n"
     "    remembers it. Exits with 1 for one that does not: keep both.",
     RunWitness},
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
