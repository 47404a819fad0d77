// Longest-prefix match from addresses to owners ("cryptokey routing", white paper section 2).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "wirebraid/address.h"

namespace wirebraid {

/// A path-compressed binary trie per family. One prefix has one owner: inserting it again moves it.
/// Built for hundreds of thousands of prefixes: insert and look-up visit at most 32 (128) nodes,
/// and nodes stand in one array.
class AllowedIps {
 public:
  using Owner = uint32_t;

  AllowedIps();
  ~AllowedIps();
  AllowedIps(AllowedIps&&) noexcept;
  AllowedIps& operator=(AllowedIps&&) noexcept;

  /// Host bits of `prefix` are ignored.
  void insert(const Prefix& prefix, Owner owner);
  /// False if `owner` does not hold exactly this prefix.
  bool remove(const Prefix& prefix, Owner owner);
  void remove_owner(Owner owner);
  std::optional<Owner> find(const IpAddress& address) const;
  /// The same from bytes in network order (4 or 16), for the data path.
  std::optional<Owner> find_v4(const uint8_t* address) const;
  std::optional<Owner> find_v6(const uint8_t* address) const;
  /// In trie order.
  std::vector<Prefix> prefixes_of(Owner owner) const;
  size_t size() const;

 private:
  class Trie;
  std::unique_ptr<Trie> v4_;
  std::unique_ptr<Trie> v6_;
};

}  // namespace wirebraid
