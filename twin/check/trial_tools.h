// What trials have in common.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "twin/check/observer.h"
#include "twin/check/result.h"

namespace wirebraid::check {

/// A trial about one subject: `work` fills in the result, and what it throws fails it.
Result trial(const std::string& check, const std::string& subject,
             const std::function<void(Result&)>& work);

/// Runs a command in a node; throws std::runtime_error with what it said if its status is not 0.
std::string must(node::Node& node, const std::string& command,
                 milliseconds limit = milliseconds(60'000));

/// "12.3"
std::string short_number(double value);

double seconds_since(std::chrono::steady_clock::time_point begin);

/// The nodes with uplinks to a server, and those with uplinks to exits.
std::vector<size_t> gateways(const View& view);
std::vector<size_t> exit_users(const View& view);

}  // namespace wirebraid::check
