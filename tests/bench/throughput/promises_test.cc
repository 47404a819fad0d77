#include "bench/throughput/promises.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bench/throughput/report.h"

namespace wirebraid::throughput {
namespace {

Measurement tcp(double gigabits_per_second, double caused_per_gigabyte) {
  Measurement m{.seconds = 8, .bytes = static_cast<uint64_t>(gigabits_per_second * 1e9)};
  m.cpu.daemons_s = caused_per_gigabyte * gigabits_per_second;
  return m;
}

Measurement echo(double median_us, double p99_us) {
  Measurement m{.seconds = 1, .bytes = 1};
  m.echo = Echo{median_us, p99_us};
  return m;
}

const Promise& promise(const std::vector<Promise>& all, const std::string& load, Kind kind,
                       bool at_least) {
  return *std::find_if(all.begin(), all.end(), [&](const Promise& each) {
    return each.load == load && each.kind == kind && each.at_least == at_least;
  });
}

class PromisesTest : public ::testing::Test {
 protected:
  throughput::Run run_{.systems = systems({}, {}, false), .loads = loads()};
  std::vector<Promise> all_ = promises();
};

TEST_F(PromisesTest, AreAboutLoadsThatThereAre) {
  for (const Promise& each : all_) {
    EXPECT_TRUE(std::any_of(run_.loads.begin(), run_.loads.end(), [&](const Load& load) {
      return load.name == each.load;
    })) << each.load;
  }
}

TEST_F(PromisesTest, ComparePairsOfOneRepeat) {
  // The medians of either alone would say 2.5.
  run_.results["tcp-1-up"]["single"] = {tcp(3, 1), tcp(5, 1), tcp(9, 1)};
  run_.results["tcp-1-up"]["wireguard-go"] = {tcp(2, 5), tcp(1, 5), tcp(6, 5)};
  const auto faster = judge(promise(all_, "tcp-1-up", Kind::single, true), run_);
  ASSERT_EQ(faster.size(), 1u);
  EXPECT_EQ(faster[0].system, "single");
  EXPECT_EQ(faster[0].values, (std::vector<double>{1.5, 5, 1.5}));
  EXPECT_FALSE(faster[0].good);
  const auto cheaper = judge(promise(all_, "tcp-1-up", Kind::single, false), run_);
  ASSERT_EQ(cheaper.size(), 1u);
  EXPECT_NEAR(cheaper[0].values[0], 0.2, 1e-9);
  EXPECT_TRUE(cheaper[0].good);
}

TEST_F(PromisesTest, AnEchoIsADifference) {
  run_.results["echo"]["raw"] = {echo(30, 50)};
  run_.results["echo"]["single"] = {echo(131, 249)};
  std::vector<bool> good;
  for (const Promise& each : all_) {
    if (each.load != "echo") continue;
    for (const Verdict& verdict : judge(each, run_)) good.push_back(verdict.good);
  }
  EXPECT_EQ(good, (std::vector<bool>{false, true}));
}

TEST_F(PromisesTest, SayNothingWithoutAPair) {
  run_.results["tcp-1-up"]["single"] = {tcp(3, 1), tcp(3, 1)};
  run_.results["tcp-1-up"]["wireguard-go"] = {tcp(2, 5)};  // one of its repeats failed
  EXPECT_TRUE(judge(promise(all_, "tcp-1-up", Kind::single, true), run_).empty());
}

TEST_F(PromisesTest, ABondIsComparedWithTheSameEngineAlone) {
  run_.systems = systems({"epoll", "io_uring"}, {}, false);
  run_.results["tcp-1-up"]["single-epoll"] = {tcp(1, 4)};
  run_.results["tcp-1-up"]["bonded-epoll"] = {tcp(1, 5)};
  run_.results["tcp-1-up"]["single-io_uring"] = {tcp(1, 2)};
  run_.results["tcp-1-up"]["bonded-io_uring"] = {tcp(1, 2.2)};
  const auto verdicts = judge(promise(all_, "tcp-1-up", Kind::bonded, false), run_);
  ASSERT_EQ(verdicts.size(), 2u);
  EXPECT_NEAR(verdicts[0].values[0], 1.25, 1e-9);
  EXPECT_FALSE(verdicts[0].good);
  EXPECT_NEAR(verdicts[1].values[0], 1.1, 1e-9);
  EXPECT_TRUE(verdicts[1].good);
}

TEST_F(PromisesTest, TheVersionBeforeIsAReferenceOnly) {
  run_.systems = systems({"epoll"}, {}, true);
  run_.results["tcp-1-up"]["single-epoll-before"] = {tcp(1, 4)};
  run_.results["tcp-1-up"]["single-epoll"] = {tcp(1, 2)};
  run_.results["tcp-1-up"]["wireguard-go"] = {tcp(5, 10)};
  std::vector<std::string> judged;
  for (const Promise& each : all_) {
    for (const Verdict& verdict : judge(each, run_)) {
      judged.push_back(verdict.system);
      EXPECT_NEAR(verdict.values[0], each.before ? 0.5 : 0.2, 1e-9) << each.text;
    }
  }
  EXPECT_EQ(judged, (std::vector<std::string>(3, "single-epoll")));
}

TEST_F(PromisesTest, TheJsonHasEveryRepeat) {
  run_.results["tcp-1-up"]["single"] = {tcp(3, 1), tcp(5, 1)};
  run_.errors = {"echo through raw: no end"};
  const auto json = nlohmann::json::parse(to_json(run_));
  EXPECT_EQ(json["schema"], "wirebraid-throughput");
  EXPECT_EQ(json["version"], kJsonVersion);
  const auto& repeats = json["loads"][0]["repeats"]["single"];
  ASSERT_EQ(repeats.size(), 2u);
  EXPECT_DOUBLE_EQ(repeats[0]["bps"], 3e9);
  EXPECT_DOUBLE_EQ(repeats[0]["daemons_cpu_s"], 3);
  EXPECT_TRUE(json["loads"][0]["repeats"]["raw"].empty());
  EXPECT_EQ(json["errors"].size(), 1u);
}

}  // namespace
}  // namespace wirebraid::throughput
