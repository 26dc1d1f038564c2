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

  static constexpr size_t kMaxMerges = (size_t{1} << 24) - 1;

  void Reserve(size_t count) {
    merges_.reserve(count);
    Grow(count);
  }
  // Of a pair that comes twice the last counts. REQUIRES: fewer than kMaxMerges merges.
  void Add(const Merge& merge) {
    if (slots_.size() < 2 * (merges_.size() + 1)) Grow(2 * (merges_.size() + 1));
    const uint64_t hash = Hash(merge.left, merge.right);
    uint32_t& slot = slots_[Slot(merge.left, merge.right, hash)];
    if (slot != 0) {
      merges_[IndexOf(slot)] = merge;
      return;
    }
    merges_.push_back(merge);
    slot = TagOf(hash) | static_cast<uint32_t>(merges_.size());
  }
  // nullptr when the pair does not merge.
  const Merge* Find(int32_t left, int32_t right) const {
    if (slots_.empty()) return nullptr;
    const uint32_t slot = slots_[Slot(left, right, Hash(left, right))];
    return slot == 0 ? nullptr : &merges_[IndexOf(slot)];
  }
  const std::vector<Merge>& merges() const { return merges_; }

 private:
  static uint64_t Hash(int32_t left, int32_t right) {
    return MixBits(static_cast<uint64_t>(left) << 32 | static_cast<uint32_t>(right));
  }
  static uint32_t TagOf(uint64_t hash) { return static_cast<uint32_t>(hash >> 32) & 0xFF000000; }
  static uint32_t IndexOf(uint32_t slot) { return (slot & 0xFFFFFF) - 1; }

  size_t Slot(int32_t left, int32_t right, uint64_t hash) const {
    const size_t mask = slots_.size() - 1;
    const uint32_t tag = TagOf(hash);
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
      const uint32_t slot = slots_[i];
      if (slot == 0) return i;
      if ((slot & 0xFF000000) != tag) continue;
      const Merge& merge = merges_[IndexOf(slot)];
      if (merge.left == left && merge.right == right) return i;
    }
  }
  void Grow(size_t count) {
    size_t slots = 16;
    while (slots < 2 * count) slots *= 2;
    slots_.assign(slots, 0);
    for (size_t i = 0; i < merges_.size(); ++i) {
      const uint64_t hash = Hash(merges_[i].left, merges_[i].right);
      slots_[Slot(merges_[i].left, merges_[i].right, hash)] = TagOf(hash) | static_cast<uint32_t>(i + 1);
    }
  }

  std::vector<Merge> merges_;
  // Open addressing, a power of two: index of the merge + 1, and in the upper byte bits of the pair's hash, which tell
  // most other pairs apart without a look at the merge.
  std::vector<uint32_t> slots_;
};

}  // namespace onedge::tokenizer
