#include "tests/bench/rig.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "renkei/v1/admin.pb.h"
#include "storage/base/status_macros.h"

namespace renkei::bench {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(60);

absl::Status WriteFile(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  return file.good()
             ? absl::OkStatus()
             : absl::UnavailableError(absl::StrCat("cannot write ", path));
}

absl::StatusOr<std::string> ReadLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  return std::getline(file, line)
             ? absl::StatusOr<std::string>(line)
             : absl::NotFoundError(absl::StrCat("cannot read ", path));
}

// As the sample, but for what a bench needs: cheap hashing, so that setting up
// a thousand people takes no minutes.
std::string ConfigText(const std::string& folder) {
  return absl::StrCat("data_dir: \"", folder, "/messages\"\n", "key_dir: \"",
                      folder, "/keys\"\n", "audit_mark_file: \"", folder,
                      "/audit_mark\"\n", "socket_path: \"", folder,
                      "/api.sock\"\n", "operator_socket_path: \"", folder,
                      "/operator.sock\"\n", "root_key_file: \"", folder,
                      "/root.key\"\n",
                      "development_mode: true\n"
                      "test_password_hashing { memory_kib: 8 passes: 1 }\n");
}

absl::Status AwaitListening(const Endpoint& endpoint, Process& process) {
  const absl::Time until = absl::Now() + kPatience;
  while (process.running() && absl::Now() < until) {
    if (Transport::Connect(endpoint).ok()) {
      return absl::OkStatus();
    }
    absl::SleepFor(absl::Milliseconds(5));
  }
  return absl::UnavailableError("a program of the rig does not listen");
}

// A port that is free now.
absl::StatusOr<uint16_t> FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  const bool bound =
      bind(fd, any, length) == 0 && getsockname(fd, any, &length) == 0;
  close(fd);
  return bound ? absl::StatusOr<uint16_t>(ntohs(address.sin_port))
               : absl::UnavailableError("no free port");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Product>> Product::Make(
    const RigOptions& options, const std::string& name,
    const std::string& program) {
  auto product = std::unique_ptr<Product>(new Product());
  product->folder_ = absl::StrCat(options.directory, "/", name);
  std::filesystem::create_directories(product->folder_);
  const std::string config = product->config_path();
  RETURN_IF_ERROR(WriteFile(config, ConfigText(product->folder_)));
  const std::string path = absl::StrCat(options.bin, "/", program);
  product->serve_ = options.serve_under;
  product->serve_.insert(product->serve_.end(),
                         {path, "serve", "--config", config});
  product->endpoint_.socket_path = product->folder_ + "/api.sock";
  if (std::filesystem::exists(product->PasswordPath())) {
    return product;
  }
  RETURN_IF_ERROR(RunToEnd({path, "init", "--config", config, "--network-code",
                            std::string(kNetworkCode), "--network-name",
                            "ちょうふ", "--office-login", "office",
                            "--password-out", product->PasswordPath()})
                      .status());
  return product;
}

absl::StatusOr<std::unique_ptr<Product>> Product::Start(
    const RigOptions& options, const std::string& name,
    const std::string& program, const Census& census) {
  std::filesystem::remove_all(absl::StrCat(options.directory, "/", name));
  ASSIGN_OR_RETURN(std::unique_ptr<Product> product,
                   Make(options, name, program));
  RETURN_IF_ERROR(product->Serve());
  ASSIGN_OR_RETURN(const std::string password,
                   ReadLine(product->PasswordPath()));
  ASSIGN_OR_RETURN(product->groups_,
                   FoundGroups(product->endpoint_, password, census));
  return product;
}

absl::Status Product::Serve() {
  ASSIGN_OR_RETURN(process_, Process::Start(serve_, folder_ + "/log"));
  RETURN_IF_ERROR(AwaitListening(endpoint_, *process_));
  // It listens before it has opened its store.
  ASSIGN_OR_RETURN(const std::unique_ptr<Caller> caller,
                   Caller::Connect(endpoint_));
  const absl::Time until = absl::Now() + kPatience;
  v1::ServerInfo info;
  while (info.state() != v1::SERVING_STATE_SERVING) {
    if (absl::Now() > until) {
      return absl::DeadlineExceededError("renkeid does not come to serve");
    }
    absl::SleepFor(absl::Milliseconds(5));
    RETURN_IF_ERROR(caller->Call("AdminService/GetServerInfo",
                                 v1::GetServerInfoRequest(), info));
  }
  return absl::OkStatus();
}

absl::Status Product::Restart() {
  Stop();
  return Serve();
}

absl::StatusOr<std::unique_ptr<Rig>> Rig::Start(const RigOptions& options,
                                                const Census& census) {
  std::filesystem::create_directories(options.directory);
  auto rig = std::unique_ptr<Rig>(new Rig(options));
  RETURN_IF_ERROR(RunToEnd({options.source + "/deploy/make-demo-ca.sh",
                            options.directory + "/tls"})
                      .status());
  RETURN_IF_ERROR(rig->RestartYardstick());
  ASSIGN_OR_RETURN(rig->product_,
                   Product::Start(options, "product", "renkeid", census));
  ASSIGN_OR_RETURN(rig->front_,
                   rig->StartFront("front", rig->product_->endpoint(),
                                   rig->front_endpoint_));
  ASSIGN_OR_RETURN(rig->echo_front_,
                   rig->StartFront("echo_front", rig->yardstick_endpoint_,
                                   rig->echo_front_endpoint_));
  return rig;
}

absl::Status Rig::RestartYardstick() {
  yardstick_.reset();
  yardstick_endpoint_.socket_path = options_.directory + "/yardstick.sock";
  ASSIGN_OR_RETURN(yardstick_,
                   Process::Start({options_.bin + "/grpc-yardstick",
                                   yardstick_endpoint_.socket_path},
                                  options_.directory + "/yardstick.log"));
  return AwaitListening(yardstick_endpoint_, *yardstick_);
}

absl::StatusOr<std::unique_ptr<Process>> Rig::StartFront(
    const std::string& name, const Endpoint& backend, Endpoint& front) {
  ASSIGN_OR_RETURN(front.port, FreePort());
  front.ca_file = options_.directory + "/tls/ca.crt";
  const std::string config =
      absl::StrCat(options_.directory, "/", name, ".conf");
  RETURN_IF_ERROR(WriteFile(
      config,
      absl::StrCat("frontend=127.0.0.1,", front.port, "\n",
                   "certificate-file=", options_.directory, "/tls/front.crt\n",
                   "private-key-file=", options_.directory, "/tls/front.key\n",
                   "backend=unix:", backend.socket_path, ";;proto=h2\n",
                   "include=", options_.source, "/deploy/nghttpx.conf\n")));
  ASSIGN_OR_RETURN(
      std::unique_ptr<Process> process,
      Process::Start({"/usr/sbin/nghttpx", "--conf=" + config},
                     absl::StrCat(options_.directory, "/", name, ".log")));
  RETURN_IF_ERROR(AwaitListening(front, *process));
  return process;
}

absl::StatusOr<Rig::Commits> Rig::RunCommits(size_t pending, size_t bytes,
                                             absl::Duration duration) const {
  const std::string folder = options_.directory + "/commits";
  const absl::StatusOr<std::string> printed = RunToEnd(
      {options_.bin + "/commit-yardstick", folder, absl::StrCat(pending),
       absl::StrCat(bytes), absl::StrCat(absl::ToDoubleSeconds(duration))});
  std::filesystem::remove_all(folder);
  RETURN_IF_ERROR(printed.status());
  Commits commits;
  return std::sscanf(printed->c_str(),
                     "{\"ops_per_second\":%lf,\"cpu_us\":%lf,\"p50_us\":%lf}",
                     &commits.per_second, &commits.cpu_us, &commits.p50_us) == 3
             ? absl::StatusOr<Commits>(commits)
             : absl::InternalError("the commit yardstick says nothing");
}

Machine Rig::machine() const {
  return {options_.directory, [this] {
            absl::Duration cpu = product_->process().Cpu();
            for (const Process* process :
                 {yardstick_.get(), front_.get(), echo_front_.get()}) {
              cpu += process == nullptr ? absl::ZeroDuration() : process->Cpu();
            }
            return cpu;
          }};
}

}  // namespace renkei::bench
