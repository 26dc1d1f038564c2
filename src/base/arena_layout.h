// Places blocks with known lifetimes in one arena, so that blocks that live at the same time do not overlap.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace onedge {

struct ArenaBlock {
  size_t bytes;
  size_t first;       // first step that writes it
  size_t last;        // last step that reads it, inclusive
  size_t offset = 0;  // set by LayOutArena
};

// Greedy by size: the largest block first, each at the lowest offset where it fits. Offsets are 64-byte aligned, and
// Buffer::kReadablePadding bytes follow every block. Returns the arena's size; nullopt on overflow.
std::optional<size_t> LayOutArena(std::vector<ArenaBlock>& blocks);

}  // namespace onedge
