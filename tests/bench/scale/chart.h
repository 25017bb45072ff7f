// Line charts side by side, as one SVG picture.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace renkei::bench {

struct Series {
  std::string name;
  std::vector<std::pair<double, double>> points;  // x above zero, rising
};

struct Panel {
  std::string title;
  std::string x_label;
  std::string y_label;
  std::vector<Series> series;  // at most four
};

// Two panels a row; x is logarithmic, y begins at zero.
std::string DrawPanels(const std::string& caption,
                       const std::vector<Panel>& panels);

}  // namespace renkei::bench
