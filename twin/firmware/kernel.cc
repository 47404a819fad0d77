#include "twin/firmware/kernel.h"

#include <string.h>

#include <algorithm>

#include "twin/lab/process.h"

namespace wirebraid::firmware {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kPrefix = "linux-image-";
constexpr std::string_view kFlavour = "-amd64";

bool begins(std::string_view release, std::string_view version) {
  if (!release.starts_with(version)) return false;
  const bool number_goes_on = release.size() > version.size() && release[version.size()] >= '0' &&
                              release[version.size()] <= '9';
  return !number_goes_on;
}

}  // namespace

std::vector<std::string> kernel_releases(const std::vector<std::string>& packages) {
  std::vector<std::string> releases;
  for (const std::string& package : packages) {
    if (!package.starts_with(kPrefix) || !package.ends_with(kFlavour)) continue;
    const std::string release = package.substr(kPrefix.size());
    if (release.front() < '0' || release.front() > '9') continue;
    const std::string number = release.substr(0, release.size() - kFlavour.size());
    if (number.ends_with("-cloud") || number.ends_with("-rt")) continue;
    releases.push_back(release);
  }
  std::sort(releases.begin(), releases.end(), [](const std::string& a, const std::string& b) {
    return ::strverscmp(a.c_str(), b.c_str()) < 0;
  });
  return releases;
}

std::string choose_release(const std::vector<std::string>& releases, std::string_view version) {
  const auto found = std::find_if(releases.rbegin(), releases.rend(), [&](const std::string& each) {
    return !version.empty() && begins(each, version);
  });
  if (found != releases.rend()) return *found;
  std::string known;
  for (const std::string& each : releases) known += " " + each;
  throw BuildError("no kernel " + std::string(version) +
                   "; there are:" + (known.empty() ? " none" : known));
}

Kernel fetch_kernel(Packages& packages, std::string_view version) {
  const std::string release = choose_release(kernel_releases(packages.names(kPrefix)), version);
  const fs::path root = packages.unpacked({std::string(kPrefix) + release}, false).front();
  Kernel kernel{release, root / "boot" / ("vmlinuz-" + release), root / "lib/modules" / release};
  if (!fs::exists(kernel.modules)) kernel.modules = root / "usr/lib/modules" / release;
  if (!fs::exists(kernel.image)) throw BuildError(kernel.image.string() + ": not in the package");
  return kernel;
}

std::vector<std::string> boot_modules() {
  // ext4 asks the crypto API for crc32c by name, which no dependency tells.
  return lab::words(
      "virtio_mmio virtio_pci virtio_blk squashfs loop overlay ext4 ?crc32c_generic "
      "?crc32c_intel ?libcrc32c");
}

std::vector<std::string> node_modules() {
  return lab::words(
      // Links, and what is put on top of them.
      "virtio_net ?virtio_rng ?af_packet bridge 8021q veth dummy tun vxlan ip_gre ?ip6_gre ?ifb "
      // Meshes and tunnels.
      "batman_adv wireguard "
      // Radios, and the ciphers that they ask for by name.
      "mac80211_hwsim mac80211 cfg80211 ?ccm ?gcm ?ctr ?cmac ?aes_generic ?aesni_intel "
      // Queues.
      "sch_netem sch_tbf sch_fq_codel sch_fq ?sch_htb ?sch_cake ?sch_ingress ?cls_u32 "
      "?cls_matchall ?act_mirred ?tcp_bbr "
      // Packet filter and address translation.
      "nf_tables nf_nat nft_chain_nat nft_masq nft_nat nft_ct ?nft_reject_inet ?nft_limit "
      "?nft_fib_inet");
}

}  // namespace wirebraid::firmware
