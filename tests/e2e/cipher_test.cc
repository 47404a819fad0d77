// Daemons with every crypto library that there is.
#include <gmock/gmock.h>

#include "tests/e2e/two_lines.h"
#include "twin/lab/tcp_flow.h"
#include "wirebraid/crypto/aead.h"

namespace wirebraid::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class Ciphers : public TwoLines {};

// The server takes the fastest, the gateway each in turn.
TEST_F(Ciphers, UnderstandEachOther) {
  start_server();
  const auto backends = crypto::make_aead_backends();
  EXPECT_THAT(log(server_name()),
              AllOf(HasSubstr("cipher "),
                    HasSubstr(backends.size() > 1 ? ": fastest: " : ": the only one here")));
  for (const auto& backend : backends) {
    const std::string name(backend->name());
    start_gateway({.interface = "Cipher = " + name + "\n"});
    ASSERT_TRUE(uplink_becomes("zero", "up")) << log(gateway_name());
    EXPECT_THAT(log(gateway_name()), HasSubstr("cipher " + name + ": as configured"));
    EXPECT_EQ(status(gateway_name())["cipher"], name);
    EXPECT_EQ(status(gateway_name())["cipher_reason"], "as configured");
    for (const bool download : {false, true}) {
      lab::TcpFlow flow(*server, *gateway,
                        {.address = kBehindServer4, .download = download, .bytes = 3'000'000});
      EXPECT_TRUE(flow.finish().intact) << name;
    }
    EXPECT_EQ(gateway_daemon->stop(), 0) << log(gateway_name());
  }
}

TEST_F(Ciphers, StayWhenTheFileChanges) {
  start_both();
  ASSERT_TRUE(uplink_becomes("zero", "up")) << log(gateway_name());
  const std::string before = status(gateway_name())["cipher"];
  write(config_file(gateway_name()), gateway_text({.interface = "Cipher = libsodium\n"}));
  const Outcome changed = reload(gateway_name());
  EXPECT_EQ(changed.status, 0) << changed.errors;
  const std::string warning =
      "[Interface] Cipher: takes effect at the next start; until then " + before + " goes on";
  EXPECT_THAT(log(gateway_name()), HasSubstr(warning));
  EXPECT_EQ(status(gateway_name())["cipher"], before);
  EXPECT_EQ(uplink("zero")["state"], "up");

  write(config_file(gateway_name()), gateway_text({.interface = "Cipher = aes\n"}));
  const Outcome bad = reload(gateway_name());
  EXPECT_EQ(bad.status, 1);
  EXPECT_THAT(bad.errors, HasSubstr("[Interface] Cipher: 'aes' is not a cipher: auto"));
}

}  // namespace
}  // namespace wirebraid::e2e
