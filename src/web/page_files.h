// The files of the page, read at the start: what is not in this table cannot be asked for, so no
// path leads anywhere else.
#pragma once

#include <map>
#include <string>

namespace wirebraid::web {

struct PageFile {
  std::string type;
  std::string text;
  std::string tag;  ///< a digest of the text, for browsers that have it already
};

/// By path, such as "/style.css"; "/" is index.html.
using PageFiles = std::map<std::string, PageFile>;

struct PageResult {
  PageFiles files;
  std::string error;  ///< why there are none
};
/// `directory`: empty for where the page is installed, or the source tree while there is one.
PageResult read_page(const std::string& directory);

}  // namespace wirebraid::web
