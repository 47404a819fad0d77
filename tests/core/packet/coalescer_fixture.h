// A Coalescer for tests, and what comes out of it put together.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "tests/core/packet/segment_builder.h"
#include "wirebraid/segmentation.h"

namespace wirebraid::test {

struct Result {
  Offload offload;
  Bytes bytes;
  size_t count;
};

class CoalescerTest : public testing::Test {
 protected:
  Packet packet(const Bytes& bytes) {
    Packet made = pool_.allocate();
    made.resize(bytes.size());
    std::ranges::copy(bytes, made.data());
    return made;
  }
  std::vector<Result> merge(const std::vector<Bytes>& all, bool udp = true) {
    std::vector<Packet> batch;
    for (const Bytes& bytes : all) batch.push_back(packet(bytes));
    return merge(batch, udp);
  }
  std::vector<Result> merge(std::vector<Packet>& batch, bool udp) {
    std::vector<Packet> pieces(3);  // overwritten
    std::vector<SuperPacket> merged(3);
    coalescer_.merge(batch, udp, pieces, merged);
    std::vector<Result> results;
    size_t next = 0;
    for (const SuperPacket& one : merged) {
      EXPECT_EQ(one.first, next) << "every piece belongs to one";
      next += one.count;
      Result result{one.offload, {}, one.count};
      for (size_t i = one.first; i < next; ++i)
        result.bytes.insert(result.bytes.end(), pieces[i].data(),
                            pieces[i].data() + pieces[i].size());
      results.push_back(std::move(result));
    }
    EXPECT_EQ(next, pieces.size());
    return results;
  }
  /// What split() makes of them.
  std::vector<Bytes> split_again(const std::vector<Result>& results) {
    std::vector<Packet> packets;
    for (const Result& result : results)
      EXPECT_EQ(split(result.bytes, result.offload, pool_, packets), SplitResult::done);
    std::vector<Bytes> all;
    for (const Packet& one : packets) {
      const auto bytes = one.bytes();
      all.emplace_back(bytes.begin(), bytes.end());
    }
    return all;
  }

  BufferPool pool_{9000, 4000};
  Coalescer coalescer_;
};

inline void expect_alone(const Result& result, const Bytes& as_it_was) {
  EXPECT_EQ(result.count, 1u);
  EXPECT_EQ(result.offload.kind, Offload::Kind::none);
  EXPECT_EQ(result.offload.segment_size, 0);
  EXPECT_FALSE(result.offload.needs_checksum);
  EXPECT_EQ(result.bytes, as_it_was);
}
inline void expect_all_alone(const std::vector<Result>& results, const std::vector<Bytes>& all) {
  ASSERT_EQ(results.size(), all.size());
  for (size_t i = 0; i < all.size(); ++i) expect_alone(results[i], all[i]);
}
inline void expect_merged(const Result& result, const Segment& segment, uint16_t segment_size) {
  const auto expected = for_kernel(segment, segment_size);
  EXPECT_EQ(result.bytes, expected.bytes);
  EXPECT_EQ(result.offload.kind, expected.offload.kind);
  EXPECT_EQ(result.offload.segment_size, segment_size);
  EXPECT_TRUE(result.offload.needs_checksum);
  EXPECT_EQ(result.offload.checksum_start, expected.offload.checksum_start);
  EXPECT_EQ(result.offload.checksum_offset, expected.offload.checksum_offset);
}

inline void for_all_kinds(const std::function<void(int version, bool tcp)>& check) {
  for (const int version : {4, 6}) {
    for (const bool tcp : {true, false}) {
      SCOPED_TRACE(testing::Message() << (tcp ? "TCP" : "UDP") << " in IPv" << version);
      check(version, tcp);
    }
  }
}

}  // namespace wirebraid::test
