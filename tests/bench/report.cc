#include "tests/bench/report.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "storage/base/check.h"

namespace renkei::bench {
namespace {

// clang-format off
constexpr std::array kPromises = {
    Promise{"send.vs_echo", "P1 SendMessage, 64 in flight / bare echo", "/s", 0.30, 0.45},
    Promise{"send.vs_commit", "P1c the same / bare synced batch", "/s", 0.33, 0.50},
    Promise{"send.front_vs_echo_front", "P2 through the front, TLS 1.3 / echo through a front", "/s", 0.40, 0.60},
    Promise{"send8.vs_send", "P3 SendMessage with 8 listening / with nobody", "/s", 0.35, 0.55},
    Promise{"send.alone", "P4 one send alone, p50 / (echo + 2 commits)", "us", 1.5, 1, true},
    Promise{"list50.vs_echo", "P5 ListMessages of 50 / echo of that size", "/s", 0.25, 0.40},
    Promise{"resume1000.vs_list50", "P6 resume after 1,000 / ListMessages of 50", "us", 40, 25, true},
    Promise{"storm.p99", "P7 p99 of sends while 1,000 devices resume / before", "us", 10, 5, true},
    Promise{"idle_stream.vs_bare", "P8 memory of an idle Sync stream / bare stream", "B", 2, 1.3, true},
    Promise{"audit_cost.send", "P10 CPU of a send with audit / without", "us", 1.5, 1.25, true},
    Promise{"audit_cost.list", "P10 CPU of a list with audit / without", "us", 1.5, 1.25, true},
    Promise{"hot_group.vs_many", "P11 sends to one group / to many", "/s", 0.7, 0.9},
    Promise{"scale.send", "P9 SendMessage in the large store / in the small one", "us", 1.5, 1.2, true},
    Promise{"scale.list", "P9 ListMessages of 50, large / small", "us", 1.5, 1.2, true},
    Promise{"scale.unread", "P9 ListUnread, large / small", "us", 1.5, 1.2, true},
    Promise{"scale.resume", "P9 resume after 1,000, large / small", "us", 1.5, 1.2, true},
    Promise{"open.seconds", "P9b start until served, the large store, clean", "s", 3, 1, true},
    Promise{"recovery.seconds_per_100mb", "P9b the same after kill -9, per 100 MB of WAL", "s", 1.5, 1, true},
    Promise{"disk.bytes_per_message", "P9b disk for one message and its five readers", "B", 1500, 1100, true},
    Promise{"send8.cpu_vs_echo", "P12 server CPU of a send, 8 listening / of an echo", "us", 6, 4, true},
};
// clang-format on

std::string Measure(double value, absl::string_view unit) {
  return absl::StrFormat("%.*f %-2s", unit == "s" ? 2 : 0, value, unit);
}

bool Holds(const Figure& figure, double limit) {
  return figure.promise->at_most ? figure.ratio <= limit
                                 : figure.ratio >= limit;
}

void PrintTable(const std::vector<Figure>& figures) {
  absl::PrintF("%-54s %12s %12s %7s %6s %8s %8s %8s  %s\n", "figure", "value",
               "yardstick", "ratio", "+-", "CPU us", "must", "goal", "");
  for (const Figure& figure : figures) {
    const Promise& promise = *figure.promise;
    const char* sign = promise.at_most ? "<=" : ">=";
    absl::PrintF(
        "%-54s %12s %12s %7.2f %5.0f%% %8.1f %s%6.2f %s%6.2f  %s%s\n",
        promise.says, Measure(figure.value, promise.unit),
        figure.yardstick == 1 ? "" : Measure(figure.yardstick, promise.unit),
        figure.ratio, figure.spread * 100, figure.cpu_us, sign, promise.must,
        sign, promise.goal,
        figure.MeetsGoal()   ? "goal met"
        : figure.MeetsMust() ? "must met"
                             : "NOT MET",
        figure.disturbed ? ", disturbed" : "");
  }
}

std::string AsJson(const Figure& figure) {
  return absl::StrFormat(
      R"({"name":"%s","value":%.3f,"yardstick":%.3f,"ratio":%.4f,"spread":%.4f,"cpu_us":%.3f,"must":%g,"goal":%g,"disturbed":%s})",
      figure.promise->name, figure.value, figure.yardstick, figure.ratio,
      figure.spread, figure.cpu_us, figure.promise->must, figure.promise->goal,
      figure.disturbed ? "true" : "false");
}

}  // namespace

bool Figure::MeetsMust() const { return Holds(*this, promise->must); }
bool Figure::MeetsGoal() const { return Holds(*this, promise->goal); }

const Promise& PromiseOf(absl::string_view name) {
  const auto found = std::find_if(
      kPromises.begin(), kPromises.end(),
      [name](const Promise& promise) { return promise.name == name; });
  CHECK(found != kPromises.end());
  return *found;
}

std::vector<Figure> MedianFigures(std::vector<Figure> figures) {
  std::vector<Figure> medians;
  for (auto from = figures.begin(); from != figures.end();) {
    const auto to = std::stable_partition(
        from, figures.end(), [promise = from->promise](const Figure& figure) {
          return figure.promise == promise;
        });
    std::sort(from, to, [](const Figure& one, const Figure& two) {
      return one.ratio < two.ratio;
    });
    const auto disturbed = std::count_if(
        from, to, [](const Figure& figure) { return figure.disturbed; });
    medians.push_back(from[(to - from) / 2]);
    medians.back().disturbed = disturbed * 2 > to - from;
    from = to;
  }
  return medians;
}

void PrintFigures(const std::vector<Figure>& figures, bool json) {
  if (!json) {
    PrintTable(figures);
    return;
  }
  for (const Figure& figure : figures) {
    std::puts(AsJson(figure).c_str());
  }
}

}  // namespace renkei::bench
