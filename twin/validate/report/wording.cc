#include "twin/validate/report/wording.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>

namespace wirebraid::validate {
namespace {

std::string fixed(double number, int digits) {
  std::array<char, 400> text{};  // a double has up to 309 digits before the point
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number,
                                 std::chars_format::fixed, digits);
  return {text.data(), end.ptr};
}

std::string short_form(double number) {
  std::array<char, 40> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::general, 3);
  return {text.data(), end.ptr};
}

std::string without_last_zeros(std::string number) {
  number.erase(number.find_last_not_of('0') + 1);
  if (number.back() == '.') number.pop_back();
  return number;
}

std::string two_digits(int64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); }

/// What can be counted in whole seconds; a century is more than any validation takes.
double sane(double seconds) { return seconds > 0 ? std::min(seconds, 3.2e9) : 0; }

}  // namespace

std::string figure_text(double figure) {
  if (!std::isfinite(figure)) return "not a number";
  const double size = std::fabs(figure);
  if (size == 0) return "0";
  return size < 0.001 || size >= 1e15 ? short_form(figure) : without_last_zeros(fixed(figure, 3));
}

std::string seconds_text(double seconds) { return fixed(sane(seconds), 3); }

std::string duration_text(double seconds) {
  seconds = sane(seconds);
  if (seconds < 59.95) return without_last_zeros(fixed(seconds, 1)) + " s";
  const int64_t whole = std::llround(seconds);
  if (whole < 3600) return std::to_string(whole / 60) + " min " + two_digits(whole % 60) + " s";
  const int64_t minutes = std::llround(seconds / 60);
  return std::to_string(minutes / 60) + " h " + two_digits(minutes % 60) + " min";
}

std::string change_text(double before, double after) {
  if (before == after) return "0 %";
  const double percent = (after - before) / std::fabs(before) * 100;
  if (!std::isfinite(percent)) return "—";
  const std::string size = without_last_zeros(fixed(std::fabs(percent), 1));
  if (size == "0") return "0 %";
  return (percent < 0 ? "−" : "+") + size + " %";
}

std::string count_text(size_t count, std::string_view thing) {
  return std::to_string(count) + " " + std::string(thing) + (count == 1 ? "" : "s");
}

std::optional<std::string> time_after(const std::string& begun_at, double seconds) {
  using namespace std::chrono;
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  if (std::sscanf(begun_at.c_str(), "%4d-%2u-%2uT%2u:%2u:%2u", &year, &month, &day, &hour, &minute,
                  &second) != 6) {
    return std::nullopt;
  }
  const year_month_day date{std::chrono::year(year), std::chrono::month(month),
                            std::chrono::day(day)};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const auto time = sys_days(date) + hours(hour) + minutes(minute) +
                    std::chrono::seconds(int64_t{second} + std::llround(std::floor(sane(seconds))));
  const auto midnight = floor<days>(time);
  const year_month_day then{midnight};
  const hh_mm_ss clock{time - midnight};
  return std::to_string(static_cast<int>(then.year())) + "-" +
         two_digits(static_cast<unsigned>(then.month())) + "-" +
         two_digits(static_cast<unsigned>(then.day())) + "T" + two_digits(clock.hours().count()) +
         ":" + two_digits(clock.minutes().count()) + ":" + two_digits(clock.seconds().count());
}

}  // namespace wirebraid::validate
