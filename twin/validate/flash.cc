#include "twin/validate/flash.h"

#include <chrono>
#include <thread>

#include "twin/check/trial_tools.h"
#include "twin/check/words.h"

namespace wirebraid::validate {
using check::fail;
using check::must;
using check::Result;
using check::seconds_since;
using check::trial;
using node::milliseconds;
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kPort = 8080;
constexpr const char* kWebRoot = "/data/www";
constexpr milliseconds kCopyLimit{180'000};
constexpr milliseconds kFetchLimit{900'000};
constexpr milliseconds kInstallLimit{300'000};
constexpr milliseconds kBootLimit{400'000};
/// Into the writing of the slot, of which there are some seconds.
constexpr milliseconds kIntoWriting{400};

/// Prints the device with that serial number.
std::string device_of(const std::string& serial) {
  return "$(for b in /sys/block/vd*; do [ \"$(cat $b/serial 2>/dev/null)\" = " + serial +
         " ] && echo /dev/${b##*/}; done)";
}

}  // namespace

void serve(check::Observer& observer, size_t mirror, const std::vector<Offer>& offers) {
  node::Node& node = observer.twin().node(mirror);
  must(node, "mkdir -p " + std::string(kWebRoot));
  for (const Offer& offer : offers) {
    must(node,
         "dd if=" + device_of(offer.disk) + " of=" + kWebRoot + "/" + offer.file +
             " bs=65536 iflag=count_bytes,fullblock count=" + std::to_string(offer.bytes) +
             " 2>/dev/null && sync",
         kCopyLimit);
  }
  must(node, "pidof httpd >/dev/null || httpd -p " + std::to_string(kPort) + " -h " + kWebRoot);
}

void withdraw(check::Observer& observer, size_t mirror, const std::vector<Offer>& offers) {
  for (const Offer& offer : offers) {
    observer.twin().node(mirror).run("rm -f " + std::string(kWebRoot) + "/" + offer.file);
  }
}

Flash::Flash(check::Observer& observer, size_t node, size_t mirror)
    : node_(observer.twin().node(node)), is_mirror_(node == mirror) {
  const check::View view = observer.view();
  // A server is outside of the mesh, but for its part in the internet.
  mirror_address_ = check::joined(view, node, mirror) ? mesh::mesh_address(view.plan.nodes[mirror])
                                                      : std::string(mesh::kInternet4);
}

Result Flash::fetch(const Offer& offer) {
  return trial("fetch", node_.name(), [&](Result& result) {
    const auto begin = Clock::now();
    if (is_mirror_) {
      must(node_, "ln -f " + std::string(kWebRoot) + "/" + offer.file + " " + path(offer));
    } else {
      // Several tries, as every updater has: the mesh may be about to find its ways.
      must(node_,
           "for i in 1 2 3 4; do timeout 800 wget -q -O " + path(offer) + " http://" +
               mirror_address_ + ":" + std::to_string(kPort) + "/" + offer.file +
               " && break; sleep 10; done; [ -s " + path(offer) + " ] && sync",
           kFetchLimit);
    }
    const std::string tested = must(node_, "sysupgrade -T " + path(offer), kInstallLimit);
    const double took = seconds_since(begin);
    result.figures["fetch_s"] = took;
    result.message = "across the mesh and tested in " + check::short_number(took) + " s";
    result.evidence = tested;
  });
}

std::string Flash::running_firmware() {
  return check::trimmed(must(node_, ". /etc/wirebraid_release && echo \"$NAME $VERSION\""));
}

Result Flash::install(const Offer& offer) {
  return trial("sysupgrade", node_.name(), [&](Result& result) {
    const auto begin = Clock::now();
    const unsigned boots = node_.boots();
    try {
      const node::CommandResult ended = node_.run("sysupgrade " + path(offer), kInstallLimit);
      if (ended.status != 0) {
        fail(result, "sysupgrade ended with " + std::to_string(ended.status), ended.output);
        return;
      }
    } catch (const machine::ConsoleError&) {
      // It restarts, and takes the console with it.
    }
    if (!node_.await_boot(boots, kBootLimit)) {
      const std::string problem = node_.problem();
      fail(result, "the new firmware does not boot", problem.empty() ? "no answer" : problem);
      return;
    }
    const std::string firmware = running_firmware();
    if (firmware != offer.firmware) {
      fail(result, "it runs " + firmware + " afterwards, not " + offer.firmware);
      return;
    }
    result.figures["install_s"] = seconds_since(begin);
    result.message =
        "runs " + firmware + " after " + check::short_number(seconds_since(begin)) + " s";
  });
}

Result Flash::install_with_power_cut(const Offer& offer) {
  return trial("power cut", node_.name(), [&](Result& result) {
    const std::string before = running_firmware();
    must(node_, "sysupgrade " + path(offer) + " >/tmp/sysupgrade.log 2>&1 &");
    must(node_, "until grep -q 'writing slot' /tmp/sysupgrade.log; do usleep 100000; done",
         kInstallLimit);
    std::this_thread::sleep_for(kIntoWriting);
    const unsigned boots = node_.boots();
    node_.power_off();
    node_.power_on();
    if (!node_.await_boot(boots, kBootLimit)) {
      fail(result, "it does not boot after the power cut", node_.problem());
      return;
    }
    const std::string after = running_firmware();
    result.message = "runs " + after + " as before, when the plug was pulled while it was written";
    if (after != before) fail(result, "it runs " + after + " after the power cut, not " + before);
  });
}

void Flash::remove(const Offer& offer) { node_.run("rm -f " + path(offer)); }

}  // namespace wirebraid::validate
