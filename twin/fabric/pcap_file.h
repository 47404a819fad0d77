// A capture file as tcpdump and Wireshark read it (draft-ietf-opsawg-pcap, microseconds).
#pragma once

#include <cstdint>
#include <cstdio>
#include <span>
#include <string>

#include "wirebraid/time.h"

namespace wirebraid::fabric {

/// Ethernet frames. Owns the file.
class PcapFile {
 public:
  /// Makes the file or empties it. Throws std::system_error.
  explicit PcapFile(const std::string& path);
  ~PcapFile();
  PcapFile(const PcapFile&) = delete;
  PcapFile& operator=(const PcapFile&) = delete;

  /// `since_epoch`: of the wall clock. What a full disk does not take is lost.
  void write(std::span<const uint8_t> frame, Duration since_epoch);

 private:
  std::FILE* file_;
};

}  // namespace wirebraid::fabric
