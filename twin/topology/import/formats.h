// One object for each format; see importer.h.
#pragma once

#include "twin/topology/import/importer.h"

namespace wirebraid::topology {

/// Flat meshviewer.json, as yanic and the meshviewer's later back ends write it.
const Importer& meshviewer_importer();
/// The older form: nodes with `nodeinfo` inside, links in a `graph.json` of indices; HopGlass too.
const Importer& nodeinfo_importer();
/// OpenWifiMap's rows, as HopGlass and the OpenWifiMap API have them.
const Importer& openwifimap_importer();
/// NetJSON NetworkGraph.
const Importer& netjson_importer();
/// OLSRd's jsoninfo and txtinfo plugins.
const Importer& jsoninfo_importer();
const Importer& txtinfo_importer();
/// batadv-vis: jsondoc and json (one object per line); dot and a plain table.
const Importer& batadv_json_importer();
const Importer& batadv_text_importer();

}  // namespace wirebraid::topology
