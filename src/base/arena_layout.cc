#include "base/arena_layout.h"

#include <algorithm>
#include <numeric>

#include "base/buffer.h"
#include "base/checked_math.h"
#include "base/heap_sort.h"

namespace onedge {

std::optional<size_t> LayOutArena(std::vector<ArenaBlock>& blocks) {
  constexpr size_t kExtra = Buffer::kReadablePadding + Buffer::kAlignment;
  std::vector<size_t> by_size(blocks.size());
  std::iota(by_size.begin(), by_size.end(), size_t{0});
  HeapSort(by_size, [&](size_t a, size_t b) {
    return blocks[a].bytes > blocks[b].bytes || (blocks[a].bytes == blocks[b].bytes && a < b);
  });
  const auto padded = [](size_t bytes) { return AlignUp(bytes + Buffer::kReadablePadding, Buffer::kAlignment); };

  size_t total = 0;
  std::vector<size_t> placed;  // indices, ordered by offset
  for (size_t index : by_size) {
    ArenaBlock& block = blocks[index];
    if (!CheckedAdd(block.bytes, kExtra)) return std::nullopt;
    size_t offset = 0;
    for (size_t other_index : placed) {
      const ArenaBlock& other = blocks[other_index];
      if (other.last < block.first || block.last < other.first) continue;  // never alive together
      if (offset + padded(block.bytes) <= other.offset) break;             // fits into the gap before it
      offset = std::max(offset, other.offset + padded(other.bytes));
    }
    const auto end = CheckedAdd(offset, padded(block.bytes));
    if (!end) return std::nullopt;
    block.offset = offset;
    total = std::max(total, *end);
    const auto position = std::upper_bound(placed.begin(), placed.end(), offset,
                                           [&](size_t o, size_t other) { return o < blocks[other].offset; });
    placed.insert(position, index);
  }
  return total;
}

}  // namespace onedge
