#include "twin/topology/quality.h"

#include <gtest/gtest.h>

#include <cmath>

namespace wirebraid::topology {
namespace {

constexpr double kNear = 1e-9;

/// What batman-adv would show for these probabilities (net/batman-adv/bat_iv_ogm.c).
double tq(double forth, double back) { return forth * (1 - std::pow(1 - back, 3)); }

TEST(Quality, TqOfASymmetricLinkIsUndoneExactly) {
  for (const double p : {0.05, 0.3, 0.5, 0.8, 0.95, 1.0}) {
    const Delivery delivery = delivery_of_tq(tq(p, p), tq(p, p));
    EXPECT_NEAR(delivery.a_to_b, p, kNear);
    EXPECT_NEAR(delivery.b_to_a, p, kNear);
  }
}

TEST(Quality, TqKeepsWhichDirectionIsBetter) {
  const Delivery delivery = delivery_of_tq(tq(0.9, 0.6), tq(0.6, 0.9));
  EXPECT_NEAR(delivery.a_to_b, 0.9, 0.05);
  EXPECT_NEAR(delivery.b_to_a, 0.6, 0.05);
  const Delivery turned = delivery_of_tq(tq(0.6, 0.9), tq(0.9, 0.6));
  EXPECT_EQ(turned.a_to_b, delivery.b_to_a);
  EXPECT_EQ(turned.b_to_a, delivery.a_to_b);
}

TEST(Quality, StrangeTqsStayProbabilities) {
  for (const double a : {-1.0, 0.0, 0.01, 1.0, 7.0, std::nan("")}) {
    for (const double b : {-1.0, 0.0, 0.01, 1.0, 7.0}) {
      const Delivery delivery = delivery_of_tq(a, b);
      EXPECT_TRUE(delivery.a_to_b >= 0 && delivery.a_to_b <= 1) << a << " " << b;
      EXPECT_TRUE(delivery.b_to_a >= 0 && delivery.b_to_a <= 1) << a << " " << b;
    }
  }
}

TEST(Quality, LqIsWhatArrivesAtTheOneWhoTells) {
  const Delivery delivery = delivery_of_lq(0.25, 0.75);
  EXPECT_EQ(delivery.a_to_b, 0.75);
  EXPECT_EQ(delivery.b_to_a, 0.25);
}

TEST(Quality, EtxIsSharedByBothDirections) {
  EXPECT_EQ(delivery_of_etx(1).a_to_b, 1);
  EXPECT_NEAR(delivery_of_etx(4).a_to_b, 0.5, kNear);
  EXPECT_NEAR(delivery_of_etx(4).b_to_a, 0.5, kNear);
  EXPECT_EQ(delivery_of_etx(0).a_to_b, 0);
  EXPECT_EQ(delivery_of_etx(0.5).a_to_b, 1);
}

TEST(Quality, AboveOneANumberIsAnInverse) {
  EXPECT_EQ(quality_of(0.3), 0.3);
  EXPECT_EQ(quality_of(1), 1);
  EXPECT_EQ(quality_of(4), 0.25);
  EXPECT_EQ(quality_of(-3), 0);
}

TEST(Quality, RadioRepeatsAndGetsSlower) {
  const Direction nominal{100, 2, 1, 0};
  EXPECT_EQ(shaped(nominal, LinkKind::radio, 1), nominal);
  // Seven attempts: 0.5 ^ 7 = 0.0078.
  EXPECT_EQ(shaped(nominal, LinkKind::radio, 0.5), (Direction{50, 2, 1, 0.0078}));
  EXPECT_EQ(shaped(nominal, LinkKind::radio, 0.9).rate_mbit, 90);
  EXPECT_EQ(shaped(nominal, LinkKind::radio, 0.9).loss, 0);
}

TEST(Quality, CablesAndTunnelsLose) {
  const Direction nominal{100, 2, 1, 0};
  EXPECT_EQ(shaped(nominal, LinkKind::wan, 0.97), (Direction{100, 2, 1, 0.03}));
  EXPECT_EQ(shaped(nominal, LinkKind::ethernet, 0.5), (Direction{100, 2, 1, 0.5}));
}

TEST(Quality, ALinkOnTheMapIsNeverDead) {
  const Direction nominal{100, 2, 1, 0};
  bool capped = false;
  EXPECT_EQ(shaped(nominal, LinkKind::radio, 0, &capped), (Direction{1, 2, 1, 0.9}));
  EXPECT_TRUE(capped);
  EXPECT_EQ(shaped(nominal, LinkKind::wan, 0.01, &capped), (Direction{100, 2, 1, 0.9}));
  EXPECT_TRUE(capped);
  shaped(nominal, LinkKind::wan, 0.2, &capped);
  EXPECT_FALSE(capped);
}

}  // namespace
}  // namespace wirebraid::topology
