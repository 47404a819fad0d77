// A metered uplink: counted, spared, shown, and remembered over a restart.
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

#include "tests/e2e/two_lines.h"
#include "twin/lab/tcp_flow.h"

namespace wirebraid::e2e {
namespace {

using ::testing::HasSubstr;

// So that the metered one has to help: nothing slows down either of them.
constexpr const char* kSlow = "RateUp = 30M\n";

class Quotas : public TwoLines {
 protected:
  void SetUp() override {
    TwoLines::SetUp();
    if (IsSkipped()) return;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread runs yet
    ::setenv("WIREBRAID_STATE_DIR", directory.c_str(), 1);
    start_server();
  }
  void TearDown() override {
    ::unsetenv("WIREBRAID_STATE_DIR");  // NOLINT(concurrency-mt-unsafe)
    gateway_daemon.reset();
    server_daemon.reset();
    TwoLines::TearDown();
  }
  void start_metered(const std::string& lines) {
    start_gateway({.uplink0 = lines, .uplink1 = kSlow});
    ASSERT_TRUE(uplink_becomes("zero", "up") && uplink_becomes("one", "up")) << log(gateway_name());
  }
  bool transfers(uint64_t bytes) const {
    lab::TcpFlow flow(*server, *gateway,
                      {.address = kBehindServer4, .download = false, .bytes = bytes});
    return flow.finish().intact;
  }
  nlohmann::json quota() const { return uplink("zero")["quota"]; }
  bool allowance_becomes(const std::string& wanted) const {
    return lab::wait_until([&] { return quota()["allowance"] == wanted; }, lab::milliseconds(5000));
  }
  std::string state_file() const { return directory / (gateway_name() + ".json"); }
};

TEST_F(Quotas, AreUsedUpAndTheOtherUplinkCarriesOn) {
  start_metered("Quota = 3M\nQuotaReserve = 1M\n");
  EXPECT_EQ(quota()["bytes"], 3'000'000);
  EXPECT_EQ(quota()["reserve_bytes"], 1'000'000);
  EXPECT_EQ(quota()["allowance"], "ample");
  // Of the daemon's state nothing is written before there is something to keep.
  for (int i = 0; i < 40 && quota()["allowance"] == "ample"; ++i) EXPECT_TRUE(transfers(1'000'000));
  EXPECT_NE(quota()["allowance"], "ample");
  EXPECT_TRUE(lab::wait_until([&] { return !uplink("zero")["unused_reason"].empty(); },
                              lab::milliseconds(3000)));
  const uint64_t used = quota()["used_bytes"];
  const uint64_t carried = uplink("one")["tx_bytes"];
  EXPECT_TRUE(transfers(3'000'000)) << "over the other uplink";
  EXPECT_GT(uplink("one")["tx_bytes"].get<uint64_t>(), carried + 3'000'000);
  // Acknowledgements, reports and probes at most.
  EXPECT_LT(quota()["used_bytes"].get<uint64_t>(), used + 500'000);
  EXPECT_THAT(lab::run_command({programs().control, "show", gateway_name()}),
              HasSubstr(" of 3.00 MB used, "));

  EXPECT_EQ(gateway_daemon->stop(), 0);
  gateway_daemon.reset();
  const auto kept = nlohmann::json::parse(std::ifstream(state_file()));
  EXPECT_GE(kept["quotas"]["zero"]["used_bytes"].get<uint64_t>(), used);
  start_metered("Quota = 3M\nQuotaReserve = 1M\n");
  EXPECT_GE(quota()["used_bytes"].get<uint64_t>(), used);
  EXPECT_NE(quota()["allowance"], "ample");

  // A larger contract, without touching the session.
  const auto since = uplink("zero")["state_since_s"];
  write(config_file(gateway_name()), gateway_text({.uplink0 = "Quota = 1G\n", .uplink1 = kSlow}));
  EXPECT_EQ(reload(gateway_name()).status, 0);
  EXPECT_TRUE(allowance_becomes("ample"));
  EXPECT_EQ(quota()["reserve_bytes"], 100'000'000);
  EXPECT_EQ(uplink("zero")["state_since_s"], since);
  EXPECT_GE(quota()["used_bytes"].get<uint64_t>(), used);
}

TEST_F(Quotas, ABrokenFileIsSetAside) {
  write(state_file(), "{\"version\": 1, \"quotas\": {");
  start_metered("Quota = 3M\n");
  EXPECT_THAT(log(gateway_name()), HasSubstr("set aside as " + state_file() + ".bad"));
  EXPECT_EQ(quota()["allowance"], "ample");
  EXPECT_EQ(gateway_daemon->stop(), 0);
  EXPECT_TRUE(nlohmann::json::parse(std::ifstream(state_file()), nullptr, false).is_object());
}

TEST_F(Quotas, ClassesAreShown) {
  std::string text = gateway_text({});
  text +=
      "[Class voice]\nMode = redundant\nProtocol = udp\nDSCP = ef\n"
      "[Class shell]\nMode = failover\nUplinks = one\nPort = 22\n";
  start_gateway();
  ASSERT_TRUE(uplink_becomes("zero", "up") && uplink_becomes("one", "up")) << log(gateway_name());
  write(config_file(gateway_name()), text);
  EXPECT_EQ(reload(gateway_name()).status, 0);
  EXPECT_EQ(
      run_to_end({"ping", "-c3", "-i0.1", "-W2", kBehindServer4}, {.inside = &*gateway}).status, 0);
  const auto shown = status(gateway_name());
  const auto& classes = shown["bonds"][0]["classes"];
  ASSERT_EQ(classes.size(), 3u);
  EXPECT_EQ(classes[0]["name"], "voice");
  EXPECT_EQ(classes[0]["rule"], "udp, dscp ef");
  EXPECT_EQ(classes[0]["mode"], "redundant");
  EXPECT_EQ(classes[0]["effective_mode"], "redundant");
  EXPECT_EQ(classes[0]["uplinks"].size(), 2u);
  EXPECT_EQ(classes[0]["packets"], 0);
  EXPECT_EQ(classes[1]["name"], "shell");
  EXPECT_EQ(classes[1]["uplinks"], nlohmann::json::array({"one"}));
  EXPECT_EQ(classes[2]["name"], "");
  EXPECT_EQ(classes[2]["mode"], "packet");
  EXPECT_GE(classes[2]["packets"], 3);
}

}  // namespace
}  // namespace wirebraid::e2e
