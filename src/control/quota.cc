#include "control/quota.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace wirebraid::control {

Date period_start(const Date& today, uint8_t first_day) {
  const std::chrono::day first(first_day);
  const Date this_month = today.year() / today.month() / first;
  return today.day() >= first ? this_month : this_month - std::chrono::months(1);
}

Date next_period(const Date& start) { return start + std::chrono::months(1); }

std::string to_string(const Date& date) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return text.data();
}

std::string_view to_string(Allowance allowance) {
  switch (allowance) {
    case Allowance::ample:
      return "ample";
    case Allowance::reserve:
      return "reserve";
    case Allowance::exhausted:
      return "exhausted";
  }
  return "?";
}

Quota::Quota(const QuotaTerms& terms, const std::optional<QuotaRecord>& record, const Date& today)
    : terms_(terms) {
  record_ = record.value_or(QuotaRecord{{period_start(today, terms.first_day), 0}, {}});
  move_to(today);
  judge();
}

void Quota::set_terms(const QuotaTerms& terms, const Date& today) {
  if (terms == terms_) return;
  terms_ = terms;
  allowance_ = Allowance::ample;
  move_to(today);
  judge();
}

void Quota::count(uint64_t bytes, const Date& today) {
  move_to(today);
  record_.current.used += bytes;
  peak_ = std::max(bytes, peak_ - peak_ / 8);  // forgotten within a few seconds
  judge();
}

void Quota::move_to(const Date& today) {
  QuotaPeriod& current = record_.current;
  const Date start = period_start(today, terms_.first_day);
  if (start == current.start) return;
  if (current.start.day() != start.day()) {
    // Another first day: how the bytes fall to the two periods is not known.
    current.start = start;
    record_.previous.reset();
  } else if (start > current.start) {
    record_.previous = current;
    current = {start, 0};
    allowance_ = Allowance::ample;
  } else if (record_.previous && start == record_.previous->start) {
    // The clock was ahead, and is right again.
    current = {start, record_.previous->used + current.used};
    record_.previous.reset();
  }
  // Else the clock is behind, as after a start without a battery: the period goes on.
}

void Quota::judge() {
  const uint64_t used = record_.current.used;
  if (allowance_ == Allowance::exhausted || used + peak_ >= terms_.bytes) {
    allowance_ = Allowance::exhausted;
  } else {
    allowance_ = used + terms_.reserve >= terms_.bytes ? Allowance::reserve : Allowance::ample;
  }
}

}  // namespace wirebraid::control
