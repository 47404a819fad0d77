// What the daemon keeps over a restart: /var/lib/wirebraid/INTERFACE.json.
//
// {"version": 1, "quotas": {"UPLINK": {"start": "2026-11-01", "used_bytes": 5, "previous":
// {"start": "2026-10-01", "used_bytes": 7}}}}
#pragma once

#include <map>
#include <string>
#include <system_error>

#include "control/quota.h"

namespace wirebraid::control {

inline constexpr char kStateDirectory[] = "/var/lib/wirebraid";

/// By uplink.
using QuotaRecords = std::map<std::string, QuotaRecord>;

struct StateResult {
  QuotaRecords records;
  std::string problem;  ///< why nothing or not all could be read, and what was done; empty: none
};

class StateFile {
 public:
  StateFile(const std::string& directory, const std::string& interface);

  /// A file that is not there holds nothing. One that cannot be read or understood is renamed to
  /// PATH.bad.
  StateResult load() const;
  /// Replaces the file as a whole, also if the machine dies meanwhile; makes its directory.
  std::error_code save(const QuotaRecords& records) const;
  const std::string& path() const { return path_; }

 private:
  std::string directory_;
  std::string path_;
};

}  // namespace wirebraid::control
