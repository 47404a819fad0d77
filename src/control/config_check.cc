#include "control/config_check.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "control/config_text.h"

namespace wirebraid::control {

namespace {
constexpr size_t kMaxEndpoints = 16;  // of one uplink; nobody has more servers
}

size_t SectionSource::line_of(const std::string& key) const {
  const auto found = lines.find(key);
  return found == lines.end() ? line : found->second;
}

void ConfigDraft::error(const SectionSource& source, const std::string& key, std::string message) {
  errors.push_back({file, source.line_of(key), source.label, key, std::move(message)});
}

void ConfigDraft::warn(const SectionSource& source, const std::string& key, std::string message) {
  warnings.push_back({file, source.line_of(key), source.label, key, std::move(message)});
}

std::vector<std::string> ConfigDraft::bond_names() const {
  std::vector<std::string> names;
  for (const auto& bond : config.bonds) names.push_back(bond.name);
  return names;
}

std::string place_of(const SectionSource& source, const std::string& key) {
  return "[" + source.label + "] in line " + std::to_string(source.line_of(key));
}

namespace {

class Checker {
 public:
  explicit Checker(ConfigDraft& draft) : draft_(draft), config_(draft.config) {}

  void run() {
    if (draft_.interface.line == 0) {
      draft_.errors.push_back({draft_.file, 0, "", "", "no [Interface] section"});
    }
    assign_bonds();
    check_names();
    for (size_t i = 0; i < config_.uplinks.size(); ++i) check_uplink(i);
    check_sessions();
    check_sockets();
    check_allowed_ips();
    check_bonds();
    check_modes(draft_);
    check_mtu();
  }

 private:
  void error(const SectionSource& source, const std::string& key, std::string message) {
    draft_.error(source, key, std::move(message));
  }
  void warn(const SectionSource& source, const std::string& key, std::string message) {
    draft_.warn(source, key, std::move(message));
  }

  // An [Uplink] without Bond joins the only bond there is, unless AllowedIPs of its own show that
  // it stands alone. A [Peer] always stands alone.
  void assign_bonds() {
    const auto names = draft_.bond_names();
    for (size_t i = 0; i < config_.uplinks.size(); ++i) {
      UplinkSection& uplink = config_.uplinks[i];
      const SectionSource& source = draft_.uplinks[i];
      if (!source.has("Bond")) {
        if (source.label == "Peer" || names.empty() || source.has("AllowedIPs")) continue;
        if (names.size() == 1) {
          uplink.bond = names.front();
          continue;
        }
        error(source, "Bond",
              "missing: the file has several bonds; name one, or give the uplink AllowedIPs of "
              "its own");
        continue;
      }
      if (std::find(names.begin(), names.end(), uplink.bond) == names.end()) {
        error(source, "Bond",
              "there is no bond " + quoted(uplink.bond) + suggestion(uplink.bond, names));
      } else if (source.has("AllowedIPs")) {
        error(source, "AllowedIPs",
              "belongs to [Bond " + uplink.bond + "], of which this uplink is a part");
      }
    }
  }

  void check_names() {
    std::map<std::string, const SectionSource*> bonds;
    std::map<std::string, const SectionSource*> uplinks;
    const auto insert = [this](auto& names, const std::string& name, const SectionSource& source) {
      const auto [first, inserted] = names.emplace(name, &source);
      if (!inserted) {
        error(source, "", "this name is taken by " + place_of(*first->second, ""));
      }
      return inserted;
    };
    for (size_t i = 0; i < config_.bonds.size(); ++i) {
      insert(bonds, config_.bonds[i].name, draft_.bonds[i]);
    }
    for (size_t i = 0; i < config_.uplinks.size(); ++i) {
      const UplinkSection& uplink = config_.uplinks[i];
      const bool free = insert(uplinks, uplink.name, draft_.uplinks[i]);
      // Without a bond it appears as one of its own name.
      if (free && uplink.bond.empty()) insert(bonds, uplink.name, draft_.uplinks[i]);
    }
  }

  void check_uplink(size_t i) {
    const UplinkSection& uplink = config_.uplinks[i];
    const SectionSource& source = draft_.uplinks[i];
    if (!source.has("PublicKey")) {
      error(source, "PublicKey", "missing: the far side's public key is required");
    }
    if (!uplink.private_key && !config_.interface.private_key && !source.has("PrivateKey") &&
        !source.has("PrivateKeyFile") && !draft_.interface.has("PrivateKey") &&
        !draft_.interface.has("PrivateKeyFile")) {
      error(source, "PrivateKey", "missing: neither this section nor [Interface] has one");
    }
    for (const HostPort& endpoint : uplink.endpoints) {
      const auto far = IpAddress::parse(endpoint.host);
      if (uplink.address && far && far->family() != uplink.address.family()) {
        error(source, "Address",
              uplink.address.to_string() + " cannot reach the Endpoint " + endpoint.to_string() +
                  ": one is IPv4, the other IPv6");
      }
    }
    if (uplink.endpoints.size() > kMaxEndpoints) {
      error(source, "Endpoint", "more than " + std::to_string(kMaxEndpoints) + " servers");
    }
    check_quota(uplink, source);
  }

  void check_quota(const UplinkSection& uplink, const SectionSource& source) {
    for (const char* key : {"QuotaReserve", "QuotaDay"}) {
      if (source.has(key) && !source.has("Quota")) {
        warn(source, key, "has no effect without Quota");
      }
    }
    if (uplink.quota != 0 && reserve_of(uplink) > uplink.quota) {
      error(source, "QuotaReserve", "is more than the Quota itself");
    }
  }

  const std::optional<PrivateKey>& own_key(const UplinkSection& uplink) const {
    return uplink.private_key ? uplink.private_key : config_.interface.private_key;
  }

  // A session is named by its two keys: the far side tells our uplinks apart by ours.
  void check_sessions() {
    // Public halves, so that no secret is compared in variable time.
    std::map<std::pair<std::string, std::string>, const SectionSource*> sessions;
    for (size_t i = 0; i < config_.uplinks.size(); ++i) {
      const UplinkSection& uplink = config_.uplinks[i];
      const SectionSource& source = draft_.uplinks[i];
      const auto& key = own_key(uplink);
      if (!key || !source.has("PublicKey") || uplink.public_key.is_zero()) continue;
      const PublicKey own = public_key_of(*key);
      if (own == uplink.public_key) {
        error(source, "PublicKey", "is this end's own key; the far side's is expected");
        continue;
      }
      const auto [first, inserted] =
          sessions.emplace(std::pair(own.to_hex(), uplink.public_key.to_hex()), &source);
      if (!inserted) {
        error(source, "PublicKey",
              "same PrivateKey and PublicKey as " + place_of(*first->second, "PublicKey") +
                  ", so the two could not be told apart; give each uplink a PrivateKey of its own");
      }
    }
  }

  void check_sockets() {
    using Socket = std::tuple<uint16_t, std::string, IpAddress>;
    std::map<Socket, const SectionSource*> sockets;
    const auto bind = [&](const SectionSource& source, uint16_t port, const std::string& device,
                          const IpAddress& address) {
      if (port == 0) return;
      const auto [first, inserted] = sockets.emplace(Socket(port, device, address), &source);
      if (!inserted) {
        error(source, "ListenPort",
              std::to_string(port) + " is taken by " + place_of(*first->second, "ListenPort"));
      }
    };
    bind(draft_.interface, config_.interface.listen_port, "", IpAddress());
    for (size_t i = 0; i < config_.uplinks.size(); ++i) {
      const UplinkSection& uplink = config_.uplinks[i];
      bind(draft_.uplinks[i], uplink.listen_port.value_or(0), uplink.device, uplink.address);
    }
  }

  void check_allowed_ips() {
    std::map<Prefix, const SectionSource*> owners;
    const auto claim = [&](std::vector<Prefix>& prefixes, const SectionSource& source) {
      std::vector<Prefix> unique;
      for (const Prefix& written : prefixes) {
        const Prefix prefix = written.masked();
        const auto [first, inserted] = owners.emplace(prefix, &source);
        if (inserted) {
          unique.push_back(prefix);
        } else if (first->second != &source) {
          error(
              source, "AllowedIPs",
              prefix.to_string() + " belongs already to " + place_of(*first->second, "AllowedIPs"));
        }
      }
      prefixes = std::move(unique);
    };
    for (size_t i = 0; i < config_.bonds.size(); ++i) {
      claim(config_.bonds[i].allowed_ips, draft_.bonds[i]);
    }
    for (size_t i = 0; i < config_.uplinks.size(); ++i) {
      claim(config_.uplinks[i].allowed_ips, draft_.uplinks[i]);
    }
  }

  void check_bonds() {
    std::set<std::string> used;
    for (const auto& uplink : config_.uplinks) used.insert(uplink.bond);
    for (size_t i = 0; i < config_.bonds.size(); ++i) {
      const BondSection& bond = config_.bonds[i];
      if (used.count(bond.name) == 0) warn(draft_.bonds[i], "", "no uplink belongs to this bond");
      if (bond.allowed_ips.empty()) {
        warn(draft_.bonds[i], "AllowedIPs", "none given, so the bond carries nothing");
      }
    }
  }

  void check_mtu() {
    constexpr uint32_t kLeastForV6 = 1280;  // RFC 8200 section 5
    const auto& mtu = config_.interface.mtu;
    if (!mtu || *mtu >= kLeastForV6) return;
    const auto v6 = [](const Prefix& prefix) { return prefix.address.is_v6(); };
    const auto any_v6 = [&](const std::vector<Prefix>& prefixes) {
      return std::any_of(prefixes.begin(), prefixes.end(), v6);
    };
    if (any_v6(config_.interface.addresses) ||
        std::any_of(config_.bonds.begin(), config_.bonds.end(),
                    [&](const auto& bond) { return any_v6(bond.allowed_ips); }) ||
        std::any_of(config_.uplinks.begin(), config_.uplinks.end(),
                    [&](const auto& uplink) { return any_v6(uplink.allowed_ips); })) {
      error(draft_.interface, "MTU",
            std::to_string(*mtu) + " is too small for IPv6, which needs 1280");
    }
  }

  ConfigDraft& draft_;
  Config& config_;
};

}  // namespace

void check_config(ConfigDraft& draft) { Checker(draft).run(); }

}  // namespace wirebraid::control
