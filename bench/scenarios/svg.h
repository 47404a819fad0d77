// A small writer of SVG 1.1: shapes in pixels, with the origin at the top left. Pure.
#pragma once

#include <string>
#include <vector>

namespace wirebraid::scenarios {

struct Position {
  double x = 0;
  double y = 0;
};

enum class Anchor { start, middle, end };

struct Stroke {
  std::string colour = "#000000";
  double width = 1;
  std::string dashes{};  ///< as stroke-dasharray; empty: a whole line
};

class Svg {
 public:
  Svg(int width, int height);

  void rectangle(Position corner, double width, double height, const std::string& fill);
  void line(Position from, Position to, const Stroke& stroke);
  /// Nothing for less than two points.
  void polyline(const std::vector<Position>& points, const Stroke& stroke);
  void area(const std::vector<Position>& outline, const std::string& fill, double opacity);
  void dot(Position centre, double radius, const std::string& fill);
  /// `turned`: a quarter turn to the left about its position.
  void text(Position at, const std::string& text, Anchor anchor, int size,
            const std::string& colour = "#333333", bool bold = false, bool turned = false);

  /// The whole document.
  std::string finish() const;

 private:
  int width_;
  int height_;
  std::string body_;
};

/// Text for XML.
std::string escape(const std::string& text);

}  // namespace wirebraid::scenarios
