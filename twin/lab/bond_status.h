// What `wirebraid show INTERFACE --json` says, as far as tests and the demo look at it. The lab
// reads it as any other user would, so it knows only the JSON (src/control/status.h describes it).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wirebraid::lab {

/// Members that the JSON does not have keep the values given here.
struct UplinkView {
  std::string name;
  std::string state = "?";
  std::string unused_reason{};
  std::string endpoint{};
  std::optional<uint64_t> rtt_us{};
  std::optional<double> loss_ratio{};
  std::optional<uint64_t> capacity_bps{};
  bool up() const { return state == "up"; }
};

struct BondView {
  std::string name;
  std::vector<UplinkView> uplinks{};
  uint64_t resent = 0;
  uint64_t duplicates = 0;
};

struct InterfaceView {
  std::string engine = "?";
  std::string engine_reason{};
  std::vector<BondView> bonds{};

  /// In any bond; nullptr if there is none of that name.
  const UplinkView* uplink(std::string_view name) const;
};

/// Nothing if `text` is not a JSON object.
std::optional<InterfaceView> parse_interface_view(std::string_view text);
/// The same as the control socket has it: the answer's "status". Nothing if it has none.
std::optional<InterfaceView> parse_show_answer(std::string_view text);

}  // namespace wirebraid::lab
