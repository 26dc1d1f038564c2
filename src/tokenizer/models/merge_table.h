// MergeTable: BPE's merges, from a pair of token ids to its rank and the id of what it becomes. Immutable after the
// last Add.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tokenizer/hash.h"

namespace onedge::tokenizer {

class MergeTable {
 public:
  struct Merge {
    int32_t left, right;
    uint32_t rank;  // lower merges first
    int32_t merged;
  };

  void Reserve(size_t count) {
    merges_.reserve(count);
    Grow(count);
  }
  // Of a pair that comes twice the last counts.
  void Add(const Merge& merge) {
    if (slots_.size() < 2 * (merges_.size() + 1)) Grow(2 * (merges_.size() + 1));
    uint32_t& slot = slots_[Slot(merge.left, merge.right)];
    if (slot != 0) {
      merges_[slot - 1] = merge;
      return;
    }
    merges_.push_back(merge);
    slot = static_cast<uint32_t>(merges_.size());
  }
  // nullptr when the pair does not merge.
  const Merge* Find(int32_t left, int32_t right) const {
    if (slots_.empty()) return nullptr;
    const uint32_t slot = slots_[Slot(left, right)];
    return slot == 0 ? nullptr : &merges_[slot - 1];
  }
  const std::vector<Merge>& merges() const { return merges_; }

 private:
  size_t Slot(int32_t left, int32_t right) const {
    const size_t mask = slots_.size() - 1;
    size_t slot = MixBits(static_cast<uint64_t>(left) << 32 | static_cast<uint32_t>(right)) & mask;
    while (slots_[slot] != 0 && (merges_[slots_[slot] - 1].left != left || merges_[slots_[slot] - 1].right != right)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }
  void Grow(size_t count) {
    size_t slots = 16;
    while (slots < 2 * count) slots *= 2;
    slots_.assign(slots, 0);
    for (size_t i = 0; i < merges_.size(); ++i)
      slots_[Slot(merges_[i].left, merges_[i].right)] = static_cast<uint32_t>(i + 1);
  }

  std::vector<Merge> merges_;
  std::vector<uint32_t> slots_;  // index of the merge + 1; open addressing, a power of two
};

}  // namespace onedge::tokenizer
