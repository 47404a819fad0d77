// What a metered uplink has used of its monthly quota, and what it may still be used for. Counting
// and the calendar only: dates and bytes are passed in.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wirebraid/bond.h"

namespace wirebraid::control {

using Date = std::chrono::year_month_day;

/// First day of the month of counting in which `today` lies, if each starts on `first_day` (1 to
/// 28).
Date period_start(const Date& today, uint8_t first_day);
/// First day of the next one.
Date next_period(const Date& start);
/// "2026-11-01"
std::string to_string(const Date& date);
std::string_view to_string(Allowance allowance);

struct QuotaTerms {
  uint64_t bytes = 0;    ///< per period, both directions together
  uint64_t reserve = 0;  ///< the part of it for when no other uplink is up
  uint8_t first_day = 1;
  friend bool operator==(const QuotaTerms&, const QuotaTerms&) = default;
};

/// What is kept over a restart.
struct QuotaPeriod {
  Date start{};
  uint64_t used = 0;  ///< bytes
  friend bool operator==(const QuotaPeriod&, const QuotaPeriod&) = default;
};
struct QuotaRecord {
  QuotaPeriod current;
  /// The one before: a clock that was wrong for a while must not start the month anew.
  std::optional<QuotaPeriod> previous;
  friend bool operator==(const QuotaRecord&, const QuotaRecord&) = default;
};

class Quota {
 public:
  /// `record`: of an earlier run, if there is one.
  Quota(const QuotaTerms& terms, const std::optional<QuotaRecord>& record, const Date& today);

  /// Other terms, by a reload. What was used stays used.
  void set_terms(const QuotaTerms& terms, const Date& today);
  /// `bytes` have passed since the last call, which was a tick ago.
  void count(uint64_t bytes, const Date& today);

  /// `exhausted` already when one more tick like the busiest of late would exceed the quota, and
  /// from then on until the next period.
  Allowance allowance() const { return allowance_; }
  const QuotaTerms& terms() const { return terms_; }
  const QuotaRecord& record() const { return record_; }
  uint64_t used() const { return record_.current.used; }
  Date next_reset() const { return next_period(record_.current.start); }

 private:
  void move_to(const Date& today);
  void judge();

  QuotaTerms terms_;
  QuotaRecord record_;
  uint64_t peak_ = 0;  ///< bytes in one tick, of late
  Allowance allowance_ = Allowance::ample;
};

}  // namespace wirebraid::control
