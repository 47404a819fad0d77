#include "bench/scenarios/load.h"

#include <sstream>
#include <stdexcept>

namespace wirebraid::scenarios {

std::string Load::name() const {
  return sender + (download ? "" : ",up") + (strict ? ",strict" : "");
}

Load parse_load(const std::string& text) {
  std::istringstream words(text);
  Load load;
  if (!std::getline(words, load.sender, ',') || load.sender.empty()) {
    throw std::runtime_error("a load begins with its sender: cubic, bbr, quic");
  }
  for (std::string word; std::getline(words, word, ',');) {
    if (word == "up") {
      load.download = false;
    } else if (word == "strict") {
      load.strict = true;
    } else {
      throw std::runtime_error("load " + text + ": up or strict instead of '" + word + "'");
    }
  }
  return load;
}

std::vector<Load> all_loads(const std::string& available) {
  std::vector<Load> loads = {{}, {.strict = true}, {.download = false}};
  std::istringstream words(available);
  for (std::string word; words >> word;) {
    if (word == "bbr") loads.push_back({.sender = word});
  }
  loads.push_back({.sender = kQuic});
  return loads;
}

}  // namespace wirebraid::scenarios
