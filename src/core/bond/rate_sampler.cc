#include "core/bond/rate_sampler.h"

#include <algorithm>

namespace wirebraid {

namespace {
constexpr uint32_t kSpacing = 2'000;         // microseconds between marks, to bound their number
constexpr uint32_t kLongest = 1'000'000;     // further back, too much has happened
constexpr int64_t kLongestWindow = 500'000;  // so that a mark is found in between
constexpr size_t kMaxMarks = 512;
}  // namespace

std::optional<RateSampler::Sample> RateSampler::add(const Mark& mark, Duration window) {
  const auto age = [&](const Mark& other) { return mark.received_at - other.received_at; };
  const auto wanted = static_cast<uint32_t>(std::min<int64_t>(window.count(), kLongestWindow));
  // The newest that is old enough is the base; what is older is of no use any more.
  while (marks_.size() > 1 && age(marks_[1]) >= wanted) marks_.pop_front();
  std::optional<Sample> sample;
  if (!marks_.empty() && age(marks_.front()) >= wanted) {
    const Mark base = marks_.front();
    const uint32_t interval = age(base);
    if (interval > kLongest) {
      marks_.clear();
    } else {
      const double fed = static_cast<double>(mark.fed - base.fed);
      const double delivered = static_cast<double>(mark.delivered - base.delivered);
      const auto sending = std::max<int64_t>((mark.sent - base.sent).count(), 1);
      sample = Sample{.fed = fed * 1e6 / static_cast<double>(sending),
                      .delivered = delivered * 1e6 / std::max<uint32_t>(interval, 1),
                      .loss = fed > 0 ? std::clamp(1 - delivered / fed, 0.0, 1.0) : 0.0,
                      .since = base.sent};
    }
  }
  if (marks_.empty() || age(marks_.back()) >= kSpacing) {
    if (marks_.size() >= kMaxMarks) marks_.pop_front();
    marks_.push_back(mark);
  }
  return sample;
}

}  // namespace wirebraid
