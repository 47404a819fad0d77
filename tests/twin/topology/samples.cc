#include "tests/twin/topology/samples.h"

namespace wirebraid::topology {
namespace {

constexpr bool kReaderOnly = false;

std::vector<Mistake> in_nodes() {
  return {
      {"format", "\"wirebraid-topology\"", "\"other\"",
       "2: /format: \"wirebraid-topology\" expected"},
      {"version", "\"version\": 1", "\"version\": 2", "3: /version: only version 1 can be read"},
      {"unknown key", "\"name\": \"Two", "\"title\": \"Two",
       "4: /title: unknown key of a topology: format, version, name, nodes or links expected"},
      {"name is no text", "\"Two houses and a tower\"", "7",
       "4: /name: a text expected, this is a number"},
      {"missing id", "\"id\": \"house-2\",", "",
       "26: /nodes/2: a node needs \"id\", which is missing\n"
       "50: /links/1/b: there is no node \"house-2\"; the id of one expected"},
      {"bad id", "\"id\": \"tower\"", "\"id\": \"my tower\"",
       "7: /nodes/0/id: \"my tower\" is not an id: up to 64 letters, digits, '_', ':', '.' and "
       "'-', not starting with '.' or '-'\n"
       "44: /links/0/b: there is no node \"tower\"; the id of one expected\n"
       "49: /links/1/a: there is no node \"tower\"; the id of one expected"},
      {"same id", "\"id\": \"spare\"", "\"id\": \"core\"",
       "36: /nodes/4/id: \"core\" is another node's id; every node needs its own (the first is in "
       "line 31)",
       kReaderOnly},
      {"same server address", "198.51.100.2", "198.51.100.1",
       "38: /nodes/4/addresses/0: 198.51.100.1 is another server's address; each needs its own "
       "(the first is in line 33)",
       kReaderOnly},
      {"role", "\"household\"", "\"houshold\"",
       "28: /nodes/2/role: \"houshold\" is not a role: backbone, household, gateway or server "
       "expected"},
      {"control character", "\"APU2\"", "\"APU\\n2\"",
       "18: /nodes/1/model: \"APU?2\" is not a text of up to 200 characters without control "
       "characters"},
      {"long text", "\"APU2\"", "\"" + std::string(201, 'x') + "\"",
       "18: /nodes/1/model: \"" + std::string(60, 'x') +
           "...\" is not a text of up to 200 characters without control characters"},
      {"routing daemon", "\"babeld\"", "\"zebra\"",
       "10: /nodes/0/routing/0: \"zebra\" is not a routing daemon: babeld, batman-adv, bird, bmx7, "
       "olsrd or olsrd2 expected"},
      {"routing daemon twice", "\"babeld\"", "\"batman-adv\"",
       "10: /nodes/0/routing/1: \"batman-adv\" is given twice"},
      {"address", "\"fd00::1\"", "\"fd00::1/64\"",
       "20: /nodes/1/addresses/1: \"fd00::1/64\" is not an address: IPv4 or IPv6 without prefix "
       "length expected"},
      {"address that only looks like one", "\"fd00::1\"", "\"1.2.3\"",
       "20: /nodes/1/addresses/1: \"1.2.3\" is not an address: IPv4 or IPv6 without prefix length "
       "expected",
       kReaderOnly},
      {"address twice", "\"fd00::1\"", "\"10.1.0.1\"",
       "20: /nodes/1/addresses/1: \"10.1.0.1\" is given twice"},
      {"latitude", "51.5", "91",
       "11: /nodes/0/location/latitude: 91 is out of range: -90 to 90 expected"},
      {"half a location", "\"latitude\": 51.5, ", "",
       "11: /nodes/0/location: a location needs \"latitude\", which is missing"},
      {"no nodes", "\"nodes\": [", "\"nodes\": [], \"links\": [], \"nothing\": [",
       "5: /nothing: unknown key of a topology: format, version, name, nodes or links expected\n"
       "5: /nodes: is empty; 1 or more expected\n"
       "41: /links: given already in line 5"},
      {"key twice", "\"id\": \"tower\",", "\"id\": \"tower\",\"id\": \"tower\",",
       "7: /nodes/0/id: given already in line 7", kReaderOnly},
  };
}

std::vector<Mistake> in_uplinks() {
  return {
      {"uplinks of no gateway", "\"role\": \"gateway\"", "\"role\": \"household\"",
       "21: /nodes/1/uplinks: only gateways have uplinks, and this is a household; role gateway or "
       "no uplinks expected"},
      {"uplink name", "\"name\": \"dsl\"", "\"name\": \"much-too-long-name\"",
       "22: /nodes/1/uplinks/0/name: \"much-too-long-name\" is not an uplink's name: up to 14 "
       "letters, digits, '_' and '-', not starting with '_' or '-'"},
      {"uplink name twice", "\"name\": \"lte\"", "\"name\": \"dsl\"",
       "23: /nodes/1/uplinks/1/name: another uplink of this node has the name \"dsl\" (the first "
       "is in line 22)",
       kReaderOnly},
      {"uplink link twice", "\"link\": \"lte-of-house-1\"", "\"link\": \"house-1~core\"",
       "23: /nodes/1/uplinks/1/link: another uplink of this node has the link \"house-1~core\" "
       "(the first is in line 22)",
       kReaderOnly},
      {"uplink without link", "\"link\": \"lte-of-house-1\"", "\"link\": \"nowhere\"",
       "23: /nodes/1/uplinks/1/link: there is no link \"nowhere\"; the id of a wan link expected",
       kReaderOnly},
      {"uplink by cable", "\"link\": \"lte-of-house-1\"", "\"link\": \"house-1~tower\"",
       "23: /nodes/1/uplinks/1/link: link \"house-1~tower\" is of kind ethernet; an uplink needs a "
       "wan link",
       kReaderOnly},
      {"uplink of another node", "\"b\": \"house-1\"", "\"b\": \"tower\"",
       "23: /nodes/1/uplinks/1/link: link \"lte-of-house-1\" does not end at this node; one that "
       "does expected",
       kReaderOnly},
  };
}

std::vector<Mistake> in_links() {
  return {
      {"unknown node", "\"b\": \"house-2\"", "\"b\": \"house-3\"",
       "50: /links/1/b: there is no node \"house-3\"; the id of one expected", kReaderOnly},
      {"link to itself", "\"b\": \"house-2\"", "\"b\": \"tower\"",
       "50: /links/1/b: a link to itself; another node's id expected", kReaderOnly},
      {"the same link again", "\"id\": \"lte-of-house-1\",", "",
       "23: /nodes/1/uplinks/1/link: there is no link \"lte-of-house-1\"; the id of a wan link "
       "expected\n"
       "63: /links/3: there is a link between \"core\" and \"house-1\" already; if both exist, an "
       "id of its own expected (the first is in line 56)",
       kReaderOnly},
      {"same link id", "\"id\": \"lte-of-house-1\"", "\"id\": \"tower~house-2\"",
       "23: /nodes/1/uplinks/1/link: there is no link \"lte-of-house-1\"; the id of a wan link "
       "expected\n"
       "64: /links/3/id: \"tower~house-2\" is another link's id; every link needs its own (the "
       "first is in line 48)",
       kReaderOnly},
      {"kind", "\"kind\": \"radio\"", "\"kind\": \"wifi\"",
       "51: /links/1/kind: \"wifi\" is not a kind: ethernet, radio or wan expected"},
      {"band", "\"band_ghz\": 5", "\"band_ghz\": 5.5",
       "52: /links/1/band_ghz: not a band: 2.4, 5, 6, 24 or 60 expected"},
      {"band of a cable", "\"kind\": \"ethernet\"", "\"kind\": \"ethernet\", \"band_ghz\": 5",
       "45: /links/0/band_ghz: only a link of kind radio has a band; remove it"},
      {"negative rate", "\"rate_mbit\": 120.5", "\"rate_mbit\": -120.5",
       "53: /links/1/a_to_b/rate_mbit: -120.5 is out of range: 0.001 to 400000 expected"},
      {"rate of zero", "\"rate_mbit\": 80", "\"rate_mbit\": 0",
       "54: /links/1/b_to_a/rate_mbit: 0 is out of range: 0.001 to 400000 expected"},
      {"rate as text", "\"rate_mbit\": 80", "\"rate_mbit\": \"80\"",
       "54: /links/1/b_to_a/rate_mbit: a number expected, this is a text"},
      {"no rate", "\"rate_mbit\": 80, ", "",
       "54: /links/1/b_to_a: a direction needs \"rate_mbit\", which is missing"},
      {"loss above 1", "\"loss\": 0.01", "\"loss\": 1.01",
       "53: /links/1/a_to_b/loss: 1.01 is out of range: 0 to 1 expected"},
      {"negative loss", "\"loss\": 0.01", "\"loss\": -0.01",
       "53: /links/1/a_to_b/loss: -0.01 is out of range: 0 to 1 expected"},
      {"negative delay", "\"delay_ms\": 1.5", "\"delay_ms\": -1",
       "53: /links/1/a_to_b/delay_ms: -1 is out of range: 0 to 10000 expected"},
      {"jitter", "\"jitter_ms\": 2", "\"jitter_ms\": 10001",
       "54: /links/1/b_to_a/jitter_ms: 10001 is out of range: 0 to 10000 expected"},
      {"direction is no object", "{\"rate_mbit\": 1000}", "1000",
       "46: /links/0/a_to_b: an object expected, this is a number"},
      {"no direction", "\"a_to_b\": {\"rate_mbit\": 1000}", "\"b_to_a\": {\"rate_mbit\": 1000}",
       "42: /links/0: a link needs \"a_to_b\", which is missing"},
  };
}

}  // namespace

std::vector<Mistake> mistakes() {
  std::vector<Mistake> all = in_nodes();
  for (auto& mistake : in_uplinks()) all.push_back(std::move(mistake));
  for (auto& mistake : in_links()) all.push_back(std::move(mistake));
  return all;
}

}  // namespace wirebraid::topology
