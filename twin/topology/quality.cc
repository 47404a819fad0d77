#include "twin/topology/quality.h"

#include <algorithm>
#include <cmath>

namespace wirebraid::topology {
namespace {

constexpr double kLeastRateShare = 0.01;

double clamped(double share) { return std::isfinite(share) ? std::clamp(share, 0.0, 1.0) : 0; }

/// To 1 / `per_unit`. A division, so that the result prints short.
double rounded(double value, double per_unit) { return std::round(value * per_unit) / per_unit; }

/// Share of the TQ that the way back of quality `q` leaves.
double asymmetry_penalty(double q) { return 1 - (1 - q) * (1 - q) * (1 - q); }

/// p with p * asymmetry_penalty(p) = `tq`, which grows with p.
double symmetric_delivery(double tq) {
  double low = 0;
  double high = 1;
  for (int step = 0; step < 50; ++step) {
    const double middle = (low + high) / 2;
    (middle * asymmetry_penalty(middle) < tq ? low : high) = middle;
  }
  return high;
}

}  // namespace

Delivery delivery_of_tq(double a_to_b, double b_to_a) {
  const double forth = clamped(a_to_b);
  const double back = clamped(b_to_a);
  const double penalty = asymmetry_penalty(symmetric_delivery(std::sqrt(forth * back)));
  if (penalty <= 0) return {forth, back};
  return {clamped(forth / penalty), clamped(back / penalty)};
}

Delivery delivery_of_lq(double lq, double nlq) { return {clamped(nlq), clamped(lq)}; }

Delivery delivery_of_etx(double etx) {
  const double each = etx > 0 ? clamped(std::sqrt(1 / etx)) : 0;
  return {each, each};
}

double quality_of(double value) { return clamped(value > 1 ? 1 / value : value); }

Direction nominal_direction(LinkKind kind, double band_ghz) {
  if (kind == LinkKind::ethernet) return {1000, 0.2, 0, 0};
  if (kind == LinkKind::wan) return {50, 15, 3, 0};
  if (band_ghz == 60) return {1000, 0.5, 0.2, 0};
  if (band_ghz == 24) return {500, 0.5, 0.2, 0};
  if (band_ghz == 6) return {300, 1.5, 1, 0};
  if (band_ghz == 5) return {150, 1.5, 1, 0};
  return {50, 2, 2, 0};  // 2.4 GHz, and where the band is not known
}

Direction shaped(const Direction& nominal, LinkKind kind, double delivery, bool* capped) {
  const double p = clamped(delivery);
  Direction direction = nominal;
  double loss = 1 - p;
  if (kind == LinkKind::radio) {
    loss = std::pow(1 - p, kRadioAttempts);
    direction.rate_mbit = rounded(nominal.rate_mbit * std::max(p, kLeastRateShare), 1'000);
  }
  if (capped != nullptr) *capped = loss > kMostImportedLoss;
  direction.loss = rounded(std::min(loss, kMostImportedLoss), 10'000);
  return direction;
}

}  // namespace wirebraid::topology
