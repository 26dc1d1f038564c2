// Where in one arena blocks with known lifetimes go, so that blocks that live at the same time do not overlap.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace onedge {

struct ArenaBlock {
  size_t bytes;
  size_t first;       // first step at which it is written
  size_t last;        // last step at which it is read, inclusive
  size_t offset = 0;  // set by LayOutArena
};

// Greedy by size: the largest block first, each at the lowest offset where it fits; offsets are 64-byte aligned and
// every block is followed by Buffer::kReadablePadding bytes. Returns the arena's size, nullopt on overflow.
std::optional<size_t> LayOutArena(std::vector<ArenaBlock>& blocks);

}  // namespace onedge
