#include "io/send_runs.h"

#include <algorithm>

namespace wirebraid::io {

namespace {

// So many runs are looked at for one that a datagram may join: as many uplinks as one turn serves.
constexpr size_t kOpenRuns = 16;

bool same_way(const Datagram& a, const Datagram& b) {
  return a.transport == b.transport && a.traffic_class == b.traffic_class && a.remote == b.remote &&
         a.source == b.source;
}

}  // namespace

size_t SendRuns::run_for(const Datagram& datagram,
                         const std::function<bool(TransportId)>& may_join) {
  const size_t size = datagram.bytes ? datagram.bytes.size() : 0;
  const size_t oldest = open_.size() > kOpenRuns ? open_.size() - kOpenRuns : 0;
  for (size_t i = open_.size(); size > 0 && i-- > oldest;) {
    Open& run = open_[i];
    if (!same_way(*run.first, datagram)) continue;
    // The newest to this destination: joining an older one would change the order.
    if (run.closed || size > run.segment || run.count == kMaxSegments ||
        run.bytes + size > kMaxSegmentedBytes) {
      break;
    }
    ++run.count;
    run.bytes += size;
    run.closed = size < run.segment;
    return i;
  }
  open_.push_back({.first = &datagram,
                   .segment = size,
                   .count = 1,
                   .bytes = size,
                   .closed = size == 0 || !may_join(datagram.transport)});
  return open_.size() - 1;
}

std::span<const SendRuns::Run> SendRuns::arrange(std::span<Datagram> batch,
                                                 const std::function<bool(TransportId)>& may_join) {
  open_.clear();
  run_of_.clear();
  for (const Datagram& datagram : batch) run_of_.push_back(run_for(datagram, may_join));
  arranged_.resize(std::max(arranged_.size(), batch.size()));
  runs_.clear();
  size_t start = 0;
  for (const Open& run : open_) {
    runs_.emplace_back(&arranged_[start], run.count);
    start += run.count;
  }
  // `first` is of no use once things move.
  for (Open& run : open_) run.count = 0;
  for (size_t i = 0; i < batch.size(); ++i) {
    const size_t run = run_of_[i];
    runs_[run][open_[run].count++] = std::move(batch[i]);
  }
  return runs_;
}

}  // namespace wirebraid::io
