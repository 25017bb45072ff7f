#include "client/describe.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace renkei::client {

std::string TimeText(const google::protobuf::Timestamp& time,
                     const View& view) {
  if (time.seconds() == 0 && time.nanos() == 0) {
    return "";
  }
  return absl::FormatTime("%Y-%m-%d %H:%M:%S",
                          absl::FromUnixSeconds(time.seconds()),
                          view.time_zone);
}

std::string ProfessionText(const std::string& code, const View& view) {
  const auto found = view.professions.find(code);
  return found == view.professions.end() ? code : found->second;
}

std::string SignatureText(const v1::Signature& signature, const View& view) {
  if (signature.display_name().empty()) {
    return "";
  }
  const std::string profession = ProfessionText(signature.profession(), view);
  if (view.language == Language::kJapanese) {
    return absl::StrCat(signature.display_name(), "(", profession, "・",
                        signature.facility_display_name(), ")");
  }
  return absl::StrCat(signature.display_name(), " (", profession, ", ",
                      signature.facility_display_name(), ")");
}

std::string WarningText(const Items<v1::Warning>& warnings, const View& view) {
  const absl::string_view wanted =
      view.language == Language::kJapanese ? "ja" : "en";
  std::string lines;
  for (const v1::Warning& warning : warnings) {
    for (const v1::LocalizedText& text : warning.texts()) {
      if (absl::StartsWith(text.language_code(), wanted)) {
        absl::StrAppend(&lines, "! ", text.text(), "\n");
      }
    }
  }
  return lines;
}

std::string NextPageText(const std::string& next_page_token, const View& view) {
  if (next_page_token.empty()) {
    return "";
  }
  constexpr Text kMore = {"続き", "more"};
  return absl::StrCat(kMore.In(view.language), ": --page-token ",
                      next_page_token, "\n");
}

}  // namespace renkei::client
