#include "tests/bench/profile/samples.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace renkei::bench {
namespace {

absl::string_view FileNameOf(absl::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == path.npos ? path : path.substr(slash + 1);
}

// "   7f1234 Name(args) const+0x12 (/usr/lib/libx.so)".
bool ParsePerfPlace(absl::string_view line, Place& place) {
  line = absl::StripAsciiWhitespace(line);
  const size_t address_end = line.find(' ');
  const size_t object_at = line.rfind(" (");
  if (address_end == line.npos || object_at == line.npos ||
      object_at < address_end || !absl::ConsumeSuffix(&line, ")")) {
    return false;
  }
  place.function =
      object_at == address_end
          ? absl::string_view("[unknown]")
          : line.substr(address_end + 1, object_at - address_end - 1);
  place.object = FileNameOf(line.substr(object_at + 2));
  return true;
}

}  // namespace

std::vector<Sample> ParsePerf(absl::string_view text) {
  std::vector<Sample> samples;
  Sample sample;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    Place place;
    if (ParsePerfPlace(line, place)) {
      sample.places.push_back(place);
    } else if (!sample.places.empty()) {
      samples.push_back(std::exchange(sample, {}));
    }
  }
  if (!sample.places.empty()) {
    samples.push_back(std::move(sample));
  }
  return samples;
}

std::vector<Sample> ParseCallgrind(absl::string_view text) {
  std::vector<Sample> samples;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    // "1,234 (12.3%)  file.cc:Name(args) [/usr/lib/libx.so]".
    line = absl::StripAsciiWhitespace(line);
    const size_t share_at = line.find(" (");
    const size_t share_end = line.find("%)");
    const size_t name_at = line.find(':');
    const size_t object_at = line.rfind(" [");
    Sample sample;
    if (share_at == line.npos || share_end == line.npos ||
        name_at == line.npos || object_at == line.npos || object_at < name_at ||
        !absl::ConsumeSuffix(&line, "]") ||
        !absl::SimpleAtod(
            absl::StrReplaceAll(line.substr(0, share_at), {{",", ""}}),
            &sample.weight)) {
      continue;
    }
    sample.places.push_back({line.substr(name_at + 1, object_at - name_at - 1),
                             FileNameOf(line.substr(object_at + 2))});
    samples.push_back(std::move(sample));
  }
  return samples;
}

}  // namespace renkei::bench
