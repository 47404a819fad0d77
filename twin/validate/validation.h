// Tries an upgrade on a twin, and says whether it may be done in the field.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "twin/check/observer.h"
#include "twin/mesh/twin.h"
#include "twin/validate/flash.h"
#include "twin/validate/order.h"
#include "twin/validate/verdict.h"

namespace wirebraid::validate {

struct ValidationOptions {
  mesh::TwinOptions twin{};  ///< its image is the old firmware
  std::filesystem::path new_image;
  FlashPlan plan{};
  bool power_cut = true;  ///< in the middle of the first flash
  bool go_back = true;    ///< from the new to the old firmware and forth again, on the first node
  bool measure = true;  ///< throughput, modes, failures, before and after; else only what nodes say
  std::optional<std::filesystem::path> scripts{};  ///< further checks
  /// How long a mesh may take to be as it should after a change.
  check::milliseconds settle_limit{150'000};
};

/// A line of progress for people.
using Say = std::function<void(const std::string&)>;
/// Asked now and then; true ends everything as soon as possible.
using Stop = std::function<bool()>;

/// Runs a validation on a twin of its own. All its machines are gone afterwards.
class Validation {
 public:
  /// Reads both images. Throws firmware::ImageError, node::DiskError, std::system_error,
  /// std::invalid_argument (see flash_order()).
  Validation(const topology::Topology& topology, ValidationOptions options, Platform& platform,
             Say say, Stop stop);

  mesh::Twin& twin() { return twin_; }
  /// Boots the twin, looks at it as it is, upgrades it, and looks again. Never throws for what a
  /// node or a firmware does.
  Verdict run();

 private:
  struct Aborted {};  // thrown when going on makes no sense

  void boot();
  void look(const std::string& name, check::Results& measured);
  void upgrade();
  void flash_first(size_t node);
  void flash_group(const std::vector<size_t>& group);
  void settle(const std::string& after);
  void compare();
  void collect_logs();

  /// Does `work` as a step of that name; throws Aborted if anything of it failed and `must_pass`.
  void step(const std::string& name, const std::string& node, bool must_pass,
            const std::function<check::Results()>& work);

  ValidationOptions options_;
  firmware::Header old_header_;
  firmware::Header new_header_;
  Say say_;
  Stop stop_;
  mesh::Twin twin_;
  check::Observer observer_;
  std::vector<std::vector<size_t>> order_;
  Offer old_offer_;
  Offer new_offer_;
  Verdict verdict_;
  std::chrono::steady_clock::time_point begun_;
  std::vector<check::NodeFacts> facts_before_;
  check::Results before_;
  check::Results after_;
};

}  // namespace wirebraid::validate
