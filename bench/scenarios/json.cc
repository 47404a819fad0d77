#include "bench/scenarios/json.h"

#include <nlohmann/json.hpp>

namespace wirebraid::scenarios {
namespace {

using nlohmann::json;

/// Null where nothing was measured.
template <typename T>
json optional_number(const std::optional<T>& value) {
  return value ? json(*value) : json();
}
json optional_ms(const std::optional<std::chrono::milliseconds>& value) {
  return value ? json(value->count()) : json();
}
double ms(std::chrono::microseconds time) { return static_cast<double>(time.count()) / 1000; }

json link_json(const fabric::LinkOptions& link) {
  return {{"rate_bps", link.rate},
          {"delay_ms", ms(link.delay)},
          {"jitter_ms", ms(link.jitter)},
          {"loss", link.loss},
          {"queue_ms", ms(link.queue)}};
}

json uplink_json(const UplinkSpec& uplink) {
  json steps = json::array();
  for (const Step& each : uplink.programme) {
    if (each.at >= std::chrono::seconds(60)) break;  // longer than what is looked at
    steps.push_back({{"at_s", std::chrono::duration<double>(each.at).count()},
                     {"up", link_json(each.wire.from_a)},
                     {"down", link_json(each.wire.from_b)}});
  }
  return {{"name", uplink.name},
          {"up", link_json(uplink.wire.from_a)},
          {"down", link_json(uplink.wire.from_b)},
          {"programme", steps}};
}

json series_json(const Series& series) {
  json samples = json::array();
  for (const Sample& each : series.samples) {
    json rtt = json::array();
    for (const auto& value : each.uplink_rtt) rtt.push_back(optional_number(value));
    samples.push_back({{"at_s", each.at},
                       {"uplink_bps", each.uplink_bps},
                       {"uplink_rtt_ms", rtt},
                       {"flow_bps", each.flow_bps},
                       {"out_of_order_per_s", each.out_of_order},
                       {"retransmits_per_s", each.retransmits}});
  }
  json ping = json::array();
  for (const Point& each : series.ping) ping.push_back({each.at, each.value});
  json marks = json::array();
  for (const Mark& each : series.marks) marks.push_back({{"at_s", each.at}, {"text", each.text}});
  return {{"uplinks", series.uplinks},
          {"samples", samples},
          {"ping_s_ms", ping},
          {"probe_reordered_s", series.probe_reordered},
          {"marks", marks}};
}

json measurement_json(const Measurement& measured) {
  return {{"bps", measured.bits_per_second},
          {"warm_up_s", measured.warm_up_s},
          {"uplink_bps", measured.uplink_bps},
          {"ping",
           {{"median_ms", measured.ping.median_ms},
            {"p95_ms", measured.ping.p95_ms},
            {"p99_ms", measured.ping.p99_ms},
            {"sent", measured.ping.sent},
            {"lost", measured.ping.lost}}},
          {"retransmits", measured.counters.retransmits},
          {"spurious_retransmits", measured.counters.spurious},
          {"out_of_order", measured.counters.out_of_order},
          {"probe",
           {{"sent", measured.probe_sent},
            {"lost", measured.probe_lost},
            {"reordered", measured.probe_reordered}}},
          {"series", series_json(measured.series)}};
}

json row_json(const Scenario& scenario, const ThroughputRow& row) {
  json alone = json::array();
  for (const Measurement& each : row.alone) alone.push_back(measurement_json(each));
  return {{"load", row.load.name()},
          {"sender", row.load.sender},
          {"direction", row.load.download ? "down" : "up"},
          {"strict", row.load.strict},
          {"alone", alone},
          {"bond", measurement_json(row.bond)},
          {"sum_bps", row.sum_bps()},
          {"share_of_sum", row.share()},
          {"share_of_best", row.of_best()},
          {"slowest_used_ms", slowest_used_ms(scenario.uplinks, row.bond)}};
}

json event_json(const EventFigures& event) {
  return {{"lost", event.lost},
          {"udp_gap_ms", ms(event.udp_gap)},
          {"tcp_stall_ms", ms(event.tcp_stall)}};
}

json outcome_json(const Scenario& scenario, const Outcome& outcome) {
  json object = json::object();
  if (!outcome.error.empty()) object["error"] = outcome.error;
  if (outcome.throughput) {
    json rows = json::array();
    for (const ThroughputRow& each : outcome.throughput->rows) {
      rows.push_back(row_json(scenario, each));
    }
    object["raw_bps"] = outcome.throughput->raw_bps;
    object["rows"] = rows;
  }
  if (outcome.failure) {
    const FailureResult& failure = *outcome.failure;
    object["failure"] = {{"uplink", failure.uplink},
                         {"flow_intact", failure.flow_intact},
                         {"remaining_bps", failure.remaining_bps},
                         {"packets_sent", failure.packets_sent},
                         {"packets_lost", failure.packets_lost},
                         {"packets_reordered", failure.packets_reordered},
                         {"fault", event_json(failure.fault)},
                         {"back", event_json(failure.back)},
                         {"recovered_ms", optional_ms(failure.recovery.first)},
                         {"steady_ms", optional_ms(failure.recovery.steady)},
                         {"carries_again_ms", optional_ms(failure.carries_again)},
                         {"series", series_json(failure.series)}};
  }
  return object;
}

}  // namespace

std::string to_json(const std::vector<ScenarioOutcome>& outcomes) {
  json scenarios = json::array();
  for (const ScenarioOutcome& each : outcomes) {
    json uplinks = json::array();
    for (const UplinkSpec& uplink : each.scenario.uplinks) uplinks.push_back(uplink_json(uplink));
    json repeats = json::array();
    for (const Outcome& repeat : each.repeats) {
      repeats.push_back(outcome_json(each.scenario, repeat));
    }
    scenarios.push_back({{"name", each.scenario.name},
                         {"summary", each.scenario.summary},
                         {"mode", each.scenario.mode},
                         {"wanted",
                          {{"share_of_sum", each.scenario.wanted.share},
                           {"share_of_best", each.scenario.wanted.of_best}}},
                         {"uplinks", uplinks},
                         {"repeats", repeats}});
  }
  return json{
             {"schema", "wirebraid-scenarios"}, {"version", kJsonVersion}, {"scenarios", scenarios}}
             .dump(1) +
         "\n";
}

}  // namespace wirebraid::scenarios
