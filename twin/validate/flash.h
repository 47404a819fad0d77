// Replaces the firmware of nodes the way the field does: the image comes across the mesh, and the
// node's own sysupgrade puts it in.
#pragma once

#include "twin/check/observer.h"
#include "twin/check/result.h"

namespace wirebraid::validate {

/// An image that one node, the mirror, offers to the others.
struct Offer {
  std::string file;        ///< its name there: "new.img"
  uint64_t bytes = 0;      ///< of the image
  std::string disk;        ///< the serial number of the mirror's disk that it is on
  std::string firmware{};  ///< "NAME VERSION", as a node that runs it says
};

/// The mirror copies the offers from its disks, and serves them by HTTP. Throws std::runtime_error.
void serve(check::Observer& observer, size_t mirror, const std::vector<Offer>& offers);
/// Makes room again.
void withdraw(check::Observer& observer, size_t mirror, const std::vector<Offer>& offers);

/// Fetches, tests and installs; returns what came of it, of one node.
class Flash {
 public:
  Flash(check::Observer& observer, size_t node, size_t mirror);

  /// The image is in the node afterwards.
  check::Result fetch(const Offer& offer);
  /// The node runs it afterwards.
  check::Result install(const Offer& offer);
  /// The plug is pulled in the middle; the node runs what it ran before afterwards.
  check::Result install_with_power_cut(const Offer& offer);
  /// Makes room again.
  void remove(const Offer& offer);

 private:
  std::string path(const Offer& offer) const { return "/data/" + offer.file; }
  std::string running_firmware();

  node::Node& node_;
  bool is_mirror_;
  std::string mirror_address_;
};

}  // namespace wirebraid::validate
