#include "client/secret_input.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "client/private_file.h"
#include "storage/base/status_macros.h"

namespace renkei::client {
namespace {

constexpr size_t kSecretBytesMax = 1024;

// The process's terminal with echo off; puts it back as it was.
class QuietTerminal {
 public:
  QuietTerminal() : file_(open("/dev/tty", O_RDWR | O_CLOEXEC)) {
    if (file_ < 0 || tcgetattr(file_, &before_) != 0) {
      return;
    }
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    is_quiet_ = tcsetattr(file_, TCSAFLUSH, &quiet) == 0;
  }
  QuietTerminal(const QuietTerminal&) = delete;
  QuietTerminal& operator=(const QuietTerminal&) = delete;
  ~QuietTerminal() {
    if (is_quiet_) {
      tcsetattr(file_, TCSAFLUSH, &before_);
    }
    if (file_ >= 0) {
      close(file_);
    }
  }

  bool is_quiet() const { return is_quiet_; }

  void Show(absl::string_view text) const {
    // A prompt that cannot be shown is no reason to fail.
    [[maybe_unused]] const ssize_t written =
        write(file_, text.data(), text.size());
  }

  std::string ReadLine() const {
    std::string line;
    char c = '\0';
    while (line.size() < kSecretBytesMax) {
      const ssize_t count = read(file_, &c, 1);
      if (count < 0 && errno == EINTR) {
        continue;
      }
      if (count <= 0 || c == '\n') {
        break;
      }
      line.push_back(c);
    }
    return line;
  }

 private:
  const int file_;
  termios before_{};
  bool is_quiet_ = false;
};

absl::StatusOr<std::string> AskOnTerminal(absl::string_view prompt) {
  const QuietTerminal terminal;
  if (!terminal.is_quiet()) {
    return absl::FailedPreconditionError(
        "there is no terminal to ask on; give the secret in a file");
  }
  terminal.Show(absl::StrCat(prompt, ": "));
  std::string line = terminal.ReadLine();
  terminal.Show("\n");
  return line;
}

}  // namespace

absl::StatusOr<std::string> ReadSecret(const std::string& path,
                                       absl::string_view prompt) {
  std::string secret;
  if (path.empty()) {
    ASSIGN_OR_RETURN(secret, AskOnTerminal(prompt));
  } else {
    ASSIGN_OR_RETURN(secret, ReadFile(path == "-" ? "/dev/stdin" : path));
  }
  secret.resize(secret.find_first_of("\r\n") == std::string::npos
                    ? secret.size()
                    : secret.find_first_of("\r\n"));
  if (secret.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(prompt, ": is empty"));
  }
  return secret;
}

}  // namespace renkei::client
