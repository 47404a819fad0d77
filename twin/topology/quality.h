// What a map says of a link's quality, turned into rate and loss. One formula for all formats;
// docs/twin.md has it with its reasons.
//
// Routing daemons measure a delivery probability p per direction: the share of their broadcast
// probes that arrive. Broadcasts go over the air once; a data frame is repeated until it is
// acknowledged, kRadioAttempts times at most. So, for a radio link of nominal rate R,
//
//   rate = R * p                       (1/p transmissions per frame: De Couto et al., A
//                                       High-Throughput Path Metric, MobiCom 2003, section 3)
//   loss = (1 - p) ^ kRadioAttempts
//
// and for ethernet and wan links, where nothing is repeated, rate = R and loss = 1 - p. A link that
// is on the map exists: loss is at most kMostImportedLoss, rate at least 1/100 of the nominal one.
#pragma once

#include "twin/topology/topology.h"

namespace wirebraid::topology {

/// IEEE 802.11-2016 annex C, dot11ShortRetryLimit: default 7.
inline constexpr int kRadioAttempts = 7;
inline constexpr double kMostImportedLoss = 0.9;

/// Probability that a probe arrives, 0 to 1, for each direction.
struct Delivery {
  double a_to_b = 1;
  double b_to_a = 1;
};

/// batman-adv's TQ, 0 to 1 (of 255), as a sees it for a to b and as b sees it for b to a.
/// B.A.T.M.A.N. IV multiplies the probability p of a direction by a penalty for the way back, g = 1
/// - (1 - q)^3 (net/batman-adv/bat_iv_ogm.c, batadv_iv_ogm_calc_tq). Undone as if both ways were
/// alike: with p * g(p) = sqrt(TQ a to b * TQ b to a), each TQ is divided by g(p). Exact for a
/// symmetric link.
Delivery delivery_of_tq(double a_to_b, double b_to_a);

/// OLSR's link quality at a: LQ is the share of b's packets that a receives, NLQ the reverse
/// (olsrd, README-Link-Quality; RFC 7181 leaves metrics open).
Delivery delivery_of_lq(double lq, double nlq);

/// ETX = 1 / (LQ * NLQ), 1 or more, of both ways together: each gets sqrt(1 / ETX).
Delivery delivery_of_etx(double etx);

/// A number that is a quality from 0 to 1, or, above 1, its inverse (batadv-vis: 255 / TQ).
double quality_of(double value);

/// What is taken for granted of a link before its quality is known.
Direction nominal_direction(LinkKind kind, double band_ghz);

/// `nominal` with rate and loss of the formula above, rounded to 0.001 Mbit/s and 0.0001.
/// `capped`, if given, is set if the loss is that of the cap and not of the formula.
Direction shaped(const Direction& nominal, LinkKind kind, double delivery, bool* capped = nullptr);

}  // namespace wirebraid::topology
