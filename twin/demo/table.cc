#include "twin/demo/table.h"

#include <unistd.h>

namespace wirebraid::demo {
namespace {

constexpr const char* kEraseToEnd = "\033[K";

double mega(double bits_per_second) { return bits_per_second / 1e6; }

}  // namespace

Table::Table(std::FILE* out) : out_(out), terminal_(::isatty(::fileno(out)) != 0) {}

void Table::begin(const std::string& heading) {
  std::fprintf(out_, "\n%s\n", heading.c_str());
  drawn_ = 0;
  std::fflush(out_);
}

void Table::update(int second, const std::vector<TableRow>& rows, double total_bps) {
  if (!terminal_) {
    std::fprintf(out_, "  %2d s", second);
    for (const TableRow& row : rows) {
      std::fprintf(out_, "  %s %.1f Mbit/s (capacity %s, RTT %s, loss %s, %s);", row.uplink.c_str(),
                   mega(row.rate_bps), row.capacity.c_str(), row.rtt.c_str(), row.loss.c_str(),
                   row.state.c_str());
    }
    if (total_bps >= 0) std::fprintf(out_, "  received %5.1f Mbit/s", mega(total_bps));
    std::fprintf(out_, "\n");
    std::fflush(out_);
    return;
  }
  if (drawn_ > 0) std::fprintf(out_, "\033[%zuA", drawn_);
  std::fprintf(out_, "  %2d s  %-12s %12s %12s %10s %8s  %s%s\n", second, "uplink", "rate Mbit/s",
               "capacity", "RTT", "loss", "state", kEraseToEnd);
  for (const TableRow& row : rows) {
    std::fprintf(out_, "        %-12s %12.1f %12s %10s %8s  %s%s\n", row.uplink.c_str(),
                 mega(row.rate_bps), row.capacity.c_str(), row.rtt.c_str(), row.loss.c_str(),
                 row.state.c_str(), kEraseToEnd);
  }
  drawn_ = rows.size() + 1;
  if (total_bps >= 0) {
    std::fprintf(out_, "        %-12s %12.1f%s\n", "received", mega(total_bps), kEraseToEnd);
    ++drawn_;
  }
  std::fflush(out_);
}

void Table::note(const std::string& text) {
  std::fprintf(out_, "  %s\n", text.c_str());
  drawn_ = 0;  // the next update starts a fresh table below the note
  std::fflush(out_);
}

}  // namespace wirebraid::demo
