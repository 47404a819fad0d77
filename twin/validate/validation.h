// Tries an upgrade on a twin, and says whether it may be done in the field.
#pragma once

#include <array>
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

/// Trials of check/trials.h, in this order.
inline constexpr std::array<std::string_view, 7> kTrials{
    "ping", "wireguard", "throughput", "modes", "failover", "flap", "reboot"};

struct ValidationOptions {
  mesh::TwinOptions twin{};  ///< its image is the old firmware
  /// Candidates, one after the other, each on nodes that run the old firmware again.
  std::vector<std::filesystem::path> new_images{};
  FlashPlan plan{};
  bool power_cut = true;  ///< in the middle of the first flash
  bool go_back = true;    ///< from the new to the old firmware and forth again, on the first node
  /// What is tried before and after, of kTrials.
  std::vector<std::string> trials{kTrials.begin(), kTrials.end()};
  std::string mirror{};  ///< id of the node that has the images; empty: the first server
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
  /// Reads all images. Throws firmware::ImageError, node::DiskError, std::system_error, and
  /// std::invalid_argument for a node or a trial that does not exist.
  Validation(const topology::Topology& topology, ValidationOptions options, Platform& platform,
             Say say, Stop stop);

  mesh::Twin& twin() { return twin_; }
  /// Boots the twin and looks at it as it is; then, for each candidate, upgrades it, looks again,
  /// and puts the nodes back. One verdict for each candidate. Never throws for what a node or a
  /// firmware does.
  std::vector<Verdict> run();

 private:
  struct Aborted {};  // thrown when going on makes no sense

  void boot();
  void look(const std::string& name, check::Results& measured);
  void try_candidate();
  void put_back();
  void upgrade();
  void flash_first(size_t node);
  void flash_group(const std::vector<size_t>& group);
  void settle(const std::string& after);
  void compare();
  void collect_logs();
  bool wants(std::string_view trial) const;

  /// Does `work` as a step of that name; throws Aborted if anything of it failed and `must_pass`.
  void step(const std::string& name, const std::string& node, bool must_pass,
            const std::function<check::Results()>& work);

  ValidationOptions options_;
  std::vector<firmware::Header> headers_;  // the old one's, and the candidates'
  std::vector<Offer> offers_;              // likewise
  Say say_;
  Stop stop_;
  size_t mirror_;
  mesh::Twin twin_;
  check::Observer observer_;
  std::vector<std::vector<size_t>> order_;
  size_t candidate_ = 1;  // in offers_
  Verdict verdict_;       // in the making
  std::chrono::steady_clock::time_point begun_;
  std::vector<check::NodeFacts> facts_before_;
  check::Results before_;
  check::Results after_;
};

}  // namespace wirebraid::validate
