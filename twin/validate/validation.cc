#include "twin/validate/validation.h"

#include <array>
#include <ctime>
#include <fstream>
#include <set>
#include <thread>

#include "twin/check/trials.h"
#include "twin/validate/compare.h"

namespace wirebraid::validate {
using check::Outcome;
using check::Result;
using check::Results;
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kOldDisk = "oldimage";
constexpr const char* kNewDisk = "newimage";
constexpr std::streamoff kLogBytes = 64 << 10;

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

Offer offer_of(const firmware::Header& header, const char* file, const char* disk) {
  return {file, header.image_bytes(), disk, header.info.name + " " + header.info.version};
}

mesh::TwinOptions with_disks(mesh::TwinOptions options, const std::filesystem::path& new_image) {
  options.server_disks.push_back({.file = options.image, .serial = kOldDisk, .read_only = true});
  options.server_disks.push_back({.file = new_image, .serial = kNewDisk, .read_only = true});
  return options;
}

void append(Results& all, Results more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

std::string tail_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  const std::streamoff size = in.tellg();
  if (size <= 0) return "";
  in.seekg(std::max<std::streamoff>(0, size - kLogBytes));
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

Validation::Validation(const topology::Topology& topology, ValidationOptions options,
                       Platform& platform, Say say, Stop stop)
    : options_(std::move(options)),
      old_header_(firmware::verify(options_.twin.image)),
      new_header_(firmware::verify(options_.new_image)),
      say_(std::move(say)),
      stop_(std::move(stop)),
      twin_(topology, with_disks(options_.twin, options_.new_image), platform),
      observer_(twin_),
      order_(flash_order(twin_.topology(), twin_.plan(), options_.plan)),
      old_offer_(offer_of(old_header_, "old.img", kOldDisk)),
      new_offer_(offer_of(new_header_, "new.img", kNewDisk)) {
  verdict_.topology = twin_.topology();
  verdict_.old_firmware = name_of(old_header_);
  verdict_.new_firmware = name_of(new_header_);
  verdict_.plan = to_string(options_.plan);
}

Verdict Validation::run() {
  begun_ = Clock::now();
  verdict_.begun_at = now_in_utc();
  try {
    boot();
    look("before", before_);
    facts_before_ = observer_.view().facts;
    upgrade();
    look("after", after_);
    compare();
  } catch (const Aborted&) {
  }
  collect_logs();
  twin_.power_off_all();
  verdict_.took_s = seconds(Clock::now() - begun_);
  return verdict_;
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
  for (const Result& each : step.results) {
    if (each.outcome == Outcome::failed) {
      say_("  FAILED " + each.check + " " + each.subject + ": " + each.message);
    }
  }
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
  step(name + ": ping", "", false, [&] { return keep(check::try_pings(observer_)); });
  if (options_.scripts) {
    step(name + ": scripts", "", false,
         [&] { return keep(check::try_scripts(observer_, *options_.scripts)); });
  }
  step(name + ": WireGuard", "", false, [&] { return keep(check::try_interop(observer_)); });
  if (!options_.measure) return;
  step(name + ": throughput", "", false, [&] { return keep(check::try_throughput(observer_)); });
  step(name + ": modes", "", false, [&] { return keep(check::try_modes(observer_)); });
  step(name + ": failover", "", false, [&] { return keep(check::try_failover(observer_)); });
  step(name + ": link flap", "", false, [&] { return keep(check::try_link_flap(observer_)); });
  step(name + ": gateway reboot", "", false,
       [&] { return keep(check::try_gateway_reboot(observer_)); });
}

void Validation::upgrade() {
  step("serve images", "", true, [&] {
    serve(observer_, {old_offer_, new_offer_});
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
  check::NodeFacts before = observer_.view().facts[node];
  Flash flash(observer_, node);
  if (options_.power_cut) {
    step("power cut while flashing " + name, name, true, [&] {
      Results results{flash.fetch(new_offer_)};
      if (results.back().outcome == Outcome::passed) {
        results.push_back(flash.install_with_power_cut(new_offer_));
      }
      return results;
    });
    settle("power cut");
  }
  flash_group({node});
  if (!options_.go_back) return;
  step("back to the old firmware on " + name, name, true, [&] {
    Results results{flash.fetch(old_offer_)};
    if (results.back().outcome == Outcome::passed) results.push_back(flash.install(old_offer_));
    return results;
  });
  settle("going back");
  flash_group({node});
  flash.remove(old_offer_);
}

void Validation::flash_group(const std::vector<size_t>& group) {
  std::string names;
  for (const size_t node : group) names += (names.empty() ? "" : " ") + twin_.node(node).name();
  const std::string name = "flash " + names;
  step(name, group.size() == 1 ? names : "", true, [&] {
    std::vector<Results> results(group.size());
    check::in_parallel(group.size(), [&](size_t i) {
      Flash flash(observer_, group[i]);
      results[i].push_back(flash.fetch(new_offer_));
      if (results[i].back().outcome != Outcome::passed) return;
      // All have it before the first of them restarts only if they go one by one.
      results[i].push_back(flash.install(new_offer_));
      if (results[i].back().outcome == Outcome::passed) flash.remove(new_offer_);
    });
    Results all;
    for (Results& each : results) append(all, std::move(each));
    return all;
  });
  settle(name);
}

/// Also shows that old and new get on with each other, and that nothing of the configuration is
/// lost.
void Validation::settle(const std::string& after) {
  step("mesh after " + after, "", true, [&] {
    Results results = observer_.settle(options_.settle_limit, stop_);
    append(results,
           check::compare_configuration(twin_.topology(), facts_before_, observer_.view().facts));
    return results;
  });
}

void Validation::compare() {
  say_("before and after");
  verdict_.comparisons = validate::compare(before_, after_);
  for (const Comparison& each : verdict_.comparisons) {
    if (each.outcome == Outcome::failed) {
      say_("  FAILED " + each.check + " " + each.subject + ": " + each.message);
    }
  }
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
    verdict_.logs.push_back({node.name(), tail_of(node.console_log())});
  }
}

}  // namespace wirebraid::validate
