// One profile of the command line on disk: which server, who is signed in.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/tokens.h"

namespace renkei::client {

// What a profile remembers.
struct Profile {
  std::string server;            // "host:port" or "unix:/path".
  std::string ca_file;           // Empty: the system's authorities.
  std::string certificate_file;  // Empty: no client certificate.
  std::string key_file;
  std::string network;    // Resource name, known once signed in.
  std::string person;     // Resource name, known once signed in.
  std::string device_id;  // Made once for a profile.
  Tokens tokens;          // Empty: nobody is signed in.
};

// The file `<folder>/<name>.session`, readable by its owner only. Several
// processes may use it at once: changes are made under a lock and appear
// whole. Thread-safe.
class SessionFile : public TokenStore {
 public:
  // `folder` is made if it is missing, for its owner only. INVALID_ARGUMENT
  // unless `name` consists of letters, digits, '-' and '_'.
  static absl::StatusOr<SessionFile> Open(absl::string_view folder,
                                          absl::string_view name);

  // The profile as it is now; an empty one if there is no file yet. DATA_LOSS
  // if the file is not one of ours.
  absl::StatusOr<Profile> Read() const;

  // Lets `change` work on the profile under the lock and writes the outcome.
  absl::Status Change(
      absl::FunctionRef<absl::Status(Profile& profile)> change) const;

  absl::StatusOr<Tokens> Load() override;
  absl::Status Replace(Exchange exchange) override;

 private:
  explicit SessionFile(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

}  // namespace renkei::client
