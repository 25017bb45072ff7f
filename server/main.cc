// renkeid: the server, and what its operator does with it.
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "server/config.h"
#include "server/init.h"
#include "server/operate.h"
#include "server/restore.h"
#include "server/rpc/polling_threads.h"
#include "server/server.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/root_key.h"

namespace renkei::server {
namespace {

constexpr char kHelp[] =
    R"(renkeid: the Renkei server / 連携サーバー

  renkeid init --config FILE --network-code CODE --network-name NAME --office-login LOGIN
               --password-out FILE [--root-key-out FILE]
      Makes store, keys and one network, once. / 保存領域・鍵・ネットワークを最初に一度だけ作ります。
  renkeid serve --config FILE
      Serves until SIGTERM. Starts sealed unless the configuration names a root key.
      / SIGTERM まで動きます。設定にルート鍵がなければ封印されたまま起動します。
  renkeid unseal --config FILE [--key-file FILE]
      Unseals a running server: with the key file, or with the passphrase, read from standard input.
      / 動いているサーバーの封印を、鍵ファイルまたは標準入力のパスフレーズで解きます。
  renkeid backup --config FILE DIR
      Writes an encrypted backup of the running server into a new file in DIR.
      / 動いているサーバーの暗号化した控えを、DIR の新しいファイルに書きます。
  renkeid restore --config FILE [--key-file FILE] DIR|FILE
      Puts the backup, or the newest one in DIR, back where nothing is; the server must be stopped. The root key comes
      from where serve takes it, or from the key file; a passphrase is read from standard input.
      / 止めたサーバーの空の保存先に、控え(DIR ならその中の最新)を戻します。

Exit codes / 終了コード: 0 done, 1 failed, 2 usage, 70 the store failed while serving.
)";

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;
constexpr int kExitFenced = 70;
// A send may wait twice as long when the thread that polls is held up; shorter,
// and the one that rests is woken more often on a busy server.
constexpr absl::Duration kPollingPatience = absl::Milliseconds(2);

struct Arguments {
  std::string command;
  std::map<std::string, std::string> flags;
  std::vector<std::string> places;
};

absl::StatusOr<Arguments> ParseArguments(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (!absl::StartsWith(word, "--")) {
      (arguments.command.empty() ? arguments.command
                                 : arguments.places.emplace_back()) = word;
    } else if (i + 1 < argc) {
      arguments.flags[word.substr(2)] = argv[++i];
    } else {
      return absl::InvalidArgumentError(absl::StrCat(word, ": wants a value"));
    }
  }
  return arguments;
}

absl::Status CheckFlags(const Arguments& arguments,
                        const std::vector<std::string>& known, size_t places) {
  for (const auto& [name, value] : arguments.flags) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return absl::InvalidArgumentError(absl::StrCat("--", name, ": unknown"));
    }
  }
  return arguments.places.size() == places
             ? absl::OkStatus()
             : absl::InvalidArgumentError("wrong number of arguments");
}

std::string FlagOf(const Arguments& arguments, const std::string& name) {
  const auto found = arguments.flags.find(name);
  return found == arguments.flags.end() ? "" : found->second;
}

absl::Status RunInit(const Arguments& arguments,
                     const config::v1::ServerConfig& config) {
  RETURN_IF_ERROR(CheckFlags(arguments,
                             {"config", "network-code", "network-name",
                              "office-login", "password-out", "root-key-out"},
                             0));
  return Init(
      config,
      {FlagOf(arguments, "network-code"), FlagOf(arguments, "network-name"),
       FlagOf(arguments, "office-login"), FlagOf(arguments, "password-out"),
       FlagOf(arguments, "root-key-out")});
}

absl::Status RunServe(const Arguments& arguments,
                      const config::v1::ServerConfig& config) {
  RETURN_IF_ERROR(CheckFlags(arguments, {"config"}, 0));
  // Blocked before any thread begins, so that only the wait below takes them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  Log log([] { return absl::Now(); },
          [](absl::string_view line) {
            std::fwrite(line.data(), 1, line.size(), stderr);
          });
  rpc::PollingThreads polling_threads(
      std::max(1U, std::thread::hardware_concurrency() / 2), kPollingPatience);
  ASSIGN_OR_RETURN(
      const std::unique_ptr<Server> server,
      Server::Start(config, log, polling_threads, [](const absl::Status&) {
        // No destructor may touch the store again.
        _exit(kExitFenced);
      }));
  const absl::StatusOr<crypto::Secret> root = ReadRootKey(config);
  if (root.ok()) {
    RETURN_IF_ERROR(server->Unseal(*root));
  } else {
    log.Warn("sealed", {{"why", root.status().message()}});
  }
  int signal = 0;
  sigwait(&signals, &signal);
  log.Note("stopping", {{"signal", signal}});
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadKeyFile(const std::string& path) {
  std::ifstream file(path);
  std::stringstream line;
  line << file.rdbuf();
  if (!file) {
    return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  }
  return line.str();
}

absl::Status RunUnseal(const Arguments& arguments,
                       const config::v1::ServerConfig& config) {
  RETURN_IF_ERROR(CheckFlags(arguments, {"config", "key-file"}, 0));
  v1::UnsealRequest request;
  const std::string key_file = FlagOf(arguments, "key-file");
  if (key_file.empty()) {
    std::getline(std::cin, *request.mutable_passphrase());
    return AskToUnseal(config, request);
  }
  ASSIGN_OR_RETURN(*request.mutable_key_file(), ReadKeyFile(key_file));
  return AskToUnseal(config, request);
}

absl::Status RunBackup(const Arguments& arguments,
                       const config::v1::ServerConfig& config) {
  RETURN_IF_ERROR(CheckFlags(arguments, {"config"}, 1));
  const absl::Time begun = absl::Now();
  ASSIGN_OR_RETURN(
      const v1::BackupResponse made,
      AskToBackUp(config,
                  std::filesystem::absolute(arguments.places[0]).string()));
  std::cout << made.path() << "\n"
            << made.size_bytes() << " bytes, " << made.record_count()
            << " rows, " << absl::ToInt64Seconds(absl::Now() - begun) << " s\n"
            << "Keep the root key with a copy of it, and elsewhere: nobody "
               "restores it without.\n"
            << "ルート鍵は控えと別の場所に保管してください。鍵がなければ誰にも"
               "復元できません。\n";
  return absl::OkStatus();
}

absl::StatusOr<crypto::Secret> RootKeyFor(
    const config::v1::ServerConfig& config, const std::string& key_file) {
  if (!key_file.empty()) {
    ASSIGN_OR_RETURN(const std::string line, ReadKeyFile(key_file));
    return crypto::ParseRootKey(line);
  }
  if (config.root_key_case() == config::v1::ServerConfig::ROOT_KEY_NOT_SET) {
    return absl::InvalidArgumentError(
        "--key-file: required, since the configuration names no root key");
  }
  absl::StatusOr<crypto::Secret> root = ReadRootKey(config);
  if (!absl::IsFailedPrecondition(root.status())) {
    return root;
  }
  std::string passphrase;
  std::getline(std::cin, passphrase);
  return OpenProtectedRootKey(config, passphrase);
}

absl::Status RunRestore(const Arguments& arguments,
                        const config::v1::ServerConfig& config) {
  RETURN_IF_ERROR(CheckFlags(arguments, {"config", "key-file"}, 1));
  ASSIGN_OR_RETURN(const crypto::Secret root,
                   RootKeyFor(config, FlagOf(arguments, "key-file")));
  ASSIGN_OR_RETURN(const storage::RestoreSummary restored,
                   Restore(config, root, arguments.places[0]));
  std::cout << restored.path << "\n"
            << "made " << absl::FormatTime(restored.made_at) << ", "
            << restored.records << " rows, each opened\n";
  for (const auto& [network, events] : restored.log_sizes) {
    std::cout << (network.IsZero() ? "server" : network.ToText()) << ": "
              << events << " audit events\n";
  }
  std::cout << "Start the server. Everybody signs in again; what came after "
               "the backup is lost: do removals and suspensions of that time "
               "again.\n"
            << "サーバーを起動してください。全員がサインインし直します。控えの"
               "後の変更は失われています。その間の除名や停止はやり直してくださ"
               "い。\n";
  return absl::OkStatus();
}

absl::Status Run(const Arguments& arguments) {
  const std::map<std::string, absl::Status (*)(const Arguments&,
                                               const config::v1::ServerConfig&)>
      commands = {
          {"init", RunInit},     {"serve", RunServe},     {"unseal", RunUnseal},
          {"backup", RunBackup}, {"restore", RunRestore},
      };
  const auto command = commands.find(arguments.command);
  if (command == commands.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("no such command: ", arguments.command));
  }
  const std::string path = FlagOf(arguments, "config");
  if (path.empty()) {
    return absl::InvalidArgumentError("--config: required");
  }
  ASSIGN_OR_RETURN(const config::v1::ServerConfig config, LoadConfig(path));
  return command->second(arguments, config);
}

int Main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  // No core dump and no debugger of the same user: keys and texts are in
  // memory.
  prctl(PR_SET_DUMPABLE, 0);
  umask(0007);
  const absl::StatusOr<Arguments> arguments = ParseArguments(argc, argv);
  if (argc < 2 || arguments.value_or(Arguments()).command == "help" ||
      absl::string_view(argv[1]) == "--help") {
    std::fputs(kHelp, stdout);
    return argc < 2 ? kExitUsage : 0;
  }
  const absl::Status status =
      arguments.ok() ? Run(*arguments) : arguments.status();
  if (status.ok()) {
    return 0;
  }
  std::cerr << "renkeid: " << status.message() << "\n";
  return absl::IsInvalidArgument(status) ? kExitUsage : kExitFailed;
}

}  // namespace
}  // namespace renkei::server

int main(int argc, char** argv) { return renkei::server::Main(argc, argv); }
