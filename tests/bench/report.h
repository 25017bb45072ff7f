// What the bench found, as a table and for machines.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace renkei::bench {

// One promise of the product.
struct Promise {
  absl::string_view name;
  absl::string_view says;
  absl::string_view unit;  // of value and yardstick
  double must = 0;
  double goal = 0;
  bool at_most = false;  // the ratio may not be above; else not below
};

struct Figure {
  const Promise* promise = nullptr;
  double value = 0;
  double yardstick = 0;  // 1: the promise is about the value itself
  double ratio = 0;
  double spread = 0;  // of the ratio, as a part of it
  double cpu_us = 0;  // of the server, for one operation
  bool disturbed = false;

  bool MeetsMust() const;
  bool MeetsGoal() const;
};

// REQUIRES: there is such a promise.
const Promise& PromiseOf(absl::string_view name);

// Of several figures for one promise the one with the median ratio; disturbed
// when most of them were.
std::vector<Figure> MedianFigures(std::vector<Figure> figures);

// On stdout: a table, or a line of JSON for each.
void PrintFigures(const std::vector<Figure>& figures, bool json);

}  // namespace renkei::bench
