#include "tests/twin/validate/report/sample_verdicts.h"

#include <algorithm>

#include "twin/topology/evernet.h"

namespace wirebraid::validate {

using check::Outcome;
using check::Result;
using topology::LinkKind;
using topology::Role;

namespace {

topology::Topology row_of_four() {
  topology::Topology topology;
  topology.name = "row";
  const auto node = [&](const std::string& id, Role role) {
    topology::Node& added = topology.nodes.emplace_back();
    added.id = id;
    added.role = role;
  };
  const auto link = [&](const std::string& a, const std::string& b, LinkKind kind) {
    topology.links.push_back(
        {topology::default_link_id(a, b), a, b, kind, 0, {100, 0, 0, 0}, {100, 0, 0, 0}});
  };
  node("server", Role::server);
  node("gateway", Role::gateway);
  node("mast", Role::backbone);
  node("house", Role::household);
  link("gateway", "server", LinkKind::wan);
  link("gateway", "mast", LinkKind::ethernet);
  link("mast", "house", LinkKind::radio);
  return topology;
}

void make_hostile(std::string& text) { text += kHostile; }

}  // namespace

Verdict good_verdict() {
  Verdict verdict;
  verdict.topology = row_of_four();
  verdict.old_firmware = {"evernet-1", "1.4.2", "5.15.137", std::string(64, 'a')};
  verdict.new_firmware = {"evernet-2", "2.0.0", "6.6.52", std::string(64, 'b')};
  verdict.plan = "leaf-first";
  verdict.begun_at = "2026-11-28T23:59:30Z";
  verdict.took_s = 3725;
  Step baseline{.name = "baseline", .begun_s = 0, .took_s = 40.5};
  baseline.results = {{"neighbours", "mast", Outcome::passed, "mast has its 2 neighbours.", "", {}},
                      {"reach",
                       "house -> server",
                       Outcome::passed,
                       "An answer in 12.5 ms.",
                       "",
                       {{"rtt_ms", 12.5}}}};
  Step flash{.name = "flash house", .node = "house", .begun_s = 60, .took_s = 90.5};
  flash.results = {{"dns", "gateway", Outcome::skipped, "It has no resolver.", "", {}}};
  verdict.steps = {baseline, flash};
  verdict.comparisons = {
      {"reach", "house -> server", "rtt_ms", 12.5, 10, Outcome::passed, "Faster."},
      {"rate", "mast~house", "rate_mbit", 100, 100, Outcome::passed, "The same."}};
  return verdict;
}

Verdict bad_verdict() {
  Verdict verdict = good_verdict();
  verdict.steps[1].results.push_back(
      {"neighbours", "house", Outcome::passed, "As before.", "", {}});
  verdict.steps[1].results.push_back({"neighbours",
                                      "mast",
                                      Outcome::failed,
                                      "mast has lost a neighbour: house.",
                                      "neigh 1\nneigh 2\n",
                                      {}});
  verdict.steps[1].results.push_back(
      {"reach", "house -> mast", Outcome::failed, "No answer in 5 s.", "timed out", {}});
  verdict.comparisons.push_back(
      {"memory", "mast", "free_mib", 40, 10, Outcome::failed, "Less than half is left."});
  verdict.logs = {{"mast", "[    0.000000] Linux version 6.6.52\r\nBUG: oops\r\n"}};
  return verdict;
}

const std::string kHostile =
    std::string("</script></style></pre>]]><!--<script>alert(1)</script>&amp;\"'\t\n\r") +
    std::string(1, '\0') + "\x1b[2J\x7f\x01\xff\xfe\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\xe2\x82" +
    "\xc2\x9b\xe2\x80\xae\xef\xbf\xbf\xf0\x9f\x90\x9b\xc3";

Verdict hostile_verdict() {
  Verdict verdict = bad_verdict();
  for (FirmwareName* firmware : {&verdict.old_firmware, &verdict.new_firmware}) {
    for (std::string* text :
         {&firmware->name, &firmware->version, &firmware->kernel, &firmware->sha256}) {
      make_hostile(*text);
    }
  }
  for (std::string* text : {&verdict.plan, &verdict.begun_at, &verdict.aborted}) {
    make_hostile(*text);
  }
  for (Step& step : verdict.steps) {
    make_hostile(step.name);
    make_hostile(step.node);
    for (Result& result : step.results) {
      for (std::string* text :
           {&result.check, &result.subject, &result.message, &result.evidence}) {
        make_hostile(*text);
      }
      result.figures[kHostile] = 1;
    }
  }
  for (Comparison& each : verdict.comparisons) {
    for (std::string* text : {&each.check, &each.subject, &each.figure, &each.message}) {
      make_hostile(*text);
    }
  }
  for (NodeLog& log : verdict.logs) {
    make_hostile(log.node);
    make_hostile(log.text);
  }
  make_hostile(verdict.topology.name);
  for (topology::Node& node : verdict.topology.nodes) {
    for (std::string* text : {&node.id, &node.name, &node.village, &node.model, &node.firmware}) {
      make_hostile(*text);
    }
  }
  for (topology::Link& link : verdict.topology.links) {
    for (std::string* text : {&link.id, &link.a, &link.b}) make_hostile(*text);
  }
  return verdict;
}

Verdict evernet_verdict() {
  Verdict verdict = good_verdict();
  verdict.topology = topology::make_evernet({});
  verdict.topology.name = "Evernet";
  verdict.comparisons.clear();
  Step baseline{.name = "baseline", .took_s = 300};
  Step after{.name = "after", .begun_s = 3000, .took_s = 310};
  size_t number = 0;
  for (const topology::Node& node : verdict.topology.nodes) {
    const bool failed = ++number % 31 == 0;
    const bool skipped = number % 20 == 7;
    baseline.results.push_back({"neighbours",
                                node.id,
                                skipped ? Outcome::skipped : Outcome::passed,
                                skipped ? "It does not run a routing daemon." : "All are there.",
                                "",
                                {}});
    if (skipped) continue;
    after.results.push_back(
        {"neighbours",
         node.id,
         failed ? Outcome::failed : Outcome::passed,
         failed ? "It has lost 1 of its 2 neighbours since the upgrade." : "All are there.",
         failed ? "Table 'Neighbours':\nfe80::1 lq 255 nlq 255\n" : "",
         {}});
    verdict.comparisons.push_back({"reach", node.id + " -> server", "rtt_ms", 20.0,
                                   failed ? 61.237 : 20.5,
                                   failed ? Outcome::failed : Outcome::passed,
                                   failed ? "Three times as slow as before." : "About the same."});
    if (failed) verdict.logs.push_back({node.id, "[    0.000000] Linux version 6.6.52\r\n"});
  }
  for (size_t i = 5; i < verdict.topology.links.size(); i += 60) {
    after.results.push_back({"loss",
                             verdict.topology.links[i].id,
                             Outcome::failed,
                             "4 of 10 frames were lost.",
                             "10 sent, 6 received",
                             {{"loss", 0.4}}});
  }
  verdict.steps = {baseline, after};
  return verdict;
}

}  // namespace wirebraid::validate
