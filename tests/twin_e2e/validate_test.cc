// The whole of the twin, with real kernels in QEMU: a good firmware is found good, and broken ones
// bad, each for its own reason. Takes minutes, most of which are processor time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <iostream>

#include "io/system_platform.h"
#include "tests/twin_e2e/firmwares.h"
#include "twin/lab/scratch_directory.h"
#include "twin/topology/reader.h"
#include "twin/validate/validation.h"

namespace wirebraid::validate {
namespace {

using check::Outcome;
using check::Result;
using ::testing::HasSubstr;
using ::testing::Not;
using twin_e2e::Fault;

topology::Topology load(const std::string& name) {
  const auto result =
      topology::load_topology(WIREBRAID_SOURCE_DIR "/tests/twin/validate/data/" + name);
  EXPECT_TRUE(result.topology) << (result.errors.empty() ? "" : result.errors.front().to_string());
  return result.topology.value_or(topology::Topology());
}

void say(const std::string& text) { std::clog << text << std::endl; }
bool go_on() { return false; }

/// Everything that failed, for messages.
std::string failures(const Verdict& verdict) {
  std::string text = verdict.aborted + "\n";
  for (const Step& step : verdict.steps) {
    for (const Result& each : step.results) {
      if (each.outcome != Outcome::failed) continue;
      text += step.name + ": " + each.check + " " + each.subject + ": " + each.message + "\n" +
              each.evidence.substr(0, 2000) + "\n";
    }
  }
  for (const Comparison& each : verdict.comparisons) {
    if (each.outcome == Outcome::failed) {
      text += "comparison: " + each.check + " " + each.subject + ": " + each.message + "\n";
    }
  }
  return text;
}

ValidationOptions options_for(const lab::ScratchDirectory& scratch) {
  ValidationOptions options;
  options.twin.directory = scratch.path();
  options.mirror = "gw";
  return options;
}

/// One gateway, one household and the server, with what takes longest left out.
ValidationOptions short_options(const lab::ScratchDirectory& scratch) {
  ValidationOptions options = options_for(scratch);
  options.plan = *parse_flash_plan("nodes house,gw");
  options.power_cut = options.go_back = false;
  options.settle_limit = std::chrono::seconds(60);
  return options;
}

TEST(Validate, TellsAGoodFirmwareFromOneWithoutBatman) {
  const lab::ScratchDirectory scratch("validate");
  io::SystemPlatform platform;
  ValidationOptions options = short_options(scratch);
  options.twin.image = twin_e2e::old_firmware();
  options.new_images = {twin_e2e::broken_firmware(Fault::no_batman), twin_e2e::new_firmware()};
  options.trials = {"ping", "failover"};
  Validation validation(load("one-house.json"), options, platform, say, go_on);
  const std::vector<Verdict> verdicts = validation.run();
  ASSERT_EQ(verdicts.size(), 2u);
  EXPECT_FALSE(verdicts[0].good());
  EXPECT_THAT(failures(verdicts[0]), HasSubstr("interfaces house: bat0 is not there"));
  EXPECT_TRUE(verdicts[1].good()) << failures(verdicts[1]);
  EXPECT_EQ(verdicts[1].new_firmware.version, "2.0");
}

// Left out of `./dev test`: `./dev twin-test` runs them.

TEST(LongValidate, SixNodesInTwoVillagesAreUpgraded) {
  const lab::ScratchDirectory scratch("validate");
  io::SystemPlatform platform;
  ValidationOptions options = options_for(scratch);
  options.twin.image = twin_e2e::old_firmware();
  options.new_images = {twin_e2e::new_firmware()};
  Validation validation(load("two-villages.json"), options, platform, say, go_on);
  const std::vector<Verdict> verdicts = validation.run();
  ASSERT_EQ(verdicts.size(), 1u);
  EXPECT_TRUE(verdicts.front().good()) << failures(verdicts.front());
}

TEST(LongValidate, BrokenFirmwaresAreBadForTheirOwnReasons) {
  const lab::ScratchDirectory scratch("validate");
  io::SystemPlatform platform;
  ValidationOptions options = short_options(scratch);
  options.twin.image = twin_e2e::old_firmware();
  constexpr std::array kFaults{Fault::no_batman, Fault::oops, Fault::lost_config,
                               Fault::other_frames, Fault::slow};
  for (const Fault fault : kFaults) options.new_images.push_back(twin_e2e::broken_firmware(fault));
  options.trials = {"throughput"};
  Validation validation(load("one-house.json"), options, platform, say, go_on);
  const std::vector<Verdict> verdicts = validation.run();
  ASSERT_EQ(verdicts.size(), kFaults.size());
  for (const Verdict& verdict : verdicts) {
    EXPECT_FALSE(verdict.good()) << verdict.new_firmware.name;
  }
  EXPECT_THAT(failures(verdicts[0]), HasSubstr("interfaces house: bat0 is not there"));
  EXPECT_THAT(failures(verdicts[1]), HasSubstr("sysupgrade house: the new firmware does not boot"));
  EXPECT_THAT(failures(verdicts[1]), HasSubstr("sysrq triggered crash"));
  EXPECT_THAT(failures(verdicts[2]), HasSubstr("configuration house: not what it was before"));
  EXPECT_THAT(failures(verdicts[3]), HasSubstr("mesh after flash gw: uplinks gw: "));
  EXPECT_THAT(failures(verdicts[4]), HasSubstr("comparison: throughput house -> gw: "));
  // And for no other reason before.
  for (const size_t i : {size_t{3}, size_t{4}}) {
    EXPECT_THAT(failures(verdicts[i]), Not(HasSubstr("mesh after flash house")));
  }
}

}  // namespace
}  // namespace wirebraid::validate
