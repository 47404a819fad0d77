// Any text is either a configuration or at least one error, and never a crash.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "control/class_rule.h"
#include "control/config.h"

// The name is libFuzzer's. NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace wirebraid::control;
  const ConfigResult result =
      parse_config({reinterpret_cast<const char*>(data), size}, "/nonexistent/fuzz.conf");
  if (result.config.has_value() != result.errors.empty()) std::abort();
  if (result.config) {
    for (const auto& uplink : result.config->uplinks) {
      private_key_of(*result.config, uplink);
      if (reserve_of(uplink) > uplink.quota) std::abort();
    }
    for (const auto& each : result.config->classes) {
      if (each.bond.empty() || to_words(each.rule).empty()) std::abort();
    }
  }
  for (const auto& error : result.errors) {
    if (error.to_string().find('\n') != std::string::npos) std::abort();
  }
  return 0;
}
