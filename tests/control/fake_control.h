// What the control socket acts on, for tests of its two ends: it says what it is told to say.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "control/control_session.h"
#include "tests/control/sample_status.h"

namespace wirebraid::testing {

class FakeControl : public control::ControlHandler {
 public:
  const std::string& name() const override { return now.name; }
  control::InterfaceStatus status() override { return now; }
  const control::EventLog& events() override { return log; }
  control::ChangeResult reload() override { return result; }
  control::ChangeResult change(const control::ChangeRequest& request) override {
    changes.push_back(request);
    return result;
  }
  control::ChangeResult confirm() override { return result; }
  control::ChangeResult revert() override { return result; }
  control::ChangeResult start_speed_test(const control::SpeedTestRequest& request) override {
    tests.push_back(request);
    return result;
  }
  nlohmann::json configuration(std::vector<std::string>& errors) override {
    errors = result.errors;
    return shown;
  }

  control::InterfaceStatus now = sample_status();
  control::ChangeResult result;
  control::EventLog log;
  nlohmann::json shown;
  std::vector<control::ChangeRequest> changes;
  std::vector<control::SpeedTestRequest> tests;
};

}  // namespace wirebraid::testing
