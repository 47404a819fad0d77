#include "twin/check/trial_tools.h"

#include <array>
#include <cstdio>
#include <stdexcept>

namespace wirebraid::check {

Result trial(const std::string& check, const std::string& subject,
             const std::function<void(Result&)>& work) {
  Result result{.check = check, .subject = subject, .outcome = Outcome::passed, .message = {}};
  try {
    work(result);
  } catch (const std::exception& error) {
    fail(result, "it could not be tried to its end", error.what());
  }
  return result;
}

std::string must(node::Node& node, const std::string& command, milliseconds limit) {
  node::CommandResult result = node.run(command, limit);
  if (result.status != 0) {
    throw std::runtime_error(node.name() + ": `" + command + "` ended with " +
                             std::to_string(result.status) + "\n" + result.output);
  }
  return std::move(result.output);
}

std::string short_number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f", value);
  return text.data();
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

std::vector<size_t> gateways(const View& view) {
  std::vector<size_t> found;
  for (size_t i = 0; i < view.plan.nodes.size(); ++i) {
    if (!view.plan.nodes[i].uplinks.empty()) found.push_back(i);
  }
  return found;
}

std::vector<size_t> exit_users(const View& view) {
  std::vector<size_t> found;
  for (size_t i = 0; i < view.plan.nodes.size(); ++i) {
    if (!view.plan.nodes[i].exits.empty()) found.push_back(i);
  }
  return found;
}

}  // namespace wirebraid::check
