// Replaces the firmware of nodes the way the field does: the image comes across the mesh, and the
// node's own sysupgrade puts it in.
#pragma once

#include "twin/check/observer.h"
#include "twin/check/result.h"

namespace wirebraid::validate {

/// An image that the servers of a twin offer to the nodes.
struct Offer {
  std::string file;        ///< its name at the server: "new.img"
  uint64_t bytes = 0;      ///< of the image
  std::string disk;        ///< the serial number of the server's disk that it is on
  std::string firmware{};  ///< "NAME VERSION", as a node that runs it says
};

/// Servers copy the offers from their disks, and serve them by HTTP. Throws std::runtime_error.
void serve(check::Observer& observer, const std::vector<Offer>& offers);

/// How far a flash may get.
enum class CutAt : uint8_t {
  never,
  writing,  ///< the plug is pulled while the slot is written
};

/// Fetches, tests and installs; returns what came of it, of one node.
class Flash {
 public:
  Flash(check::Observer& observer, size_t node);

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

  check::Observer& observer_;
  node::Node& node_;
  bool is_server_;
};

}  // namespace wirebraid::validate
