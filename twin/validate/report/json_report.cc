#include "twin/validate/report/json_report.h"

#include <nlohmann/json.hpp>

#include "twin/topology/writer.h"
#include "twin/validate/report/clean_text.h"
#include "twin/validate/report/sums.h"

namespace wirebraid::validate {
namespace {

using Json = nlohmann::ordered_json;

void add_text(Json& object, const char* key, const std::string& text) {
  if (!text.empty()) object[key] = text;
}

Json json_of(const Sums& sums) {
  return {{"passed", sums.passed}, {"failed", sums.failed}, {"skipped", sums.skipped}};
}

Json json_of(const FirmwareName& firmware) {
  return {{"name", firmware.name},
          {"version", firmware.version},
          {"kernel", firmware.kernel},
          {"sha256", firmware.sha256}};
}

Json json_of(const check::Result& result) {
  Json object;
  object["check"] = result.check;
  object["subject"] = result.subject;
  object["outcome"] = check::name_of(result.outcome);
  object["message"] = result.message;
  add_text(object, "evidence", result.evidence);
  if (!result.figures.empty()) object["figures"] = result.figures;
  return object;
}

Json json_of(const Step& step) {
  Json object;
  object["name"] = step.name;
  add_text(object, "node", step.node);
  object["begun_s"] = step.begun_s;
  object["took_s"] = step.took_s;
  object["sums"] = json_of(sums_of(step.results));
  object["results"] = Json::array();
  for (const check::Result& result : step.results) object["results"].push_back(json_of(result));
  return object;
}

Json json_of(const Comparison& comparison) {
  return {{"check", comparison.check},    {"subject", comparison.subject},
          {"figure", comparison.figure},  {"before", comparison.before},
          {"after", comparison.after},    {"outcome", check::name_of(comparison.outcome)},
          {"message", comparison.message}};
}

Json json_of(const NodeLog& log) { return {{"node", log.node}, {"text", log.text}}; }

template <typename List>
Json list_of(const List& list) {
  Json array = Json::array();
  for (const auto& each : list) array.push_back(json_of(each));
  return array;
}

/// In the format that topologies have in files, whose writer takes UTF-8 for granted.
Json json_of(topology::Topology topology) {
  const auto clean = [](std::string& text) { text = clean_text(text); };
  clean(topology.name);
  for (topology::Node& node : topology.nodes) {
    for (std::string* text : {&node.id, &node.name, &node.village, &node.model, &node.firmware}) {
      clean(*text);
    }
    for (std::string& daemon : node.routing) clean(daemon);
    for (topology::Uplink& uplink : node.uplinks) {
      for (std::string* text : {&uplink.name, &uplink.link, &uplink.exit}) clean(*text);
    }
  }
  for (topology::Link& link : topology.links) {
    for (std::string* text : {&link.id, &link.a, &link.b}) clean(*text);
  }
  return Json::parse(write_topology(topology));
}

}  // namespace

std::string json_report(const Verdict& verdict) {
  Json report;
  report["format"] = kVerdictFormatName;
  report["version"] = kVerdictFormatVersion;
  report["verdict"] = verdict.good() ? "good" : "bad";
  add_text(report, "aborted", verdict.aborted);
  report["sums"]["results"] = json_of(sums_of_steps(verdict));
  report["sums"]["comparisons"] = json_of(sums_of(verdict.comparisons));
  report["old_firmware"] = json_of(verdict.old_firmware);
  report["new_firmware"] = json_of(verdict.new_firmware);
  report["plan"] = verdict.plan;
  report["begun_at"] = verdict.begun_at;
  report["took_s"] = verdict.took_s;
  report["steps"] = list_of(verdict.steps);
  report["comparisons"] = list_of(verdict.comparisons);
  report["logs"] = list_of(verdict.logs);
  report["topology"] = json_of(verdict.topology);
  // In ASCII, so that what a node said cannot drive the terminal of someone who looks at the file.
  return report.dump(2, ' ', true, Json::error_handler_t::replace) + "\n";
}

}  // namespace wirebraid::validate
