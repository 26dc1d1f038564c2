#include "base/arena_layout.h"

#include <gtest/gtest.h>

#include <random>

#include "base/buffer.h"

namespace onedge {
namespace {

bool Overlap(const ArenaBlock& a, const ArenaBlock& b) {
  const bool together = a.first <= b.last && b.first <= a.last;
  const bool apart = a.offset + a.bytes + Buffer::kReadablePadding <= b.offset ||
                     b.offset + b.bytes + Buffer::kReadablePadding <= a.offset;
  return together && !apart;
}

TEST(ArenaLayout, BlocksAliveAtTheSameTimeDoNotOverlap) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<ArenaBlock> blocks(1 + random() % 40);
    for (ArenaBlock& block : blocks) {
      block.bytes = random() % 5000;
      block.first = random() % 30;
      block.last = block.first + random() % 10;
    }
    const auto total = LayOutArena(blocks);
    ASSERT_TRUE(total.has_value());
    for (size_t i = 0; i < blocks.size(); ++i) {
      EXPECT_EQ(blocks[i].offset % Buffer::kAlignment, 0u);
      EXPECT_LE(blocks[i].offset + blocks[i].bytes + Buffer::kReadablePadding, *total);
      for (size_t j = 0; j < i; ++j) EXPECT_FALSE(Overlap(blocks[i], blocks[j])) << "round " << round;
    }
  }
}

TEST(ArenaLayout, AChainNeedsOnlyTwoBlocksOfSpace) {
  std::vector<ArenaBlock> blocks;
  for (size_t i = 0; i < 100; ++i) blocks.push_back({1024, i, i + 1});
  EXPECT_EQ(LayOutArena(blocks), 2 * (1024 + 64));
}

TEST(ArenaLayout, SizesBeyondTheAddressSpaceAreRefused) {
  std::vector<ArenaBlock> blocks = {{SIZE_MAX - 10, 0, 1}};
  EXPECT_FALSE(LayOutArena(blocks).has_value());
  blocks = {{SIZE_MAX / 2, 0, 1}, {SIZE_MAX / 2, 0, 1}, {SIZE_MAX / 2, 0, 1}};
  EXPECT_FALSE(LayOutArena(blocks).has_value());
}

}  // namespace
}  // namespace onedge
