// One connection to the control socket: requests and answers, a line of JSON each
// (docs/control-protocol.md).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "control/config_change.h"
#include "control/event_log.h"
#include "control/speed_test.h"
#include "control/status.h"
#include "control/unix_server.h"

namespace wirebraid::control {

/// Version of the protocol.
inline constexpr int kControlProtocol = 1;
/// Longer request lines end the connection.
inline constexpr size_t kMaxRequestBytes = size_t{64} << 10;

/// What the requests act on. Called from turns of the engine.
class ControlHandler {
 public:
  virtual ~ControlHandler() = default;
  /// Of the interface.
  virtual const std::string& name() const = 0;
  virtual InterfaceStatus status() = 0;
  virtual const EventLog& events() = 0;
  virtual ChangeResult reload() = 0;
  virtual ChangeResult change(const ChangeRequest& request) = 0;
  virtual ChangeResult confirm() = 0;
  virtual ChangeResult revert() = 0;
  virtual ChangeResult start_speed_test(const SpeedTestRequest& request) = 0;
  /// The member "configuration" of the answer. On failure null, and `errors` says why.
  virtual nlohmann::json configuration(std::vector<std::string>& errors) = 0;
};

class ControlSession : public UnixSession {
 public:
  explicit ControlSession(ControlHandler& handler) : handler_(handler) {}
  bool on_bytes(std::string_view bytes, std::string& output) override;

 private:
  nlohmann::json answer(std::string_view line);
  nlohmann::json answer_events(const nlohmann::json& request);
  nlohmann::json answer_change(const nlohmann::json& request);
  nlohmann::json answer_speed_test(const nlohmann::json& request);
  void tell_events(std::string& output);

  ControlHandler& handler_;
  std::string pending_;  // at most one read beyond kMaxRequestBytes
  bool follows_ = false;
  uint64_t told_ = 0;  // number of the last event that it knows, if it follows
};

}  // namespace wirebraid::control
