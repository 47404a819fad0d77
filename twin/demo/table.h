// The live table: on a terminal it is redrawn in place, elsewhere every update is a line.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

namespace wirebraid::demo {

struct TableRow {
  std::string uplink;
  double rate_bps = 0;  ///< measured on the emulated link
  std::string capacity;
  std::string rtt;
  std::string loss;
  std::string state;
};

class Table {
 public:
  explicit Table(std::FILE* out);

  /// A new table under a heading.
  void begin(const std::string& heading);
  /// `second`: since begin(). `total_bps`: what the receiver behind the tunnel gets; negative if
  /// nobody measures it.
  void update(int second, const std::vector<TableRow>& rows, double total_bps);
  /// A line below the table, e.g. what has just been done to an uplink.
  void note(const std::string& text);

 private:
  std::FILE* out_;
  bool terminal_;
  size_t drawn_ = 0;  // lines that the next update overwrites
};

}  // namespace wirebraid::demo
