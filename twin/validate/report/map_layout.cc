#include "twin/validate/report/map_layout.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string_view>
#include <unordered_map>

#include "twin/topology/random.h"
#include "twin/validate/report/map_forces.h"

namespace wirebraid::validate {
namespace {

using topology::Topology;

constexpr double kLeastHeight = 240;
constexpr double kMostHeight = 900;
constexpr double kNodeDistance = 28;  ///< so that no two cover each other

struct Box {
  double left = 0;
  double top = 0;
  double right = 0;
  double bottom = 0;
  double width() const { return right - left; }
  double height() const { return bottom - top; }
};

Box box_around(const std::vector<Body>& bodies) {
  if (bodies.empty()) return {};
  Box box{bodies[0].at.x, bodies[0].at.y, bodies[0].at.x, bodies[0].at.y};
  for (const Body& body : bodies) {
    box.left = std::min(box.left, body.at.x);
    box.right = std::max(box.right, body.at.x);
    box.top = std::min(box.top, body.at.y);
    box.bottom = std::max(box.bottom, body.at.y);
  }
  return box;
}

/// The nodes of the mesh, without servers, and the links between them.
struct Mesh {
  std::vector<size_t> nodes;  ///< indices in the topology
  std::vector<Body> bodies;   ///< one for each of `nodes`
  std::vector<Ends> links;    ///< indices in `bodies`
  bool geographic = false;
};

Mesh mesh_of(const Topology& topology) {
  Mesh mesh;
  std::vector<size_t> place(topology.nodes.size(), topology.nodes.size());
  for (size_t i = 0; i < topology.nodes.size(); ++i) {
    if (topology.nodes[i].role == topology::Role::server) continue;
    place[i] = mesh.nodes.size();
    mesh.nodes.push_back(i);
  }
  mesh.bodies.resize(mesh.nodes.size());
  for (const Ends& ends : known_ends(topology)) {
    const Ends inside{place[ends.a], place[ends.b], ends.link};
    if (std::max(inside.a, inside.b) < mesh.nodes.size()) mesh.links.push_back(inside);
  }
  return mesh;
}

/// Puts those that have a location where it is, in a plane in which one degree of latitude is 1.
size_t place_located(Mesh& mesh, const Topology& topology) {
  size_t located = 0;
  double latitudes = 0;
  const topology::Location* first = nullptr;
  for (const size_t node : mesh.nodes) {
    const auto& location = topology.nodes[node].location;
    if (!location) continue;
    if (first == nullptr) first = &*location;
    latitudes += location->latitude;
    ++located;
  }
  if (first == nullptr) return 0;
  const double middle = latitudes / static_cast<double>(located);
  const double shrink = std::cos(middle * std::numbers::pi / 180);
  for (size_t i = 0; i < mesh.nodes.size(); ++i) {
    const auto& location = topology.nodes[mesh.nodes[i]].location;
    if (!location) continue;
    // The short way around, should the network span the 180th meridian.
    const double east = std::remainder(location->longitude - first->longitude, 360);
    mesh.bodies[i] = {{east * shrink, middle - location->latitude}, true};
  }
  return located;
}

/// Shifts and stretches the located ones into the unit square, in which relax() works.
void normalize(std::vector<Body>& bodies) {
  std::vector<Body> located;
  std::copy_if(bodies.begin(), bodies.end(), std::back_inserter(located),
               [](const Body& body) { return body.fixed; });
  const Box box = box_around(located);
  const double size = std::max({box.width(), box.height(), 1e-9});
  for (Body& body : bodies) {
    if (body.fixed) body.at = {(body.at.x - box.left) / size, (body.at.y - box.top) / size};
  }
}

/// By their locations if more than half have one.
void place(Mesh& mesh, const Topology& topology) {
  const size_t located = place_located(mesh, topology);
  mesh.geographic = located * 2 > mesh.nodes.size();
  if (mesh.geographic) normalize(mesh.bodies);
  topology::Random random(1);
  for (Body& body : mesh.bodies) {
    body.fixed = body.fixed && mesh.geographic;
    if (!body.fixed) body.at = {random.uniform(), random.uniform()};
  }
  if (!mesh.geographic || located < mesh.nodes.size()) relax(mesh.bodies, mesh.links);
}

Box box_around(const std::vector<Point>& points) {
  std::vector<Body> bodies;
  bodies.reserve(points.size());
  for (const Point& point : points) bodies.push_back({point});
  return box_around(bodies);
}

constexpr double kWide = kMapWidth - 2 * kMapMargin;

/// If nothing is known of the real shape.
double height_for(size_t nodes) {
  return std::min(kLeastHeight + 12 * static_cast<double>(nodes), 640.0);
}

/// The mesh as large as its part of the picture; both ways alike if it is geographic.
std::vector<Point> stretched(const Mesh& mesh) {
  const Box box = box_around(mesh.bodies);
  const double x_scale = kWide / std::max(box.width(), 1e-9);
  double high = height_for(mesh.nodes.size());
  if (mesh.geographic) high = std::clamp(box.height() * x_scale, kLeastHeight, kMostHeight);
  const double y_scale = high / std::max(box.height(), 1e-9);
  const double same = std::min(x_scale, y_scale);
  std::vector<Point> points;
  for (const Body& body : mesh.bodies) {
    points.push_back({body.at.x * (mesh.geographic ? same : x_scale),
                      body.at.y * (mesh.geographic ? same : y_scale)});
  }
  return points;
}

/// Puts the points, which may have become wider than the picture, into the middle of it.
void settle(std::vector<Point>& points, MapLayout& layout) {
  const Box box = box_around(points);
  const double scale = std::min(1.0, kWide / std::max(box.width(), 1e-9));
  const double high = std::max(box.height() * scale, kLeastHeight);
  layout.height = layout.mesh_top + high + 2 * kMapMargin;
  const Point middle{(box.left + box.right) / 2, (box.top + box.bottom) / 2};
  for (Point& point : points) {
    point = {kMapWidth / 2 + (point.x - middle.x) * scale,
             layout.mesh_top + kMapMargin + high / 2 + (point.y - middle.y) * scale};
  }
}

void place_servers(const Topology& topology, MapLayout& layout) {
  std::vector<size_t> servers;
  for (size_t i = 0; i < topology.nodes.size(); ++i) {
    if (topology.nodes[i].role == topology::Role::server) servers.push_back(i);
  }
  const double step = (kMapWidth - 2 * kMapMargin) / static_cast<double>(servers.size() + 1);
  for (size_t i = 0; i < servers.size(); ++i) {
    layout.nodes[servers[i]] = {kMapMargin + step * static_cast<double>(i + 1), kMapMargin};
  }
  layout.mesh_top = servers.empty() ? 0 : kServerBand;
}

}  // namespace

std::vector<Ends> known_ends(const Topology& topology) {
  std::unordered_map<std::string_view, size_t> places;
  for (size_t i = 0; i < topology.nodes.size(); ++i) places.emplace(topology.nodes[i].id, i);
  std::vector<Ends> ends;
  for (size_t i = 0; i < topology.links.size(); ++i) {
    const auto a = places.find(topology.links[i].a);
    const auto b = places.find(topology.links[i].b);
    if (a != places.end() && b != places.end()) ends.push_back({a->second, b->second, i});
  }
  return ends;
}

MapLayout lay_out(const Topology& topology) {
  MapLayout layout;
  layout.nodes.resize(topology.nodes.size());
  place_servers(topology, layout);
  Mesh mesh = mesh_of(topology);
  place(mesh, topology);
  layout.geographic = mesh.geographic;
  std::vector<Point> points = stretched(mesh);
  spread_apart(points, kNodeDistance);
  settle(points, layout);
  for (size_t i = 0; i < points.size(); ++i) layout.nodes[mesh.nodes[i]] = points[i];
  return layout;
}

}  // namespace wirebraid::validate
