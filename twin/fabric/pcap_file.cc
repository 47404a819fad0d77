#include "twin/fabric/pcap_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace wirebraid::fabric {
namespace {

constexpr uint32_t kMagic = 0xa1b2c3d4;  // tells the reader our byte order
constexpr uint32_t kVersion = 2 | 4 << 16;
constexpr uint32_t kLongest = 65'536;
constexpr uint32_t kEthernet = 1;

}  // namespace

PcapFile::PcapFile(const std::string& path) : file_(std::fopen(path.c_str(), "wbe")) {
  if (file_ == nullptr) throw std::system_error(errno, std::generic_category(), path);
  const std::array<uint32_t, 6> header{kMagic, kVersion, 0, 0, kLongest, kEthernet};
  std::fwrite(header.data(), sizeof header, 1, file_);
}

PcapFile::~PcapFile() { std::fclose(file_); }

void PcapFile::write(std::span<const uint8_t> frame, Duration since_epoch) {
  const auto size = static_cast<uint32_t>(frame.size());
  const auto micros = static_cast<uint64_t>(since_epoch.count());
  const std::array<uint32_t, 4> header{static_cast<uint32_t>(micros / 1'000'000),
                                       static_cast<uint32_t>(micros % 1'000'000),
                                       std::min(size, kLongest), size};
  std::fwrite(header.data(), sizeof header, 1, file_);
  std::fwrite(frame.data(), header[2], 1, file_);
}

}  // namespace wirebraid::fabric
