// Metered uplinks: counting what they carry, and keeping the count over a restart.
#include <spdlog/spdlog.h>

#include <ctime>

#include "control/instance.h"

namespace wirebraid::control {

namespace {

constexpr uint64_t kUdpAndIpv4 = 28;
constexpr uint64_t kUdpAndIpv6 = 48;
// Flash memory wears out: soon only when the count has moved by a thousandth of the quota.
constexpr Duration kSoon = std::chrono::seconds(30);
constexpr Duration kLate = std::chrono::minutes(10);
constexpr uint64_t kNotableShare = 1000;

}  // namespace

Date Instance::today() {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(platform_.wall_time()));
  std::tm local{};
  localtime_r(&seconds, &local);
  return {std::chrono::year(local.tm_year + 1900),
          std::chrono::month(static_cast<unsigned>(local.tm_mon + 1)),
          std::chrono::day(static_cast<unsigned>(local.tm_mday))};
}

void Instance::set_quota(UplinkRecord& uplink) {
  const UplinkSection& section = uplink.section;
  if (section.quota == 0) {
    uplink.quota.reset();
    return;
  }
  const QuotaTerms terms{section.quota, reserve_of(section), section.quota_day};
  if (uplink.quota) {
    uplink.quota->set_terms(terms, today());
    return;
  }
  if (!state_file_) {
    state_file_.emplace(options_.state_directory, options_.interface);
    StateResult state = state_file_->load();
    if (!state.problem.empty()) spdlog::error("{}: quotas start anew", state.problem);
    quota_records_ = saved_records_ = std::move(state.records);
  }
  const auto known = quota_records_.find(section.name);
  uplink.quota.emplace(
      terms, known == quota_records_.end() ? std::nullopt : std::optional(known->second), today());
}

void Instance::count_quota(UplinkRecord& uplink, Time now) {
  if (!uplink.quota) return;
  const wireguard::Peer& peer = peer_of(uplink);
  const wireguard::PeerStatistics& traffic = peer.statistics();
  const uint64_t bytes = traffic.sent_bytes + traffic.received_bytes;
  const uint64_t datagrams = traffic.sent_datagrams + traffic.received_datagrams;
  const uint64_t headers = peer.endpoint().address.is_v6() ? kUdpAndIpv6 : kUdpAndIpv4;
  Quota& quota = *uplink.quota;
  const Allowance before = quota.allowance();
  quota.count(bytes - uplink.counted_bytes + (datagrams - uplink.counted_datagrams) * headers,
              today());
  uplink.counted_bytes = bytes;
  uplink.counted_datagrams = datagrams;
  quota_records_[uplink.section.name] = quota.record();
  if (quota.allowance() == before) return;
  core(uplink).set_path_options(uplink.id, path_options(config_, uplink), now);
  switch (quota.allowance()) {
    case Allowance::ample:
      spdlog::info("uplink {}: its quota has started anew", uplink.section.name);
      break;
    case Allowance::reserve:
      spdlog::warn("uplink {}: only the reserve of its quota is left: used when no other is up",
                   uplink.section.name);
      break;
    case Allowance::exhausted:
      spdlog::warn("uplink {}: its quota is used up until {}", uplink.section.name,
                   to_string(quota.next_reset()));
      break;
  }
}

// In another thread, since a slow disk must not hold up packets.
void Instance::save_quotas(Time now) {
  if (saving_.valid()) {
    if (saving_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return;
    if (const auto error = saving_.get()) {
      spdlog::error("{}: cannot be written: {}", state_file_->path(), error.message());
      saved_records_.clear();
    }
  }
  if (!state_file_ || quota_records_ == saved_records_ || now - saved_at_ < kSoon) return;
  bool notable = now - saved_at_ >= kLate;
  for (const auto& uplink : uplinks_) {
    if (!uplink->quota) continue;
    const auto saved = saved_records_.find(uplink->section.name);
    const uint64_t used = uplink->quota->used();
    notable = notable || saved == saved_records_.end() ||
              saved->second.current.start != uplink->quota->record().current.start ||
              used - saved->second.current.used >= uplink->quota->terms().bytes / kNotableShare;
  }
  if (!notable) return;
  saved_at_ = now;
  saved_records_ = quota_records_;
  saving_ = std::async(std::launch::async, [file = *state_file_, records = saved_records_] {
    return file.save(records);
  });
}

void Instance::save_quotas_at_the_end() {
  if (!state_file_) return;
  for (const auto& uplink : uplinks_) count_quota(*uplink, io::monotonic_now());
  if (saving_.valid()) saving_.wait();
  if (const auto error = state_file_->save(quota_records_)) {
    spdlog::error("{}: cannot be written: {}", state_file_->path(), error.message());
  }
}

}  // namespace wirebraid::control
