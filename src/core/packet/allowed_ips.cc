#include "wirebraid/allowed_ips.h"

#include <algorithm>
#include <cassert>
#include <unordered_map>

namespace wirebraid {

namespace {

/// An address of either family, left-aligned in 128 bits.
struct Bits {
  uint64_t high = 0;
  uint64_t low = 0;

  static Bits v4(const uint8_t* bytes) { return {uint64_t{load_be<uint32_t>(bytes)} << 32U, 0}; }
  static Bits v6(const uint8_t* bytes) {
    return {load_be<uint64_t>(bytes), load_be<uint64_t>(bytes + 8)};
  }
  static Bits of(const IpAddress& address) {
    return address.is_v4() ? v4(address.bytes().data()) : v6(address.bytes().data());
  }

  unsigned bit(unsigned index) const {
    return index < 64 ? (high >> (63 - index)) & 1U : (low >> (127 - index)) & 1U;
  }
  unsigned common_with(const Bits& other) const {
    if (high != other.high) return static_cast<unsigned>(std::countl_zero(high ^ other.high));
    return 64 + static_cast<unsigned>(std::countl_zero(low ^ other.low));
  }
  friend auto operator<=>(const Bits&, const Bits&) = default;
};

constexpr uint32_t kNil = UINT32_MAX;

}  // namespace

/// Nodes refer to each other by index. A node without an owner only joins two branches; it has two
/// children always. The nodes of one owner form a doubly linked chain, so that removing an owner
/// costs what it holds and not what everybody holds.
class AllowedIps::Trie {
 public:
  explicit Trie(Family family) : family_(family) {}

  void insert(const Prefix& prefix, Owner owner);
  bool remove(const Prefix& prefix, Owner owner);
  void remove_owner(Owner owner);
  void append_prefixes_of(Owner owner, std::vector<Prefix>& out) const;
  size_t size() const { return owned_; }

  std::optional<Owner> find(const Bits& address) const {
    std::optional<Owner> best;
    for (uint32_t at = root_; at != kNil;) {
      const Node& node = nodes_[at];
      if (node.bits.common_with(address) < node.length) break;
      if (node.owned) best = node.owner;
      if (node.length == max_length()) break;
      at = node.child[address.bit(node.length)];
    }
    return best;
  }

 private:
  struct Node {
    Bits bits;
    uint32_t child[2] = {kNil, kNil};
    uint32_t parent = kNil;
    Owner owner = 0;
    uint32_t next_of_owner = kNil;
    uint32_t previous_of_owner = kNil;
    uint8_t length = 0;
    bool owned = false;
  };

  unsigned max_length() const { return family_ == Family::v4 ? 32 : 128; }
  uint32_t make_node(Bits bits, unsigned length);
  void attach(uint32_t parent, uint32_t child);
  void replace_child(uint32_t parent, uint32_t old_child, uint32_t new_child);
  uint32_t find_exact(const Prefix& prefix) const;
  void take(uint32_t at, Owner owner);
  void leave_owner(uint32_t at);
  void prune(uint32_t at);
  void release(uint32_t at);

  Family family_;
  std::vector<Node> nodes_;
  uint32_t free_ = kNil;  ///< chained by Node::parent
  uint32_t root_ = kNil;
  size_t owned_ = 0;
  std::unordered_map<Owner, uint32_t> first_of_owner_;
};

uint32_t AllowedIps::Trie::make_node(Bits bits, unsigned length) {
  uint32_t at = free_;
  if (at != kNil) {
    free_ = nodes_[at].parent;
    nodes_[at] = Node();
  } else {
    at = static_cast<uint32_t>(nodes_.size());
    nodes_.emplace_back();
  }
  nodes_[at].bits = bits;
  nodes_[at].length = static_cast<uint8_t>(length);
  return at;
}

void AllowedIps::Trie::attach(uint32_t parent, uint32_t child) {
  nodes_[child].parent = parent;
  if (parent == kNil) {
    root_ = child;
  } else {
    nodes_[parent].child[nodes_[child].bits.bit(nodes_[parent].length)] = child;
  }
}

void AllowedIps::Trie::replace_child(uint32_t parent, uint32_t old_child, uint32_t new_child) {
  if (parent == kNil) {
    root_ = new_child;
  } else {
    nodes_[parent].child[nodes_[parent].child[1] == old_child ? 1 : 0] = new_child;
  }
  if (new_child != kNil) nodes_[new_child].parent = parent;
}

void AllowedIps::Trie::insert(const Prefix& prefix, Owner owner) {
  const Bits bits = Bits::of(prefix.address);
  const unsigned length = prefix.length;
  uint32_t parent = kNil;
  uint32_t at = root_;
  while (at != kNil) {
    const unsigned common =
        std::min({nodes_[at].bits.common_with(bits), unsigned{nodes_[at].length}, length});
    if (common == length && nodes_[at].length == length) {
      nodes_[at].bits = bits;  // a joint has bits of one of its branches behind its length
      take(at, owner);
      return;
    }
    if (common < nodes_[at].length) {
      // The new prefix leaves this branch in the middle: it, or a joint, goes above the node.
      uint32_t above = make_node(common == length ? bits : nodes_[at].bits, common);
      attach(parent, above);
      attach(above, at);
      if (common < length) {
        const uint32_t leaf = make_node(bits, length);
        attach(above, leaf);
        above = leaf;
      }
      take(above, owner);
      return;
    }
    parent = at;
    at = nodes_[at].child[bits.bit(nodes_[at].length)];
  }
  const uint32_t leaf = make_node(bits, length);
  attach(parent, leaf);
  take(leaf, owner);
}

uint32_t AllowedIps::Trie::find_exact(const Prefix& prefix) const {
  const Bits bits = Bits::of(prefix.address);
  uint32_t at = root_;
  while (at != kNil && nodes_[at].length < prefix.length) {
    at = nodes_[at].child[bits.bit(nodes_[at].length)];
  }
  if (at == kNil || nodes_[at].length != prefix.length || !nodes_[at].owned ||
      nodes_[at].bits.common_with(bits) < prefix.length) {
    return kNil;
  }
  return at;
}

bool AllowedIps::Trie::remove(const Prefix& prefix, Owner owner) {
  const uint32_t at = find_exact(prefix);
  if (at == kNil || nodes_[at].owner != owner) return false;
  leave_owner(at);
  prune(at);
  return true;
}

void AllowedIps::Trie::remove_owner(Owner owner) {
  for (auto first = first_of_owner_.find(owner); first != first_of_owner_.end();
       first = first_of_owner_.find(owner)) {
    const uint32_t at = first->second;
    leave_owner(at);
    prune(at);
  }
}

void AllowedIps::Trie::append_prefixes_of(Owner owner, std::vector<Prefix>& out) const {
  const auto first = first_of_owner_.find(owner);
  if (first == first_of_owner_.end()) return;
  std::vector<uint32_t> held;
  for (uint32_t at = first->second; at != kNil; at = nodes_[at].next_of_owner) held.push_back(at);
  std::sort(held.begin(), held.end(), [this](uint32_t a, uint32_t b) {
    const auto order = nodes_[a].bits <=> nodes_[b].bits;
    return order != 0 ? order < 0 : nodes_[a].length < nodes_[b].length;
  });
  for (const uint32_t at : held) {
    std::array<uint8_t, 16> bytes{};
    const std::span all(bytes);
    if (family_ == Family::v4) {
      store_be<uint32_t>(bytes.data(), static_cast<uint32_t>(nodes_[at].bits.high >> 32U));
      out.push_back({IpAddress::v4(all.first<4>()), nodes_[at].length});
    } else {
      store_be<uint64_t>(bytes.data(), nodes_[at].bits.high);
      store_be<uint64_t>(bytes.data() + 8, nodes_[at].bits.low);
      out.push_back({IpAddress::v6(all), nodes_[at].length});
    }
  }
}

void AllowedIps::Trie::take(uint32_t at, Owner owner) {
  if (nodes_[at].owned) leave_owner(at);
  const auto [first, is_new] = first_of_owner_.try_emplace(owner, at);
  Node& node = nodes_[at];
  node.owned = true;
  node.owner = owner;
  node.previous_of_owner = kNil;
  node.next_of_owner = is_new ? kNil : first->second;
  if (!is_new) {
    nodes_[first->second].previous_of_owner = at;
    first->second = at;
  }
  ++owned_;
}

void AllowedIps::Trie::leave_owner(uint32_t at) {
  Node& node = nodes_[at];
  if (node.next_of_owner != kNil) {
    nodes_[node.next_of_owner].previous_of_owner = node.previous_of_owner;
  }
  if (node.previous_of_owner != kNil) {
    nodes_[node.previous_of_owner].next_of_owner = node.next_of_owner;
  } else if (node.next_of_owner != kNil) {
    first_of_owner_[node.owner] = node.next_of_owner;
  } else {
    first_of_owner_.erase(node.owner);
  }
  node.owned = false;
  --owned_;
}

/// Takes out a node that has lost its owner, and its parent if that joined two branches only.
void AllowedIps::Trie::prune(uint32_t at) {
  while (at != kNil && !nodes_[at].owned) {
    const uint32_t* child = nodes_[at].child;
    if (child[0] != kNil && child[1] != kNil) return;
    const uint32_t parent = nodes_[at].parent;
    replace_child(parent, at, child[0] != kNil ? child[0] : child[1]);
    release(at);
    at = parent;
  }
}

void AllowedIps::Trie::release(uint32_t at) {
  nodes_[at].parent = free_;
  free_ = at;
}

AllowedIps::AllowedIps()
    : v4_(std::make_unique<Trie>(Family::v4)), v6_(std::make_unique<Trie>(Family::v6)) {}
AllowedIps::~AllowedIps() = default;
AllowedIps::AllowedIps(AllowedIps&&) noexcept = default;
AllowedIps& AllowedIps::operator=(AllowedIps&&) noexcept = default;

void AllowedIps::insert(const Prefix& prefix, Owner owner) {
  assert(prefix.address && prefix.length <= prefix.address.bits());
  (prefix.address.is_v4() ? v4_ : v6_)->insert(prefix.masked(), owner);
}

bool AllowedIps::remove(const Prefix& prefix, Owner owner) {
  if (!prefix.address) return false;
  return (prefix.address.is_v4() ? v4_ : v6_)->remove(prefix.masked(), owner);
}

void AllowedIps::remove_owner(Owner owner) {
  v4_->remove_owner(owner);
  v6_->remove_owner(owner);
}

std::optional<AllowedIps::Owner> AllowedIps::find(const IpAddress& address) const {
  if (address.is_v4()) return find_v4(address.bytes().data());
  if (address.is_v6()) return find_v6(address.bytes().data());
  return std::nullopt;
}

std::optional<AllowedIps::Owner> AllowedIps::find_v4(const uint8_t* address) const {
  return v4_->find(Bits::v4(address));
}

std::optional<AllowedIps::Owner> AllowedIps::find_v6(const uint8_t* address) const {
  return v6_->find(Bits::v6(address));
}

std::vector<Prefix> AllowedIps::prefixes_of(Owner owner) const {
  std::vector<Prefix> out;
  v4_->append_prefixes_of(owner, out);
  v6_->append_prefixes_of(owner, out);
  return out;
}

size_t AllowedIps::size() const { return v4_->size() + v6_->size(); }

}  // namespace wirebraid
