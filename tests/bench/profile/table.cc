#include "tests/bench/profile/table.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "tests/bench/profile/components.h"

namespace renkei::bench {
namespace {

constexpr size_t kFunctions = 25;
constexpr size_t kNameLettersMax = 88;

// As parts of the whole.
using Shares = std::map<std::string, double>;

double WeightOf(const Profile& profile) {
  double weight = 0;
  for (const Sample& sample : profile.samples) {
    weight += sample.weight;
  }
  return weight;
}

Shares ByComponent(const Profile& profile) {
  const double whole = WeightOf(profile);
  Shares shares;
  for (const Sample& sample : profile.samples) {
    shares[ComponentOf(sample)] += sample.weight / whole;
  }
  return shares;
}

Shares ByFunction(const Profile& profile) {
  const double whole = WeightOf(profile);
  Shares shares;
  for (const Sample& sample : profile.samples) {
    shares[absl::StrFormat("%s  [%s]",
                           ShortNameOf(sample.places.front().function),
                           ComponentOf(sample))] += sample.weight / whole;
  }
  return shares;
}

// Of our own functions, with all that they called.
Shares WithinOurs(const Profile& profile) {
  const double whole = WeightOf(profile);
  Shares shares;
  for (const Sample& sample : profile.samples) {
    std::set<std::string> names;
    for (const Place& place : sample.places) {
      if (IsOurs(place)) {
        names.insert(ShortNameOf(place.function));
      }
    }
    for (const std::string& name : names) {
      shares[name] += sample.weight / whole;
    }
  }
  return shares;
}

std::vector<std::pair<std::string, double>> Largest(const Shares& shares) {
  std::vector<std::pair<std::string, double>> sorted(shares.begin(),
                                                     shares.end());
  std::sort(sorted.begin(), sorted.end(), [](const auto& one, const auto& two) {
    return one.second > two.second;
  });
  return sorted;
}

void PrintLargest(const Profile& profile, const char* heading,
                  const Shares& shares) {
  absl::PrintF("\n%s: %s\n", profile.leg, heading);
  const auto sorted = Largest(shares);
  for (size_t i = 0; i < std::min(kFunctions, sorted.size()); ++i) {
    absl::PrintF("%6.1f%% %7.2f us  %s\n", sorted[i].second * 100,
                 sorted[i].second * profile.cpu_us,
                 sorted[i].first.substr(0, kNameLettersMax));
  }
}

}  // namespace

void PrintProfiles(const std::vector<Profile>& profiles) {
  std::vector<Shares> columns;
  Shares all;
  absl::PrintF("%-38s", "component");
  for (const Profile& profile : profiles) {
    columns.push_back(ByComponent(profile));
    for (const auto& [component, share] : columns.back()) {
      all[component] += share;
    }
    absl::PrintF("  %16s", profile.leg);
  }
  absl::PrintF("\n");
  for (const auto& [component, sum] : Largest(all)) {
    absl::PrintF("%-38s", component);
    for (size_t i = 0; i < columns.size(); ++i) {
      const double share = columns[i][component];
      absl::PrintF("  %5.1f%% %6.2f us", share * 100,
                   share * profiles[i].cpu_us);
    }
    absl::PrintF("\n");
  }
  absl::PrintF("%-38s", "server CPU for one");
  for (const Profile& profile : profiles) {
    absl::PrintF("  %13.2f us", profile.cpu_us);
  }
  absl::PrintF("\n");
  for (const Profile& profile : profiles) {
    PrintLargest(profile, "where the CPU was", ByFunction(profile));
    PrintLargest(profile, "our functions, with all that they called",
                 WithinOurs(profile));
  }
}

}  // namespace renkei::bench
