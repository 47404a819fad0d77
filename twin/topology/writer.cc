#include "twin/topology/writer.h"

#include <sys/stat.h>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "twin/topology/reader.h"

namespace wirebraid::topology {
namespace {

using Json = nlohmann::ordered_json;

void add_text(Json& object, const char* key, const std::string& text) {
  if (!text.empty()) object[key] = text;
}

/// Whole numbers without a fraction: 50, not 50.0.
Json json_of(double number) {
  if (number == std::floor(number) && std::fabs(number) < 1e15) {
    return static_cast<int64_t>(number);
  }
  return number;
}

Json json_of(const Direction& direction) {
  Json object;
  object["rate_mbit"] = json_of(direction.rate_mbit);
  if (direction.delay_ms != 0) object["delay_ms"] = json_of(direction.delay_ms);
  if (direction.jitter_ms != 0) object["jitter_ms"] = json_of(direction.jitter_ms);
  if (direction.loss != 0) object["loss"] = json_of(direction.loss);
  return object;
}

Json json_of(const Node& node) {
  Json object;
  object["id"] = node.id;
  add_text(object, "name", node.name);
  object["role"] = name_of(node.role);
  add_text(object, "village", node.village);
  add_text(object, "model", node.model);
  add_text(object, "firmware", node.firmware);
  if (!node.routing.empty()) object["routing"] = node.routing;
  for (const IpAddress& address : node.addresses) {
    object["addresses"].push_back(address.to_string());
  }
  if (node.location) {
    object["location"]["latitude"] = json_of(node.location->latitude);
    object["location"]["longitude"] = json_of(node.location->longitude);
  }
  for (const Uplink& uplink : node.uplinks) {
    const char* key = uplink.exit.empty() ? "link" : "exit";
    object["uplinks"].push_back(
        Json{{"name", uplink.name}, {key, uplink.exit.empty() ? uplink.link : uplink.exit}});
  }
  return object;
}

Json json_of(const Link& link) {
  Json object;
  if (link.id != default_link_id(link.a, link.b)) object["id"] = link.id;
  object["a"] = link.a;
  object["b"] = link.b;
  object["kind"] = name_of(link.kind);
  if (link.band_ghz != 0) object["band_ghz"] = json_of(link.band_ghz);
  object["a_to_b"] = json_of(link.a_to_b);
  if (link.b_to_a != link.a_to_b) object["b_to_a"] = json_of(link.b_to_a);
  return object;
}

template <typename List>
std::string lines_of(const List& list) {
  std::string text;
  for (const auto& item : list) {
    text += (text.empty() ? "\n    " : ",\n    ") + json_of(item).dump();
  }
  return text + (text.empty() ? "" : "\n  ");
}

}  // namespace

std::string write_topology(const Topology& topology) {
  std::string text = "{\n  \"format\": \"" + std::string(kFormatName) +
                     "\",\n  \"version\": " + std::to_string(kFormatVersion) + ",\n";
  if (!topology.name.empty()) text += "  \"name\": " + Json(topology.name).dump() + ",\n";
  text += "  \"nodes\": [" + lines_of(topology.nodes) + "],\n";
  return text + "  \"links\": [" + lines_of(topology.links) + "]\n}\n";
}

std::optional<std::string> save_text(const std::string& text, const std::string& path) {
  const auto failure = [] { return std::string("cannot be written: ") + std::strerror(errno); };
  struct stat status {};
  // A device or a pipe is written to, not replaced.
  const bool replace = ::stat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode);
  const std::string target = replace ? path + ".new" : path;
  {
    std::ofstream file(target, std::ios::binary | std::ios::trunc);
    if (!file) return failure();
    file << text;
    file.close();
    if (file.fail()) {
      const std::string error = failure();
      if (replace) std::remove(target.c_str());
      return error;
    }
  }
  if (replace && std::rename(target.c_str(), path.c_str()) != 0) {
    const std::string error = failure();
    std::remove(target.c_str());
    return error;
  }
  return std::nullopt;
}

}  // namespace wirebraid::topology
