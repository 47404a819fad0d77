#include "bench/scenarios/svg.h"

#include <array>
#include <cstdio>

namespace wirebraid::scenarios {
namespace {

/// Pixels with one digit: finer is not seen, and the file stays small.
std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f", value);
  return text.data();
}

std::string attribute(const char* name, const std::string& value) {
  return std::string(" ") + name + "=\"" + escape(value) + "\"";
}
std::string attribute(const char* name, double value) { return attribute(name, number(value)); }

std::string stroke_attributes(const Stroke& stroke) {
  return attribute("stroke", stroke.colour) + attribute("stroke-width", stroke.width) +
         (stroke.dashes.empty() ? "" : attribute("stroke-dasharray", stroke.dashes));
}

std::string points_attribute(const std::vector<Position>& points) {
  std::string text;
  for (const Position& each : points) {
    text += (text.empty() ? "" : " ") + number(each.x) + "," + number(each.y);
  }
  return attribute("points", text);
}

}  // namespace

std::string escape(const std::string& text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

Svg::Svg(int width, int height) : width_(width), height_(height) {}

void Svg::rectangle(Position corner, double width, double height, const std::string& fill) {
  body_ += "<rect" + attribute("x", corner.x) + attribute("y", corner.y) +
           attribute("width", width) + attribute("height", height) + attribute("fill", fill) +
           "/>\n";
}

void Svg::line(Position from, Position to, const Stroke& stroke) {
  body_ += "<line" + attribute("x1", from.x) + attribute("y1", from.y) + attribute("x2", to.x) +
           attribute("y2", to.y) + stroke_attributes(stroke) + "/>\n";
}

void Svg::polyline(const std::vector<Position>& points, const Stroke& stroke) {
  if (points.size() < 2) return;
  body_ += "<polyline" + points_attribute(points) + attribute("fill", std::string("none")) +
           attribute("stroke-linejoin", std::string("round")) + stroke_attributes(stroke) + "/>\n";
}

void Svg::area(const std::vector<Position>& outline, const std::string& fill, double opacity) {
  if (outline.size() < 3) return;
  body_ += "<polygon" + points_attribute(outline) + attribute("fill", fill) +
           attribute("fill-opacity", opacity) + "/>\n";
}

void Svg::dot(Position centre, double radius, const std::string& fill) {
  body_ += "<circle" + attribute("cx", centre.x) + attribute("cy", centre.y) +
           attribute("r", radius) + attribute("fill", fill) + "/>\n";
}

void Svg::text(Position at, const std::string& text, Anchor anchor, int size,
               const std::string& colour, bool bold, bool turned) {
  static constexpr std::array<const char*, 3> kAnchors = {"start", "middle", "end"};
  body_ += "<text" + attribute("x", at.x) + attribute("y", at.y) +
           attribute("font-size", std::to_string(size)) + attribute("fill", colour) +
           attribute("text-anchor", std::string(kAnchors.at(static_cast<size_t>(anchor))));
  if (bold) body_ += attribute("font-weight", std::string("bold"));
  if (turned) {
    body_ += attribute("transform", "rotate(-90 " + number(at.x) + " " + number(at.y) + ")");
  }
  body_ += ">" + escape(text) + "</text>\n";
}

std::string Svg::finish() const {
  const std::string width = std::to_string(width_);
  const std::string height = std::to_string(height_);
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + width + "\" height=\"" + height +
         "\" viewBox=\"0 0 " + width + " " + height +
         "\" font-family=\"DejaVu Sans, Helvetica, Arial, sans-serif\">\n" + body_ + "</svg>\n";
}

}  // namespace wirebraid::scenarios
