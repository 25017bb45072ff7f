#include "tests/bench/process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"

namespace renkei::bench {
namespace {

constexpr absl::Duration kGrace = absl::Seconds(10);
constexpr int kProbes = 21;
constexpr size_t kProbeBytes = 4096;

std::string ReadWhole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

absl::Duration Ticks(absl::string_view number) {
  int64_t ticks = 0;
  CHECK(absl::SimpleAtoi(number, &ticks));
  return absl::Seconds(1) * ticks / sysconf(_SC_CLK_TCK);
}

// After the fork: only calls that are safe there.
[[noreturn]] void Become(const std::vector<char*>& arguments, int output) {
  // The bench may be killed: its programs must not outlive it.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  execv(arguments[0], arguments.data());
  _exit(127);
}

absl::StatusOr<pid_t> Spawn(const std::vector<std::string>& command,
                            int output) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& word : command) {
    arguments.push_back(const_cast<char*>(word.c_str()));
  }
  arguments.push_back(nullptr);
  const pid_t pid = fork();
  if (pid == 0) {
    Become(arguments, output);
  }
  return pid > 0 ? absl::StatusOr<pid_t>(pid)
                 : absl::UnavailableError("cannot fork");
}

// The processes whose parent is `pid`.
std::vector<pid_t> ChildrenOf(pid_t pid) {
  std::vector<pid_t> children;
  const std::string text =
      ReadWhole(absl::StrCat("/proc/", pid, "/task/", pid, "/children"));
  for (const absl::string_view word :
       absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    int child = 0;
    if (absl::SimpleAtoi(word, &child)) {
      children.push_back(child);
    }
  }
  return children;
}

absl::Duration CpuOf(pid_t pid) {
  clockid_t clock{};
  timespec used{};
  absl::Duration cpu;
  if (clock_getcpuclockid(pid, &clock) == 0 &&
      clock_gettime(clock, &used) == 0) {
    cpu = absl::DurationFromTimespec(used);
  }
  for (const pid_t child : ChildrenOf(pid)) {
    cpu += CpuOf(child);
  }
  return cpu;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Process>> Process::Start(
    const std::vector<std::string>& command, const std::string& log_path) {
  const int log =
      open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log < 0) {
    return absl::UnavailableError(absl::StrCat("cannot write ", log_path));
  }
  const absl::StatusOr<pid_t> pid = Spawn(command, log);
  close(log);
  RETURN_IF_ERROR(pid.status());
  return std::unique_ptr<Process>(new Process(*pid));
}

Process::~Process() {
  if (!running()) {
    return;
  }
  kill(pid_, SIGTERM);
  const absl::Time until = absl::Now() + kGrace;
  while (running() && absl::Now() < until) {
    absl::SleepFor(absl::Milliseconds(10));
  }
  Kill();
}

void Process::Kill() {
  if (running()) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    ended_ = true;
  }
}

bool Process::running() {
  if (!ended_) {
    ended_ = waitpid(pid_, nullptr, WNOHANG) == pid_;
  }
  return !ended_;
}

absl::Duration Process::Cpu() const { return CpuOf(pid_); }

uint64_t Process::ResidentBytes() const {
  const std::string statm = ReadWhole(absl::StrCat("/proc/", pid_, "/statm"));
  const std::vector<std::string> fields = absl::StrSplit(statm, ' ');
  uint64_t pages = 0;
  return fields.size() > 1 && absl::SimpleAtoi(fields[1], &pages)
             ? pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE))
             : 0;
}

absl::StatusOr<std::string> RunToEnd(const std::vector<std::string>& command) {
  std::array<int, 2> ends;
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return absl::UnavailableError("cannot make a pipe");
  }
  const absl::StatusOr<pid_t> pid = Spawn(command, ends[1]);
  close(ends[1]);
  std::string printed;
  std::array<char, 4096> room;
  for (ssize_t got = 0; (got = read(ends[0], room.data(), room.size())) > 0;) {
    printed.append(room.data(), static_cast<size_t>(got));
  }
  close(ends[0]);
  RETURN_IF_ERROR(pid.status());
  int status = 0;
  waitpid(*pid, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0
             ? absl::StatusOr<std::string>(printed)
             : absl::InternalError(absl::StrCat(absl::StrJoin(command, " "),
                                                " failed: ", printed));
}

absl::Duration EndedChildrenCpu() {
  rusage used{};
  getrusage(RUSAGE_CHILDREN, &used);
  return absl::DurationFromTimeval(used.ru_utime) +
         absl::DurationFromTimeval(used.ru_stime);
}

absl::Duration MachineCpu() {
  // The first line: "cpu user nice system idle iowait irq softirq steal …".
  const std::string stat = ReadWhole("/proc/stat");
  const std::vector<std::string> fields =
      absl::StrSplit(stat.substr(0, stat.find('\n')), ' ', absl::SkipEmpty());
  absl::Duration busy;
  for (const size_t field : {1, 2, 3, 6, 7, 8}) {
    busy += Ticks(fields[field]);
  }
  return busy;
}

absl::Duration ProbeSync(const std::string& directory) {
  const std::string path = directory + "/probe";
  const int fd =
      open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  CHECK(fd >= 0);
  const std::string bytes(kProbeBytes, 'x');
  std::array<absl::Duration, kProbes> took;
  for (absl::Duration& probe : took) {
    const absl::Time begun = absl::Now();
    CHECK(write(fd, bytes.data(), bytes.size()) ==
          static_cast<ssize_t>(bytes.size()));
    CHECK(fdatasync(fd) == 0);
    probe = absl::Now() - begun;
  }
  close(fd);
  unlink(path.c_str());
  std::nth_element(took.begin(), took.begin() + kProbes / 2, took.end());
  return took[kProbes / 2];
}

}  // namespace renkei::bench
