#include "tests/bench/scale/chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace renkei::bench {
namespace {

constexpr double kPanelWidth = 500;
constexpr double kPanelHeight = 320;
constexpr double kCaptionHeight = 40;
constexpr double kLeft = 64;
constexpr double kRight = 136;  // the names of the lines stand there
constexpr double kTop = 40;
constexpr double kBottom = 52;
constexpr double kNameHeight = 15;
constexpr int kStepsWanted = 5;
// Okabe and Ito's, told apart by the colour-blind too.
constexpr std::array kColours = {"#0072b2", "#d55e00", "#009e73", "#b0599a"};

constexpr char kStyle[] =
    "text{font-family:sans-serif;font-size:12px;fill:#333}"
    ".title{font-size:14px;font-weight:bold}"
    ".grid{stroke:#ddd;stroke-width:1}"
    ".axis{stroke:#666;stroke-width:1}"
    ".line{fill:none;stroke-width:2}";

// 1500 as "1,500"; 20000 as "20k"; 3e6 as "3M".
std::string NumberText(double number) {
  if (number >= 1e6) {
    return absl::StrFormat("%gM", number / 1e6);
  }
  if (number >= 1e4) {
    return absl::StrFormat("%gk", number / 1e3);
  }
  return number >= 1e3
             ? absl::StrFormat("%d,%03d", static_cast<int>(number) / 1000,
                               static_cast<int>(number) % 1000)
             : absl::StrFormat("%g", number);
}

// 1, 2 or 5 times a power of ten, so that about kStepsWanted reach `top`.
double StepFor(double top) {
  const double rough = top / kStepsWanted;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (power * factor >= rough) {
      return power * factor;
    }
  }
  return power * 10;
}

class PanelDrawing {
 public:
  PanelDrawing(const Panel& panel, double left, double top)
      : panel_(panel),
        x0_(left + kLeft),
        y0_(top + kPanelHeight - kBottom),
        width_(kPanelWidth - kLeft - kRight),
        height_(kPanelHeight - kTop - kBottom) {
    double highest = 0;
    for (const Series& series : panel.series) {
      for (const auto& [x, y] : series.points) {
        xs_.insert(x);
        highest = std::max(highest, y);
      }
    }
    step_ = StepFor(highest);
    top_ = std::ceil(highest / step_) * step_;
  }

  std::string Draw() const {
    return absl::StrCat(DrawTexts(), DrawGrid(), DrawLines());
  }

 private:
  double X(double x) const {
    const double low = std::log(*xs_.begin());
    const double high = std::log(*xs_.rbegin());
    return high == low ? x0_ + width_ / 2
                       : x0_ + width_ * (std::log(x) - low) / (high - low);
  }
  double Y(double y) const { return y0_ - height_ * y / top_; }

  std::string DrawTexts() const {
    return absl::StrFormat(
        R"svg(<text class="title" x="%.1f" y="%.1f">%s</text>
<text x="%.1f" y="%.1f" text-anchor="middle">%s</text>
<text transform="translate(%.1f,%.1f) rotate(-90)" text-anchor="middle">%s</text>
)svg",
        x0_, y0_ - height_ - 16, panel_.title, x0_ + width_ / 2, y0_ + 40,
        panel_.x_label, x0_ - 48, y0_ - height_ / 2, panel_.y_label);
  }

  std::string DrawGrid() const {
    std::string svg;
    for (int i = 0; i * step_ <= top_ * 1.001; ++i) {
      const double y = Y(i * step_);
      absl::StrAppendFormat(
          &svg,
          R"(<line class="%s" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/><text x="%.1f" y="%.1f" text-anchor="end">%s</text>
)",
          i == 0 ? "axis" : "grid", x0_, y, x0_ + width_, y, x0_ - 6, y + 4,
          NumberText(i * step_));
    }
    for (const double x : xs_) {
      absl::StrAppendFormat(
          &svg,
          R"(<line class="axis" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/><text x="%.1f" y="%.1f" text-anchor="middle">%s</text>
)",
          X(x), y0_, X(x), y0_ + 4, X(x), y0_ + 18, NumberText(x));
    }
    return svg;
  }

  // Where the names stand, by series: near the ends, and apart.
  std::vector<double> PlaceNames() const {
    std::vector<size_t> order(panel_.series.size());
    for (size_t i = 0; i < order.size(); ++i) {
      order[i] = i;
    }
    const auto end = [this](size_t i) {
      return Y(panel_.series[i].points.back().second);
    };
    std::sort(order.begin(), order.end(),
              [&](size_t one, size_t two) { return end(one) > end(two); });
    std::vector<double> places(order.size());
    double lowest = y0_ + kNameHeight;
    for (const size_t i : order) {
      places[i] = std::min(end(i), lowest - kNameHeight);
      lowest = places[i];
    }
    return places;
  }

  std::string DrawLines() const {
    const std::vector<double> places = PlaceNames();
    std::string svg;
    for (size_t i = 0; i < panel_.series.size(); ++i) {
      const Series& series = panel_.series[i];
      const char* colour = kColours[i % kColours.size()];
      std::string path;
      std::string marks;
      for (const auto& [x, y] : series.points) {
        absl::StrAppendFormat(&path, "%s%.1f,%.1f", path.empty() ? "" : " ",
                              X(x), Y(y));
        absl::StrAppendFormat(
            &marks, R"(<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>)", X(x),
            Y(y), colour);
      }
      absl::StrAppendFormat(
          &svg,
          R"(<polyline class="line" stroke="%s" points="%s"/>%s<text x="%.1f" y="%.1f" style="fill:%s">%s</text>
)",
          colour, path, marks, X(series.points.back().first) + 8, places[i] + 4,
          colour, series.name);
    }
    return svg;
  }

  const Panel& panel_;
  const double x0_;  // of the axes' meeting
  const double y0_;
  const double width_;
  const double height_;
  std::set<double> xs_;
  double step_ = 1;
  double top_ = 1;
};

}  // namespace

std::string DrawPanels(const std::string& caption,
                       const std::vector<Panel>& panels) {
  const auto rows = static_cast<double>((panels.size() + 1) / 2);
  const double width = 2 * kPanelWidth;
  const double height = kCaptionHeight + rows * kPanelHeight;
  std::string svg = absl::StrFormat(
      R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f">
<style>%s</style>
<rect width="100%%" height="100%%" fill="white"/>
<text x="16" y="26">%s</text>
)",
      width, height, width, height, kStyle, caption);
  for (size_t i = 0; i < panels.size(); ++i) {
    svg +=
        PanelDrawing(panels[i], static_cast<double>(i % 2) * kPanelWidth,
                     kCaptionHeight + static_cast<double>(i / 2) * kPanelHeight)
            .Draw();
  }
  return svg + "</svg>\n";
}

}  // namespace renkei::bench
