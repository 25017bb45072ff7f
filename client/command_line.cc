#include "client/command_line.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/errors.h"
#include "client/exit_codes.h"
#include "client/field_path.h"
#include "client/help.h"
#include "client/log_watch.h"
#include "storage/base/status_macros.h"

namespace renkei::client {
namespace {

constexpr absl::string_view kDefaultProfile = "default";
constexpr absl::string_view kEnrolmentRequired = "ENROLMENT_REQUIRED";

const Command* FindCommand(const std::vector<Command>& commands,
                           absl::string_view name) {
  const auto found =
      std::find_if(commands.begin(), commands.end(),
                   [name](const Command& c) { return c.name == name; });
  return found == commands.end() ? nullptr : &*found;
}

// What `words` name and what is left for it. A name of two words goes before
// one of a single word.
struct Choice {
  const Command* command = nullptr;
  absl::Span<const std::string> rest;
};

Choice Choose(const std::vector<Command>& commands,
              absl::Span<const std::string> words) {
  if (words.size() >= 2) {
    const Command* command =
        FindCommand(commands, absl::StrCat(words[0], " ", words[1]));
    if (command != nullptr) {
      return {command, words.subspan(2)};
    }
  }
  if (!words.empty()) {
    return {FindCommand(commands, words[0]), words.subspan(1)};
  }
  return {};
}

absl::StatusOr<Arguments> ParseFor(const Command& command,
                                   absl::Span<const std::string> words) {
  std::vector<Option> options(SharedOptions().begin(), SharedOptions().end());
  options.insert(options.end(), command.options.begin(), command.options.end());
  return Arguments::Parse(words, options);
}

absl::Status CheckOperands(const Command& command, const Arguments& arguments) {
  const size_t count = arguments.operands().size();
  if (count < command.operands_min || count > command.operands_max) {
    return UsageError(absl::StrCat(
        "renkei ", command.name, " wants: ",
        command.operands.empty() ? "no arguments" : command.operands));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> FolderOf(const Environment& environment) {
  if (const std::string home = environment("RENKEI_HOME"); !home.empty()) {
    return home;
  }
  if (const std::string config = environment("XDG_CONFIG_HOME");
      !config.empty()) {
    return absl::StrCat(config, "/renkei");
  }
  if (const std::string home = environment("HOME"); !home.empty()) {
    return absl::StrCat(home, "/.config/renkei");
  }
  return UsageError("set RENKEI_HOME to the folder for sign-ins");
}

// What came of a command, and of the look at the audit log when it connected.
struct Outcome {
  absl::Status status;
  absl::Status log_check;
};

absl::StatusOr<Outcome> Run(const Command& command, const Arguments& arguments,
                            const Environment& environment, Output& output) {
  RETURN_IF_ERROR(CheckOperands(command, arguments));
  ASSIGN_OR_RETURN(const std::string folder, FolderOf(environment));
  const std::string profile = arguments.Has("profile")
                                  ? arguments.Get("profile")
                                  : std::string(kDefaultProfile);
  ASSIGN_OR_RETURN(SessionFile session_file,
                   SessionFile::Open(folder, profile));
  Invocation in(arguments, folder, session_file, output);
  Outcome outcome;
  outcome.status = command.run(in);
  outcome.log_check = in.log_check();
  return outcome;
}

// The alarm comes last, so that it is not scrolled away, and makes the exit
// code even of a command that worked.
int ReportLogCheck(const absl::Status& check, int exit_code, Language language,
                   std::ostream& err) {
  if (IsLogAlarm(check)) {
    err << "\n*** " << LogAlarmText().In(language) << "\n*** "
        << check.message() << "\n";
    return kExitLogAlarm;
  }
  if (!check.ok() && exit_code == kExitOk &&
      ReasonOf(check) != kEnrolmentRequired) {
    err << "renkei: "
        << Text{"監査証跡の連続性は確かめられませんでした: ",
                "the audit log could not be compared with before: "}
               .In(language)
        << check.message() << "\n";
  }
  return exit_code;
}

// The language has to be known before the options are understood.
Language LanguageOf(absl::Span<const std::string> words,
                    const Environment& environment) {
  std::string asked;
  for (size_t i = 0; i < words.size(); ++i) {
    if (absl::StartsWith(words[i], "--lang=")) {
      asked = words[i].substr(sizeof("--lang=") - 1);
    } else if (words[i] == "--lang" && i + 1 < words.size()) {
      asked = words[i + 1];
    }
  }
  return ChooseLanguage(asked, environment);
}

Output::Form FormOf(const Arguments& arguments) {
  if (arguments.Has("field")) {
    return Output::Form::kField;
  }
  return arguments.Has("json") ? Output::Form::kJson : Output::Form::kHuman;
}

int Report(const absl::Status& status, bool as_json, Language language,
           std::ostream& err) {
  if (!status.ok()) {
    err << (as_json ? ToJson(DetailsOf(status))
                    : absl::StrCat("renkei: ", Explain(status, language)))
        << '\n';
  }
  return ExitCodeOf(status);
}

}  // namespace

std::vector<Command> AllCommands() {
  std::vector<Command> commands;
  for (const auto& area :
       {SessionCommands(), CredentialCommands(), DirectoryCommands(),
        PeopleCommands(), RoleCommands(), PatientCommands(), GroupCommands(),
        MemberCommands(), MessageCommands(), ReceiptCommands(), WatchCommands(),
        AuditCommands(), AuditDisclosureCommands(), AuditProofCommands(),
        AuditReportCommands(), ServerCommands()}) {
    commands.insert(commands.end(), area.begin(), area.end());
  }
  return commands;
}

int RunCommandLine(absl::Span<const std::string> words,
                   const Environment& environment, std::ostream& out,
                   std::ostream& err) {
  const Language language = LanguageOf(words, environment);
  const std::vector<Command> commands = AllCommands();
  const Choice choice = Choose(commands, words);
  if (choice.command == nullptr) {
    const bool asked =
        !words.empty() && (words[0] == "--help" || words[0] == "help");
    (asked ? out : err) << Overview(commands, language);
    return asked ? kExitOk : kExitUsage;
  }
  const absl::StatusOr<Arguments> arguments =
      ParseFor(*choice.command, choice.rest);
  if (!arguments.ok()) {
    err << HelpOn(*choice.command, language);
    return Report(arguments.status(), false, language, err);
  }
  if (arguments->Has("help")) {
    out << HelpOn(*choice.command, language);
    return kExitOk;
  }
  Output output(out, language, FormOf(*arguments), arguments->Get("field"));
  const absl::StatusOr<Outcome> outcome =
      Run(*choice.command, *arguments, environment, output);
  const bool as_json = arguments->Has("json");
  return outcome.ok()
             ? ReportLogCheck(outcome->log_check,
                              Report(outcome->status, as_json, language, err),
                              language, err)
             : Report(outcome.status(), as_json, language, err);
}

}  // namespace renkei::client
