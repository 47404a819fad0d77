#include "bench/scenarios/picture.h"

#include <algorithm>
#include <array>

#include "bench/scenarios/chart.h"
#include "bench/support/spread.h"

namespace wirebraid::scenarios {
namespace {

constexpr int kWidth = 960;
constexpr int kHeight = 800;
constexpr double kLeft = 78;
constexpr double kPlotWidth = 854;

/// Told apart by the colour-blind as well (Okabe and Ito 2008).
constexpr std::array<const char*, 8> kColours = {"#0072b2", "#e69f00", "#009e73", "#cc79a7",
                                                 "#56b4e9", "#d55e00", "#8c6d31", "#7f7f7f"};
constexpr const char* kFlow = "#111111";
constexpr const char* kPing = "#7b3294";
constexpr const char* kReordered = "#d55e00";
constexpr const char* kRetransmitted = "#0072b2";
constexpr const char* kProbe = "#111111";

std::string colour_of(size_t uplink) { return kColours.at(uplink % kColours.size()); }

double with_room(double most) { return most > 0 ? most * 1.12 : 1; }

void draw_rates(Svg& svg, ChartFrame frame, const Series& series, const PictureOptions& options) {
  double most = options.sum_bps.value_or(0) / 1e6;
  for (const Sample& each : series.samples) {
    double sum = 0;
    for (const double rate : each.uplink_bps) sum += rate / 1e6;
    most = std::max({most, sum, each.flow_bps / 1e6});
  }
  frame.most = with_room(most);
  Chart chart(svg, frame);
  std::vector<Point> lower;
  for (const Sample& each : series.samples) lower.push_back({each.at, 0});
  for (size_t i = 0; i < series.uplinks.size(); ++i) {
    std::vector<Point> upper = lower;
    for (size_t j = 0; j < upper.size(); ++j) {
      upper[j].value += series.samples[j].uplink_bps.at(i) / 1e6;
    }
    chart.band(lower, upper, colour_of(i));
    chart.legend_area(series.uplinks[i], colour_of(i));
    lower = std::move(upper);
  }
  std::vector<Point> flow;
  for (const Sample& each : series.samples) flow.push_back({each.at, each.flow_bps / 1e6});
  chart.line(flow, {kFlow, 1.6});
  chart.legend_line("what the flow received", {kFlow});
  if (options.sum_bps) {
    const Stroke stroke{"#555555", 1.2, "6 4"};
    chart.level(*options.sum_bps / 1e6, stroke);
    chart.legend_line("sum of the uplinks alone", stroke);
  }
  for (const Mark& each : series.marks) chart.mark(each);
}

void draw_round_trips(Svg& svg, ChartFrame frame, const Series& series) {
  std::vector<double> values;
  for (const Point& each : series.ping) values.push_back(each.value);
  for (const Sample& each : series.samples) {
    for (const auto& rtt : each.uplink_rtt) {
      if (rtt) values.push_back(*rtt);
    }
  }
  // A few that are far above the rest are cut off rather than all others squeezed.
  frame.most =
      with_room(std::max(bench::percentile(values, 0.99), bench::percentile(values, 1) / 3));
  Chart chart(svg, frame);
  for (size_t i = 0; i < series.uplinks.size(); ++i) {
    std::vector<Point> piece;
    for (const Sample& each : series.samples) {
      if (each.uplink_rtt.at(i)) {
        piece.push_back({each.at, *each.uplink_rtt.at(i)});
        continue;
      }
      chart.line(piece, {colour_of(i), 1.8});
      piece.clear();
    }
    chart.line(piece, {colour_of(i), 1.8});
    chart.legend_line(series.uplinks[i], {colour_of(i)});
  }
  if (!series.ping.empty()) {
    chart.dots(series.ping, 1.7, kPing);
    chart.legend_dot("ping through the bond", 2.5, kPing);
  }
  for (const Mark& each : series.marks) chart.mark({each.at, ""});
}

void draw_reordering(Svg& svg, ChartFrame frame, const Series& series) {
  std::vector<Point> reordered;
  std::vector<Point> retransmitted;
  double most = 10;
  for (const Sample& each : series.samples) {
    reordered.push_back({each.at, each.out_of_order});
    retransmitted.push_back({each.at, each.retransmits});
    most = std::max({most, each.out_of_order, each.retransmits});
  }
  frame.most = with_room(most);
  Chart chart(svg, frame);
  chart.line(reordered, {kReordered, 1.6});
  chart.line(retransmitted, {kRetransmitted, 1.6});
  std::vector<Point> probes;
  for (const double at : series.probe_reordered) probes.push_back({at, frame.most * 0.96});
  chart.legend_line("out of order at the receiver", {kReordered});
  chart.legend_line("sent again", {kRetransmitted});
  if (!probes.empty()) {
    chart.dots(probes, 2, kProbe);
    chart.legend_dot("a numbered UDP packet was reordered", 2.5, kProbe);
  }
  for (const Mark& each : series.marks) chart.mark({each.at, ""});
}

}  // namespace

std::string draw(const Series& series, const PictureOptions& options) {
  Svg svg(kWidth, kHeight);
  svg.rectangle({0, 0}, kWidth, kHeight, "#ffffff");
  svg.text({kLeft, 30}, options.title, Anchor::start, 18, "#111111", true);
  svg.text({kLeft, 51}, options.subtitle, Anchor::start, 13, "#555555");
  const double seconds = series.samples.empty() ? 1 : series.samples.back().at;
  const auto frame = [&](double top, double height, const char* label) {
    return ChartFrame{.corner = {kLeft, top},
                      .width = kPlotWidth,
                      .height = height,
                      .seconds = seconds,
                      .label = label};
  };
  if (options.warm_up_s) {
    for (const auto& [top, height] : {std::pair{98.0, 282.0}, {446.0, 144.0}, {656.0, 94.0}}) {
      svg.rectangle({kLeft, top}, kPlotWidth * std::min(*options.warm_up_s / seconds, 1.0), height,
                    "#f3f3f3");
    }
  }
  draw_rates(svg, frame(98, 282, "Mbit/s, stacked"), series, options);
  draw_round_trips(svg, frame(446, 144, "round trip, ms"), series);
  draw_reordering(svg, frame(656, 94, "packets/s"), series);
  svg.text({kLeft + kPlotWidth, kHeight - 14},
           options.warm_up_s ? "seconds; grey: warm-up, not counted" : "seconds", Anchor::end, 12);
  return svg.finish();
}

}  // namespace wirebraid::scenarios
