#include "client/checkpoint_file.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "client/private_file.h"
#include "storage/base/status_macros.h"

namespace renkei::client {
namespace {

constexpr absl::string_view kNetworks = "networks/";
constexpr absl::string_view kEnding = ".checkpoint";

}  // namespace

absl::StatusOr<SeenCheckpoint> OpenCheckpoint(absl::string_view network,
                                              absl::string_view verifier_key,
                                              absl::string_view note) {
  SeenCheckpoint seen;
  seen.verifier_key = std::string(verifier_key);
  seen.note = std::string(note);
  ASSIGN_OR_RETURN(seen.key, audit::ParseVerifierKey(verifier_key));
  ASSIGN_OR_RETURN(const std::string text, audit::OpenNote(note, seen.key));
  ASSIGN_OR_RETURN(seen.checkpoint, audit::ParseCheckpoint(text));
  if (seen.checkpoint.origin != seen.key.name ||
      !absl::StartsWith(
          seen.checkpoint.origin,
          absl::StrCat("renkei/", absl::StripPrefix(network, kNetworks),
                       "/"))) {
    return absl::InvalidArgumentError("the checkpoint is of another log");
  }
  return seen;
}

CheckpointFile::CheckpointFile(absl::string_view folder,
                               absl::string_view network)
    : network_(network),
      path_(absl::StrCat(folder, "/", absl::StripPrefix(network, kNetworks),
                         kEnding)) {}

absl::StatusOr<std::optional<SeenCheckpoint>> CheckpointFile::Read() const {
  const absl::StatusOr<std::string> content = ReadFile(path_);
  if (absl::IsNotFound(content.status())) {
    return std::optional<SeenCheckpoint>();
  }
  RETURN_IF_ERROR(content.status());
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(*content, absl::MaxSplits('\n', 1));
  absl::StatusOr<SeenCheckpoint> seen =
      OpenCheckpoint(network_, parts.first, parts.second);
  if (!seen.ok()) {
    return absl::DataLossError(
        absl::StrCat(path_, ": ", seen.status().message()));
  }
  return std::optional<SeenCheckpoint>(*std::move(seen));
}

absl::Status CheckpointFile::Advance(const SeenCheckpoint& seen) const {
  ASSIGN_OR_RETURN(const FileLock lock, FileLock::Take(path_));
  ASSIGN_OR_RETURN(const auto kept, Read());
  if (kept && kept->verifier_key == seen.verifier_key &&
      kept->checkpoint.size >= seen.checkpoint.size) {
    return absl::OkStatus();
  }
  return Replace(seen);
}

absl::Status CheckpointFile::Replace(const SeenCheckpoint& seen) const {
  return WritePrivateFile(path_,
                          absl::StrCat(seen.verifier_key, "\n", seen.note));
}

absl::Status CheckpointFile::KeepConflict(absl::string_view note) const {
  return WritePrivateFile(absl::StrCat(path_, ".conflict"), note);
}

}  // namespace renkei::client
