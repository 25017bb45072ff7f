#include "client/session_file.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/private_file.h"
#include "storage/base/status_macros.h"

namespace renkei::client {
namespace {

constexpr absl::string_view kFirstLine = "renkei-session 1";
constexpr absl::string_view kExpiryKey = "access_expires_at_micros";

// The text fields of a profile under their names in the file.
struct Field {
  absl::string_view key;
  std::string& value;
};

std::array<Field, 9> FieldsOf(Profile& profile) {
  return {{{"server", profile.server},
           {"ca_file", profile.ca_file},
           {"certificate_file", profile.certificate_file},
           {"key_file", profile.key_file},
           {"network", profile.network},
           {"person", profile.person},
           {"device_id", profile.device_id},
           {"access_token", profile.tokens.access_token},
           {"refresh_token", profile.tokens.refresh_token}}};
}

absl::Status ReadLine(absl::string_view line, Profile& profile) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(line, absl::MaxSplits('=', 1));
  if (parts.first == kExpiryKey) {
    int64_t micros = 0;
    if (!absl::SimpleAtoi(parts.second, &micros)) {
      return absl::DataLossError("the session file has a bad time");
    }
    profile.tokens.access_expires_at = absl::FromUnixMicros(micros);
    return absl::OkStatus();
  }
  for (const Field& field : FieldsOf(profile)) {
    if (field.key == parts.first) {
      field.value = std::string(parts.second);
      return absl::OkStatus();
    }
  }
  return absl::DataLossError("the session file has an unknown line");
}

absl::StatusOr<std::string> Write(Profile& profile) {
  std::string content = absl::StrCat(kFirstLine, "\n");
  for (const Field& field : FieldsOf(profile)) {
    if (field.value.find('\n') != std::string::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat(field.key, " must not hold a line break"));
    }
    absl::StrAppend(&content, field.key, "=", field.value, "\n");
  }
  absl::StrAppend(&content, kExpiryKey, "=",
                  absl::ToUnixMicros(profile.tokens.access_expires_at), "\n");
  return content;
}

bool IsNameCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' ||
         c == '_';
}

}  // namespace

absl::StatusOr<SessionFile> SessionFile::Open(absl::string_view folder,
                                              absl::string_view name) {
  if (name.empty() || !std::all_of(name.begin(), name.end(), IsNameCharacter)) {
    return absl::InvalidArgumentError(
        "a profile is named with letters, digits, '-' and '_'");
  }
  RETURN_IF_ERROR(MakePrivateFolder(std::string(folder)));
  return SessionFile(absl::StrCat(folder, "/", name, ".session"));
}

absl::StatusOr<Profile> SessionFile::Read() const {
  const absl::StatusOr<std::string> content = ReadFile(path_);
  if (absl::IsNotFound(content.status())) {
    return Profile();
  }
  RETURN_IF_ERROR(content.status());
  const std::vector<absl::string_view> lines =
      absl::StrSplit(*content, '\n', absl::SkipEmpty());
  if (lines.empty() || lines.front() != kFirstLine) {
    return absl::DataLossError(absl::StrCat(path_, " is no session file"));
  }
  Profile profile;
  for (size_t i = 1; i < lines.size(); ++i) {
    RETURN_IF_ERROR(ReadLine(lines[i], profile));
  }
  return profile;
}

absl::Status SessionFile::Change(
    absl::FunctionRef<absl::Status(Profile& profile)> change) const {
  ASSIGN_OR_RETURN(const FileLock lock, FileLock::Take(path_));
  ASSIGN_OR_RETURN(Profile profile, Read());
  RETURN_IF_ERROR(change(profile));
  ASSIGN_OR_RETURN(const std::string content, Write(profile));
  return WritePrivateFile(path_, content);
}

absl::StatusOr<Tokens> SessionFile::Load() {
  ASSIGN_OR_RETURN(Profile profile, Read());
  if (profile.tokens.access_token.empty()) {
    return absl::UnauthenticatedError("not signed in");
  }
  return std::move(profile.tokens);
}

absl::Status SessionFile::Replace(Exchange exchange) {
  return Change([&](Profile& profile) -> absl::Status {
    if (profile.tokens.refresh_token.empty()) {
      return absl::UnauthenticatedError("not signed in");
    }
    ASSIGN_OR_RETURN(profile.tokens, exchange(profile.tokens));
    return absl::OkStatus();
  });
}

}  // namespace renkei::client
