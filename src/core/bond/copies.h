// The copies of a packet in redundant mode: they wait in the queues of several paths, and the first
// one to leave gets a sequence that the others share.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

namespace wirebraid {

class Copies {
 public:
  /// A number for the copies of a new packet, never 0.
  uint32_t add() {
    if (!tables_) tables_ = std::make_unique<Tables>();
    if (++newest_ == 0) ++newest_;
    at(newest_) = {newest_, 0, false};
    return newest_;
  }
  /// A newer packet of its flow has left already, so that this one would come out of order: where
  /// that one left, this one was dropped.
  bool overtaken(uint32_t number, uint64_t flow) {
    const Group& group = at(number);
    const uint32_t newest = tables_->newest_left[flow % kFlows];
    return !group.left && newest != 0 && static_cast<int32_t>(newest - number) > 0;
  }
  /// The sequence that an earlier copy left under.
  std::optional<uint32_t> sequence(uint32_t number) {
    const Group& group = at(number);
    if (group.number != number || !group.left) return std::nullopt;
    return group.sequence;
  }
  /// So long ago that nothing is known of it any more.
  bool forgotten(uint32_t number) { return at(number).number != number; }
  void leave(uint32_t number, uint64_t flow, uint32_t sequence) {
    at(number) = {number, sequence, true};
    tables_->newest_left[flow % kFlows] = number;
  }

 private:
  /// More than any queue holds, so that what is forgotten has long been dropped.
  static constexpr uint32_t kGroups = 8192;
  static constexpr size_t kFlows = 4096;
  struct Group {
    uint32_t number = 0;
    uint32_t sequence = 0;
    bool left = false;
  };
  struct Tables {
    std::array<Group, kGroups> groups{};
    std::array<uint32_t, kFlows> newest_left{};  ///< by flow hash
  };
  Group& at(uint32_t number) { return tables_->groups[number % kGroups]; }

  std::unique_ptr<Tables> tables_;  ///< made with the first packet
  uint32_t newest_ = 0;
};

}  // namespace wirebraid
