#include "server/jobs/spool_folder.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/domain/checkpoint.h"
#include "storage/base/status_macros.h"

namespace renkei::jobs {
namespace {

namespace fs = std::filesystem;

constexpr absl::string_view kFileBeginning = "audit-";
constexpr absl::string_view kFileEnding = ".log";
constexpr absl::string_view kPlacesFile = "/position";
constexpr absl::string_view kPlacesForm = "renkei-audit-spool 1";
// A file is a sixteenth of the folder, so that some can go while one grows.
constexpr uint64_t kFilesMin = 16;
constexpr uint64_t kFileBytesMax = uint64_t{64} << 20;

bool EndsWithLine(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  file.seekg(-1, std::ios::end);
  return file.get() == '\n';
}

// What a crash cut short becomes a line of its own; the event is sent again.
absl::Status EndTornLine(const std::string& path) {
  ASSIGN_OR_RETURN(const auto file, storage::DurableFile::AppendOnly(path));
  return file->size() == 0 || EndsWithLine(path) ? absl::OkStatus()
                                                 : file->Append("\n");
}

// "LOG NEXT ROOT"; nullopt when it is not of that form.
std::optional<SpoolPlaces::value_type> ParsePlace(absl::string_view line) {
  const std::vector<std::string> words = absl::StrSplit(line, ' ');
  if (words.size() != 3) {
    return std::nullopt;
  }
  const auto log = words[0] == domain::kServerLogName
                       ? std::optional<NetworkId>(NetworkId())
                       : NetworkId::FromText(words[0]);
  const auto root = Hash32::FromBytes(absl::HexStringToBytes(words[2]));
  SpoolPlace place;
  if (!log || !root || !absl::SimpleAtoi(words[1], &place.next)) {
    return std::nullopt;
  }
  place.root = *root;
  return SpoolPlaces::value_type(*log, place);
}

std::string FormatPlaces(const SpoolPlaces& places) {
  std::string text = absl::StrCat(kPlacesForm, "\n");
  for (const auto& [log, place] : places) {
    absl::StrAppend(
        &text,
        log.IsZero() ? std::string(domain::kServerLogName) : log.ToText(), " ",
        place.next, " ", absl::BytesToHexString(place.root.bytes()), "\n");
  }
  return text;
}

}  // namespace

absl::StatusOr<SpoolPlaces> SpoolFolder::ReadPlaces() const {
  const absl::StatusOr<std::string> text =
      storage::ReadWholeFile(absl::StrCat(path_, kPlacesFile));
  if (absl::IsNotFound(text.status())) {
    return SpoolPlaces();
  }
  RETURN_IF_ERROR(text.status());
  const std::vector<std::string> lines = absl::StrSplit(*text, '\n');
  if (lines.front() != kPlacesForm || !lines.back().empty()) {
    return SpoolPlaces();
  }
  SpoolPlaces places;
  for (size_t i = 1; i + 1 < lines.size(); ++i) {
    const auto place = ParsePlace(lines[i]);
    if (!place) {
      return SpoolPlaces();
    }
    places.insert(*place);
  }
  return places;
}

// By time of their beginning.
std::vector<std::string> SpoolFolder::Files() const {
  std::vector<std::string> paths;
  std::error_code failed;
  for (fs::directory_iterator entry(path_, failed), end;
       !failed && entry != end; entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    if (absl::StartsWith(name, kFileBeginning) &&
        absl::EndsWith(name, kFileEnding)) {
      paths.push_back(entry->path().string());
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

uint64_t SpoolFolder::BytesWaiting() const {
  uint64_t bytes = 0;
  for (const std::string& path : Files()) {
    std::error_code gone;
    const uintmax_t size = fs::file_size(path, gone);
    bytes += gone ? 0 : size;
  }
  return bytes;
}

absl::Status SpoolFolder::CheckRoom(uint64_t bytes) const {
  const uint64_t waiting = BytesWaiting();
  if (waiting + bytes > limits_.bytes_max) {
    return absl::ResourceExhaustedError(absl::StrCat(
        path_, " is full: ", waiting, " bytes that nobody took away"));
  }
  std::error_code unknown;
  const fs::space_info space = fs::space(path_, unknown);
  if (!unknown && space.available < limits_.free_bytes_min + bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the disk of ", path_, " is low"));
  }
  return absl::OkStatus();
}

absl::Status SpoolFolder::OpenFile(absl::Time now) {
  const std::string day = absl::FormatTime("%Y%m%d", now, absl::UTCTimeZone());
  const uint64_t file_bytes_max =
      std::min(limits_.bytes_max / kFilesMin, kFileBytesMax);
  std::error_code unknown;
  if (file_path_.empty() || day != file_day_ ||
      !fs::exists(file_path_, unknown) ||
      (file_ != nullptr && file_->size() >= file_bytes_max)) {
    const std::vector<std::string> files = Files();
    if (!files.empty()) {
      RETURN_IF_ERROR(EndTornLine(files.back()));
    }
    file_path_ = absl::StrCat(
        path_, "/", kFileBeginning,
        absl::FormatTime("%Y%m%dT%H%M%E6SZ", now, absl::UTCTimeZone()),
        kFileEnding);
    file_day_ = day;
    file_.reset();
  }
  if (file_ == nullptr) {
    RETURN_IF_ERROR(EndTornLine(file_path_));
    ASSIGN_OR_RETURN(file_, storage::DurableFile::AppendOnly(file_path_));
  }
  return absl::OkStatus();
}

absl::Status SpoolFolder::Append(absl::Time now, absl::string_view lines,
                                 const SpoolPlaces& places) {
  RETURN_IF_ERROR(storage::MakeFolder(path_));
  RETURN_IF_ERROR(CheckRoom(lines.size()));
  RETURN_IF_ERROR(OpenFile(now));
  const absl::Status appended = file_->Append(lines);
  if (!appended.ok()) {
    file_.reset();
    return appended;
  }
  std::error_code unknown;
  if (!fs::exists(file_path_, unknown)) {
    return absl::AbortedError(
        absl::StrCat(file_path_, " was removed while it was the newest"));
  }
  return storage::DurableFile::Replace(absl::StrCat(path_, kPlacesFile),
                                       FormatPlaces(places))
      .status();
}

}  // namespace renkei::jobs
