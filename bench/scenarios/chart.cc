#include "bench/scenarios/chart.h"

#include <algorithm>
#include <cmath>

#include "twin/lab/format.h"

namespace wirebraid::scenarios {
namespace {

constexpr const char* kGrid = "#e4e4e4";
constexpr const char* kAxis = "#888888";
constexpr int kTextSize = 12;

std::string round_text(double value, double step) {
  return lab::with_unit(value, step < 1 ? 1 : 0, "");
}

}  // namespace

double round_step(double most, int least_marks) {
  if (most <= 0) return 1;
  const double finest = most / least_marks;
  const double power = std::pow(10, std::floor(std::log10(finest)));
  for (const double factor : {5.0, 2.0}) {
    if (power * factor <= finest) return power * factor;
  }
  return power;
}

Chart::Chart(Svg& svg, const ChartFrame& frame)
    : svg_(svg), frame_(frame), legend_x_(frame.corner.x) {
  const double bottom = frame.corner.y + frame.height;
  const double right = frame.corner.x + frame.width;
  const double step = round_step(frame.most, 4);
  for (double value = 0; value <= frame.most * 1.0001; value += step) {
    const double y = place(0, value).y;
    svg.line({frame.corner.x, y}, {right, y}, {kGrid});
    svg.text({frame.corner.x - 8, y + 4}, round_text(value, step), Anchor::end, kTextSize);
  }
  const double seconds_step = round_step(frame.seconds, 6);
  for (double at = 0; at <= frame.seconds * 1.0001; at += seconds_step) {
    const double x = place(at, 0).x;
    svg.line({x, frame.corner.y}, {x, bottom}, {kGrid});
    svg.text({x, bottom + 17}, round_text(at, seconds_step), Anchor::middle, kTextSize);
  }
  svg.line({frame.corner.x, frame.corner.y}, {frame.corner.x, bottom}, {kAxis});
  svg.line({frame.corner.x, bottom}, {right, bottom}, {kAxis});
  svg.text({frame.corner.x - 48, frame.corner.y + frame.height / 2}, frame.label, Anchor::middle,
           kTextSize, "#333333", false, true);
}

Position Chart::place(double seconds, double value) const {
  const double part = std::clamp(value / frame_.most, 0.0, 1.0);
  return {frame_.corner.x + frame_.width * std::clamp(seconds / frame_.seconds, 0.0, 1.0),
          frame_.corner.y + frame_.height * (1 - part)};
}

void Chart::line(const std::vector<Point>& points, const Stroke& stroke) {
  std::vector<Position> positions;
  for (const Point& each : points) positions.push_back(place(each.at, each.value));
  svg_.polyline(positions, stroke);
}

void Chart::dots(const std::vector<Point>& points, double radius, const std::string& colour) {
  for (const Point& each : points) {
    if (each.at <= frame_.seconds) svg_.dot(place(each.at, each.value), radius, colour);
  }
}

void Chart::band(const std::vector<Point>& lower, const std::vector<Point>& upper,
                 const std::string& colour) {
  std::vector<Position> outline;
  for (const Point& each : upper) outline.push_back(place(each.at, each.value));
  for (auto each = lower.rbegin(); each != lower.rend(); ++each) {
    outline.push_back(place(each->at, each->value));
  }
  svg_.area(outline, colour, 0.55);
}

void Chart::level(double value, const Stroke& stroke) {
  const Position left = place(0, value);
  svg_.line(left, {frame_.corner.x + frame_.width, left.y}, stroke);
}

void Chart::mark(const Mark& mark) {
  const Position top = place(mark.at, frame_.most);
  svg_.line(top, place(mark.at, 0), {"#b00020", 1, "4 3"});
  svg_.text({top.x + 5, top.y + 14}, mark.text, Anchor::start, kTextSize, "#b00020");
}

void Chart::legend_line(const std::string& text, const Stroke& stroke) {
  const double y = frame_.corner.y - 16;
  svg_.line({legend_x_, y}, {legend_x_ + 16, y}, {stroke.colour, 2, stroke.dashes});
  legend_text(text);
}

void Chart::legend_area(const std::string& text, const std::string& colour) {
  svg_.rectangle({legend_x_, frame_.corner.y - 21}, 14, 10, colour);
  legend_text(text);
}

void Chart::legend_dot(const std::string& text, double radius, const std::string& colour) {
  svg_.dot({legend_x_ + 8, frame_.corner.y - 16}, radius, colour);
  legend_text(text);
}

void Chart::legend_text(const std::string& text) {
  svg_.text({legend_x_ + 21, frame_.corner.y - 12}, text, Anchor::start, kTextSize);
  // Letters of this size are seven pixels wide on average; nobody measures them here.
  legend_x_ += 21 + 7.0 * static_cast<double>(text.size()) + 18;
}

}  // namespace wirebraid::scenarios
