#include "twin/validate/report/map_forces.h"

#include <algorithm>
#include <cmath>

namespace wirebraid::validate {
namespace {

/// Every round looks at every pair, so that many nodes get fewer rounds: a report must not take
/// minutes, and nobody reads a picture of thousands.
size_t rounds_for(size_t nodes, size_t most) {
  constexpr size_t kMostPairs = 100'000'000;
  return std::clamp(kMostPairs / std::max<size_t>(nodes * nodes, 1), size_t{5}, most);
}

/// Another direction for each pair that is at the same place, so that it can part.
Point direction_of(size_t i, size_t j) {
  constexpr double kGoldenAngle = 2.399963;
  const double angle = kGoldenAngle * static_cast<double>(i * 31 + j);
  return {std::cos(angle), std::sin(angle)};
}

struct Apart {
  Point direction;  ///< from one to the other, of length 1
  double distance = 0;
};

Apart apart(const Point& from, const Point& to, size_t i, size_t j) {
  const double x = to.x - from.x;
  const double y = to.y - from.y;
  const double distance = std::sqrt(x * x + y * y);
  if (distance < 1e-9) return {direction_of(i, j), 1e-9};
  return {{x / distance, y / distance}, distance};
}

void move(Point& point, const Point& direction, double by) {
  point.x += direction.x * by;
  point.y += direction.y * by;
}

class Forces {
 public:
  Forces(const std::vector<Body>& bodies, double ideal)
      : bodies_(bodies), ideal_(ideal), forces_(bodies.size()) {}

  void push_all_apart() {
    for (size_t i = 0; i < bodies_.size(); ++i) {
      for (size_t j = i + 1; j < bodies_.size(); ++j) {
        const Apart way = apart(bodies_[i].at, bodies_[j].at, i, j);
        const double force = ideal_ * ideal_ / std::max(way.distance, ideal_ / 100);
        move(forces_[i], way.direction, -force);
        move(forces_[j], way.direction, force);
      }
    }
  }

  void pull_together(const std::vector<Ends>& links) {
    for (const Ends& link : links) {
      const Apart way = apart(bodies_[link.a].at, bodies_[link.b].at, link.a, link.b);
      const double force = way.distance * way.distance / ideal_;
      move(forces_[link.a], way.direction, force);
      move(forces_[link.b], way.direction, -force);
    }
  }

  /// Keeps what no link holds from drifting away.
  void pull_to_the_middle() {
    constexpr double kWeight = 0.3;
    for (size_t i = 0; i < bodies_.size(); ++i) {
      forces_[i].x += (0.5 - bodies_[i].at.x) * kWeight;
      forces_[i].y += (0.5 - bodies_[i].at.y) * kWeight;
    }
  }

  const Point& on(size_t body) const { return forces_[body]; }

 private:
  const std::vector<Body>& bodies_;
  double ideal_;
  std::vector<Point> forces_;
};

/// One round of spread_apart(); whether anything moved.
bool part_once(std::vector<Point>& points, double distance) {
  bool moved = false;
  for (size_t i = 0; i < points.size(); ++i) {
    for (size_t j = i + 1; j < points.size(); ++j) {
      if (std::fabs(points[i].x - points[j].x) >= distance) continue;
      const Apart way = apart(points[i], points[j], i, j);
      if (way.distance >= distance) continue;
      const double half = (distance - way.distance) / 2;
      move(points[i], way.direction, -half);
      move(points[j], way.direction, half);
      moved = true;
    }
  }
  return moved;
}

}  // namespace

void relax(std::vector<Body>& bodies, const std::vector<Ends>& links) {
  if (bodies.size() < 2) return;
  const double ideal = 0.9 / std::sqrt(static_cast<double>(bodies.size()));
  const size_t rounds = rounds_for(bodies.size(), 400);
  for (size_t round = 0; round < rounds; ++round) {
    Forces forces(bodies, ideal);
    forces.push_all_apart();
    forces.pull_together(links);
    forces.pull_to_the_middle();
    const double longest =
        0.1 * (1 - static_cast<double>(round) / static_cast<double>(rounds)) + 0.001;
    for (size_t i = 0; i < bodies.size(); ++i) {
      if (bodies[i].fixed) continue;
      const Point& force = forces.on(i);
      const double strength = std::sqrt(force.x * force.x + force.y * force.y);
      if (strength > 0) move(bodies[i].at, force, std::min(strength, longest) / strength);
    }
  }
}

void spread_apart(std::vector<Point>& points, double distance) {
  const size_t rounds = rounds_for(points.size(), 100);
  for (size_t round = 0; round < rounds && part_once(points, distance); ++round) {
  }
}

}  // namespace wirebraid::validate
