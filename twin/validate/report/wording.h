// Numbers and times as reports say them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace wirebraid::validate {

/// "12.5": at most three digits behind the point, more only of numbers below 0.001.
std::string figure_text(double figure);

/// "12.345", for machines.
std::string seconds_text(double seconds);

/// "12.3 s", "4 min 05 s", "1 h 03 min"
std::string duration_text(double seconds);

/// "+12.5 %", "−3 %", "0 %"; "—" if there is none, since it was 0 before.
std::string change_text(double before, double after);

/// "1 node", "2 nodes"
std::string count_text(size_t count, std::string_view thing);

/// `begun_at` (ISO 8601, UTC) and some seconds: "2026-11-28T11:34:11", as JUnit wants it, without a
/// zone. Nothing if `begun_at` is no time.
std::optional<std::string> time_after(const std::string& begun_at, double seconds);

}  // namespace wirebraid::validate
