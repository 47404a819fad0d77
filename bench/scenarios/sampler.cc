#include "bench/scenarios/sampler.h"

namespace wirebraid::scenarios {

using std::chrono::steady_clock;

uint64_t delivered_bytes(const lab::Uplink& uplink, bool download) {
  return uplink.wire().statistics(download ? fabric::End::b : fabric::End::a).delivered_bytes;
}

Sampler::Sampler(const lab::BondedLab& lab, bool download)
    : lab_(lab), download_(download), started_(steady_clock::now()), last_(started_) {
  for (const lab::Uplink& each : lab.topology().uplinks()) {
    series_.uplinks.push_back(each.name());
    delivered_.push_back(delivered_bytes(each, download));
  }
}

double Sampler::seconds_since_start() const {
  return std::chrono::duration<double>(steady_clock::now() - started_).count();
}

void Sampler::sample(const BulkCounters& flow) {
  const auto now = steady_clock::now();
  const double elapsed = std::chrono::duration<double>(now - last_).count();
  last_ = now;
  const auto per_second = [&](uint64_t after, uint64_t before) {
    return (static_cast<double>(after) - static_cast<double>(before)) / elapsed;
  };
  Sample sample;
  sample.at = std::chrono::duration<double>(now - started_).count();
  sample.flow_bps = per_second(flow.received, flow_.received) * 8;
  sample.out_of_order = per_second(flow.out_of_order, flow_.out_of_order);
  sample.retransmits = per_second(flow.retransmits, flow_.retransmits);
  flow_ = flow;

  std::vector<uint64_t> delivered;
  for (const lab::Uplink& each : lab_.topology().uplinks()) {
    delivered.push_back(delivered_bytes(each, download_));
    const uint64_t before = delivered_[delivered.size() - 1];
    sample.uplink_bps.push_back(per_second(delivered.back(), before) * 8);
  }
  delivered_ = delivered;

  // Round trips are known where data is sent.
  const auto view = (download_ ? lab_.server() : lab_.gateway()).status();
  for (const lab::Uplink& each : lab_.topology().uplinks()) {
    const lab::UplinkView* const seen = view ? view->uplink(each.name()) : nullptr;
    std::optional<double> rtt;
    if (seen != nullptr && seen->up() && seen->rtt_us) {
      rtt = static_cast<double>(*seen->rtt_us) / 1000;
    }
    sample.uplink_rtt.push_back(rtt);
  }
  series_.samples.push_back(std::move(sample));
}

}  // namespace wirebraid::scenarios
