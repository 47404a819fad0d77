#include "twin/validate/validation.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <set>
#include <stdexcept>

#include "twin/check/trials.h"
#include "twin/validate/compare.h"

namespace wirebraid::validate {
using check::Outcome;
using check::Result;
using check::Results;
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint64_t kLogBytes = 64 << 10;
constexpr check::milliseconds kBootLimit{400'000};

double seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

std::string now_in_utc() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

FirmwareName name_of(const firmware::Header& header) {
  return {header.info.name, header.info.version, header.info.kernel_release, header.sha256};
}

/// The old image's, and the candidates'. Throws firmware::ImageError.
std::vector<firmware::Header> headers_of(const ValidationOptions& options) {
  std::vector<firmware::Header> headers{firmware::verify(options.twin.image)};
  for (const auto& image : options.new_images) headers.push_back(firmware::verify(image));
  return headers;
}

std::vector<Offer> offers_of(const std::vector<firmware::Header>& headers) {
  std::vector<Offer> offers;
  for (const firmware::Header& header : headers) {
    const std::string number = std::to_string(offers.size());
    offers.push_back({"image" + number, header.image_bytes(), "image" + number,
                      header.info.name + " " + header.info.version});
  }
  return offers;
}

size_t mirror_of(const topology::Topology& topology, const std::string& id) {
  for (size_t i = 0; i < topology.nodes.size(); ++i) {
    const topology::Node& node = topology.nodes[i];
    if (id.empty() ? node.role == topology::Role::server : node.id == id) return i;
  }
  throw std::invalid_argument(id.empty()
                                  ? "there is no server that could have the images; name a mirror"
                                  : "there is no node \"" + id + "\" that could have the images");
}

mesh::TwinOptions with_disks(const ValidationOptions& options, size_t mirror) {
  mesh::TwinOptions twin = options.twin;
  twin.with_further_disks = mirror;
  twin.further_disks.push_back({.file = twin.image, .serial = "image0", .read_only = true});
  for (const auto& image : options.new_images) {
    twin.further_disks.push_back({.file = image,
                                  .serial = "image" + std::to_string(twin.further_disks.size()),
                                  .read_only = true});
  }
  return twin;
}

/// The second only if the first has worked.
Results fetch_and(Flash& flash, const Offer& offer, Result (Flash::*install)(const Offer&)) {
  Results results{flash.fetch(offer)};
  if (results.back().outcome == Outcome::passed) results.push_back((flash.*install)(offer));
  return results;
}

/// Of results and of comparisons alike.
template <typename List>
void say_failures(const List& list, const Say& say) {
  for (const auto& each : list) {
    if (each.outcome != Outcome::failed) continue;
    say("  FAILED " + each.check + " " + each.subject + ": " + each.message);
  }
}

}  // namespace

Validation::Validation(const topology::Topology& topology, ValidationOptions options,
                       Platform& platform, Say say, Stop stop)
    : options_(std::move(options)),
      headers_(headers_of(options_)),
      offers_(offers_of(headers_)),
      say_(std::move(say)),
      stop_(std::move(stop)),
      mirror_(mirror_of(topology, options_.mirror)),
      twin_(topology, with_disks(options_, mirror_), platform),
      observer_(twin_),
      order_(flash_order(twin_.topology(), twin_.plan(), options_.plan)) {
  for (const std::string& trial : options_.trials) {
    if (std::find(kTrials.begin(), kTrials.end(), trial) == kTrials.end()) {
      throw std::invalid_argument("there is no trial \"" + trial + "\"");
    }
  }
  verdict_.topology = twin_.topology();
  verdict_.old_firmware = name_of(headers_.front());
  verdict_.plan = to_string(options_.plan);
}

std::vector<Verdict> Validation::run() {
  begun_ = Clock::now();
  verdict_.begun_at = now_in_utc();
  try {
    boot();
    look("before", before_);
  } catch (const Aborted&) {
  }
  if (verdict_.aborted.empty()) facts_before_ = observer_.view().facts;
  const Verdict base = verdict_;
  std::vector<Verdict> verdicts;
  for (candidate_ = 1; candidate_ < offers_.size(); ++candidate_) {
    verdict_ = base;
    verdict_.new_firmware = name_of(headers_[candidate_]);
    if (verdict_.aborted.empty()) try_candidate();
    collect_logs();
    verdict_.took_s = seconds(Clock::now() - begun_);
    verdicts.push_back(verdict_);
    if (candidate_ + 1 < offers_.size() && base.aborted.empty() && !stop_()) put_back();
  }
  twin_.power_off_all();
  return verdicts;
}

void Validation::try_candidate() {
  say_("candidate " + offers_[candidate_].firmware);
  after_.clear();
  observer_.forget_logs();
  try {
    upgrade();
    look("after", after_);
    compare();
  } catch (const Aborted&) {
  }
}

/// The old firmware is still in the other slot of each node, with its configuration.
void Validation::put_back() {
  say_("back to " + offers_.front().firmware);
  check::in_parallel(twin_.size(), [&](size_t i) {
    node::Node& node = twin_.node(i);
    if (node.state() == node::NodeState::running && node.slot() == node::Slot::a) return;
    const unsigned boots = node.boots();
    node.power_off();
    node.disk().set_boot_slot(node::Slot::a);
    node.power_on();
    node.await_boot(boots, kBootLimit);
  });
  observer_.forget_logs();
  // What is not good now will be told by the next candidate's first step.
  observer_.settle(options_.settle_limit, stop_);
}

bool Validation::wants(std::string_view trial) const {
  return std::find(options_.trials.begin(), options_.trials.end(), trial) != options_.trials.end();
}

void Validation::step(const std::string& name, const std::string& node, bool must_pass,
                      const std::function<Results()>& work) {
  if (stop_()) {
    verdict_.aborted = "it was interrupted";
    throw Aborted();
  }
  say_(name);
  const auto begin = Clock::now();
  Step step{.name = name, .node = node, .begun_s = seconds(begin - begun_)};
  try {
    step.results = work();
  } catch (const std::exception& error) {
    step.results.push_back({.check = name,
                            .subject = node.empty() ? "mesh" : node,
                            .outcome = Outcome::failed,
                            .message = "it could not be done",
                            .evidence = error.what()});
  }
  step.took_s = seconds(Clock::now() - begin);
  say_failures(step.results, say_);
  const size_t failed = check::count(step.results, Outcome::failed);
  verdict_.steps.push_back(std::move(step));
  if (failed > 0 && must_pass) {
    verdict_.aborted = "stopped after \"" + name + "\", where " + std::to_string(failed) +
                       (failed == 1 ? " check" : " checks") + " failed";
    throw Aborted();
  }
}

void Validation::boot() {
  step("boot", "", false, [&] {
    twin_.power_on_all();
    for (size_t i = 0; i < twin_.size(); ++i) {
      // Others boot while this one is waited for.
      while (!twin_.node(i).await_boot(0, check::milliseconds(200))) {
        if (stop_() || twin_.node(i).state() == node::NodeState::failed) break;
      }
    }
    observer_.look();
    Results results;
    for (size_t i = 0; i < twin_.size(); ++i) {
      results.push_back(check::check_booted(observer_.view(), i));
    }
    return results;
  });
}

void Validation::look(const std::string& name, Results& measured) {
  const auto keep = [&measured](Results results) {
    measured.insert(measured.end(), results.begin(), results.end());
    return results;
  };
  step(name + ": mesh", "", true,
       [&] { return keep(observer_.settle(options_.settle_limit, stop_)); });
  struct Trial {
    std::string_view name;
    Results (*run)(check::Observer&);
  };
  constexpr std::array<Trial, kTrials.size()> kRuns{{{"ping", check::try_pings},
                                                     {"wireguard", check::try_interop},
                                                     {"throughput", check::try_throughput},
                                                     {"modes", check::try_modes},
                                                     {"failover", check::try_failover},
                                                     {"flap", check::try_link_flap},
                                                     {"reboot", check::try_gateway_reboot}}};
  for (const Trial& trial : kRuns) {
    if (!wants(trial.name)) continue;
    step(name + ": " + std::string(trial.name), "", false,
         [&] { return keep(trial.run(observer_)); });
  }
  if (!options_.scripts) return;
  step(name + ": scripts", "", false,
       [&] { return keep(check::try_scripts(observer_, *options_.scripts)); });
}

void Validation::upgrade() {
  step("offer the images at " + twin_.node(mirror_).name(), "", true, [&] {
    withdraw(observer_, mirror_, offers_);
    serve(observer_, mirror_, {offers_.front(), offers_[candidate_]});
    return Results();
  });
  bool first = true;
  for (const std::vector<size_t>& group : order_) {
    if (first && group.size() == 1) {
      flash_first(group.front());
    } else {
      flash_group(group);
    }
    first = false;
  }
}

/// One node shows that an upgrade may be cut off, and undone.
void Validation::flash_first(size_t node) {
  const std::string& name = twin_.node(node).name();
  Flash flash(observer_, node, mirror_);
  if (options_.power_cut) {
    step("power cut while flashing " + name, name, true,
         [&] { return fetch_and(flash, offers_[candidate_], &Flash::install_with_power_cut); });
    settle("power cut");
  }
  flash_group({node});
  if (!options_.go_back) return;
  step("back to the old firmware on " + name, name, true,
       [&] { return fetch_and(flash, offers_.front(), &Flash::install); });
  settle("going back");
  flash_group({node});
  flash.remove(offers_.front());
}

void Validation::flash_group(const std::vector<size_t>& group) {
  std::string names;
  for (const size_t node : group) names += (names.empty() ? "" : " ") + twin_.node(node).name();
  const std::string name = "flash " + names;
  step(name, group.size() == 1 ? names : "", true, [&] {
    std::vector<Results> results(group.size());
    check::in_parallel(group.size(), [&](size_t i) {
      Flash flash(observer_, group[i], mirror_);
      // All have it before the first of them restarts only if they go one by one.
      results[i] = fetch_and(flash, offers_[candidate_], &Flash::install);
      if (results[i].back().outcome == Outcome::passed) flash.remove(offers_[candidate_]);
    });
    return check::joined(std::move(results));
  });
  settle(name);
}

/// Also shows that old and new get on with each other, and that nothing of the configuration is
/// lost.
void Validation::settle(const std::string& after) {
  step("mesh after " + after, "", true, [&] {
    Results results = observer_.settle(options_.settle_limit, stop_);
    check::append(results, check::compare_configuration(twin_.topology(), facts_before_,
                                                        observer_.view().facts));
    return results;
  });
}

void Validation::compare() {
  say_("before and after");
  verdict_.comparisons = validate::compare(before_, after_);
  say_failures(verdict_.comparisons, say_);
}

void Validation::collect_logs() {
  std::set<std::string> failed;
  for (const Step& step : verdict_.steps) {
    for (const Result& each : step.results) {
      if (each.outcome == Outcome::failed) failed.insert(each.subject);
    }
  }
  for (size_t i = 0; i < twin_.size(); ++i) {
    const node::Node& node = twin_.node(i);
    if (failed.count(node.name()) == 0) continue;
    const uint64_t bytes = node.log_bytes();
    verdict_.logs.push_back({node.name(), node.log_from(bytes - std::min(bytes, kLogBytes))});
  }
}

}  // namespace wirebraid::validate
