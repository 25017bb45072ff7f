#include <map>
#include <regex>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "tests/tidy/rules.h"

namespace renkei::tidy {
namespace {

using Table = std::map<std::string, std::vector<std::string>>;

// A folder may include itself and what is listed. The longest match counts.
const Table& MayInclude() {
  static const Table& table = *new Table{
      {"storage/audit/", {"renkei/storage/v1/"}},
      {"storage/base/", {}},
      {"storage/crypto/", {"storage/base/"}},
      {"storage/", {"renkei/storage/v1/"}},
      {"server/domain/", {"storage/", "renkei/storage/v1/"}},
      {"server/jobs/", {"server/domain/", "storage/", "renkei/storage/v1/"}},
      {"server/rpc/",
       {"server/domain/", "storage/", "renkei/v1/", "renkei/storage/v1/",
        "google/rpc/"}},
      {"server/",
       {"storage/", "renkei/config/v1/", "renkei/storage/v1/", "renkei/v1/"}},
      {"client/audit/",
       {"storage/audit/", "storage/base/", "storage/crypto/",
        "renkei/storage/v1/", "renkei/v1/audit_event_type"}},
      {"client/", {"renkei/v1/", "storage/base/", "google/rpc/"}},
      {"tests/", {"client/", "server/", "storage/", "renkei/", "google/rpc/"}},
      {"tests/bench/core/", {"server/domain/", "storage/"}},
      {"tests/bench/load/", {"storage/base/"}},
      {"tests/bench/micro/",
       {"tests/bench/core/", "server/domain/", "storage/"}},
      {"tests/bench/yardsticks/", {}},
  };
  return table;
}

// Foreign headers, and the folders or beginnings of file names that may include
// them. Tests may.
const Table& OnlyIn() {
  static const Table& table = *new Table{
      {"openssl/", {"storage/crypto/"}},
      {"argon2.h", {"storage/crypto/"}},
      {"liboath/", {"storage/crypto/"}},
      {"rocksdb/",
       {"storage/backup", "storage/engine", "storage/free_space",
        "storage/log_sizes"}},
      {"grpc", {"server/rpc/", "server/", "client/"}},
      {"prometheus/", {"server/"}},
      {"utf8proc.h", {"server/domain/text"}},
      {"absl/synchronization/", {"server/rpc/", "server/", "client/"}},
  };
  return table;
}

// The longest row of the table above that the path is in; empty if none.
std::string RoomOf(absl::string_view path) {
  std::string room;
  for (const auto& [folder, allowed] : MayInclude()) {
    if (absl::StartsWith(path, folder) && folder.size() > room.size()) {
      room = folder;
    }
  }
  return room;
}

bool IsOurs(absl::string_view header) {
  return absl::StartsWith(header, "renkei/") ||
         absl::StartsWith(header, "google/rpc/") || !RoomOf(header).empty();
}

bool MayIncludeOurs(const std::string& room, absl::string_view header) {
  if (absl::StartsWith(header, room)) return true;
  return absl::c_any_of(MayInclude().at(room), [&](const std::string& folder) {
    return absl::StartsWith(header, folder);
  });
}

bool InTests(absl::string_view room) {
  return absl::StartsWith(room, "tests/");
}

bool MayIncludeForeign(const SourceFile& file, const std::string& room,
                       absl::string_view header) {
  for (const auto& [library, places] : OnlyIn()) {
    if (!absl::StartsWith(header, library) || InTests(room)) continue;
    return absl::c_any_of(places, [&](const std::string& place) {
      return place == room || (!absl::EndsWith(place, "/") &&
                               absl::StartsWith(file.path, place));
    });
  }
  return true;
}

}  // namespace

Complaints CheckIncludes(const SourceFile& file) {
  const std::string room = RoomOf(file.path);
  if (room.empty()) return {};
  static const std::regex& include =
      *new std::regex(R"(^\s*#\s*include\s*(["<])([^">]+)[">].*$)");
  Complaints complaints;
  for (const std::string& line :
       std::vector<std::string>(absl::StrSplit(file.text, '\n'))) {
    std::smatch match;
    if (!std::regex_match(line, match, include)) continue;
    const std::string header = match[2];
    const bool allowed = IsOurs(header)
                             ? match[1] == "\"" && MayIncludeOurs(room, header)
                             : MayIncludeForeign(file, room, header);
    const bool from_root = match[1] == "<" || absl::StrContains(header, '/') ||
                           header == "argon2.h";
    if (allowed && from_root && !absl::StrContains(header, "..")) continue;
    complaints.push_back(absl::StrCat(file.path, ": may not include ", header));
  }
  return complaints;
}

}  // namespace renkei::tidy
