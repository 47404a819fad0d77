#include "twin/demo/report.h"

#include "twin/lab/format.h"

namespace wirebraid::demo {
namespace {

double milliseconds_of(std::chrono::microseconds time) {
  return static_cast<double>(time.count()) / 1000;
}

/// One line with its verdict; returns `good`.
bool judge(std::FILE* out, bool good, const char* what, const std::string& value,
           const std::string& wanted) {
  std::fprintf(out, "  %-34s %16s   %s (wanted: %s)\n", what, value.c_str(), good ? "ok" : "FAILED",
               wanted.c_str());
  return good;
}

}  // namespace

double Figures::sum() const {
  double total = 0;
  for (const UplinkFigure& each : alone) total += each.bits_per_second;
  return total;
}

double Figures::share() const { return sum() > 0 ? bond_bits_per_second / sum() : 0; }

bool print_report(std::FILE* out, const Figures& figures) {
  const FailureFigures& failure = figures.failure;
  std::fprintf(out, "\nOne TCP flow (CUBIC), at the receiver:\n");
  for (const UplinkFigure& each : figures.alone) {
    std::fprintf(out, "  %-34s %9.1f Mbit/s\n", (each.name + " alone").c_str(),
                 each.bits_per_second / 1e6);
  }
  std::fprintf(out, "  %-34s %9.1f Mbit/s\n", "the bond", figures.bond_bits_per_second / 1e6);
  bool good = judge(out, figures.share() >= kLeastShare, "share of the sum",
                    lab::with_unit(figures.share() * 100, 1, "%"),
                    "at least " + lab::with_unit(kLeastShare * 100, 0, "%"));

  std::fprintf(out, "\nWhile %s was a blackhole and came back:\n", failure.uplink.c_str());
  std::fprintf(out, "  %-34s %13.1f ms\n", "longest gap, TCP bytes",
               milliseconds_of(failure.tcp_gap));
  std::fprintf(out, "  %-34s %13.1f ms\n", "longest gap, UDP packets",
               milliseconds_of(failure.udp_gap));
  std::fprintf(out, "  %-34s %16llu   (%llu twice, %llu out of order)\n",
               "numbered UDP packets sent", static_cast<unsigned long long>(failure.udp_sent),
               static_cast<unsigned long long>(failure.udp_duplicates),
               static_cast<unsigned long long>(failure.udp_reordered));
  good &= judge(out, failure.flow_survived, "the TCP flow",
                failure.flow_survived ? "survived" : "broken", "every byte, in order");
  good &= judge(out, failure.longest_gap() < kLongestGap, "longest gap in delivery",
                lab::with_unit(milliseconds_of(failure.longest_gap()), 1, "ms"),
                "below " + std::to_string(kLongestGap.count()) + " ms");
  good &= judge(out, failure.udp_sent > 0 && failure.udp_lost == 0, "UDP packets lost for good",
                std::to_string(failure.udp_lost), "none");
  std::fflush(out);
  return good;
}

}  // namespace wirebraid::demo
