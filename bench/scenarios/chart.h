// One diagram over time: axes with round numbers, lines, stacked areas, a legend. Pure.
#pragma once

#include <string>
#include <vector>

#include "bench/scenarios/series.h"
#include "bench/scenarios/svg.h"

namespace wirebraid::scenarios {

/// The step between marks on an axis from 0 to `most`, 1, 2 or 5 times a power of ten, so that
/// there are `least_marks` or a few more.
double round_step(double most, int least_marks);

struct ChartFrame {
  Position corner;  ///< top left of the area that is drawn in
  double width = 0;
  double height = 0;
  double seconds = 0;   ///< the horizontal axis is from 0 to here
  double most = 0;      ///< the vertical axis is from 0 to here; above, lines are cut off
  std::string label{};  ///< of the vertical axis, with its unit
};

class Chart {
 public:
  /// Draws the axes. `svg` must live longer.
  Chart(Svg& svg, const ChartFrame& frame);

  void line(const std::vector<Point>& points, const Stroke& stroke);
  void dots(const std::vector<Point>& points, double radius, const std::string& colour);
  /// Between two lines of the same times.
  void band(const std::vector<Point>& lower, const std::vector<Point>& upper,
            const std::string& colour);
  void level(double value, const Stroke& stroke);
  /// A vertical line with its text.
  void mark(const Mark& mark);
  /// Entries stand in a row above the diagram, from the left.
  void legend_line(const std::string& text, const Stroke& stroke);
  void legend_area(const std::string& text, const std::string& colour);
  void legend_dot(const std::string& text, double radius, const std::string& colour);

 private:
  void legend_text(const std::string& text);
  Position place(double seconds, double value) const;

  Svg& svg_;
  ChartFrame frame_;
  double legend_x_;
};

}  // namespace wirebraid::scenarios
