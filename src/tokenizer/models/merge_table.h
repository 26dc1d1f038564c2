// MergeTable: BPE's merges: a pair of token ids -> its rank and the id of the result. Immutable after the last
// Add.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/hash.h"
#include "tokenizer/flat_array.h"
#include "tokenizer/image.h"

namespace onedge::tokenizer {

class MergeTable {
 public:
  struct Merge {
    int32_t left, right;
    uint32_t rank;  // the lowest rank merges first
    int32_t merged;
  };

  static constexpr size_t kMaxMerges = (size_t{1} << 24) - 1;

  // Room for `count` merges. Its cost is charged to `memory`, unless null.
  Status Reserve(size_t count, MemoryReservation* memory) {
    ONEDGE_RETURN_IF_ERROR(merges_.Reserve(count, memory));
    if (memory) ONEDGE_RETURN_IF_ERROR(memory->Grow(SlotsFor(count) * sizeof(uint32_t)));
    Grow(count);
    return OkStatus();
  }
  // If a pair is added twice, the last entry wins. REQUIRES: fewer than kMaxMerges merges.
  void Add(const Merge& merge) {
    ONEDGE_DCHECK(merges_.size() < kMaxMerges);
    if (slots_.size() < 2 * (merges_.size() + 1)) Grow(2 * (merges_.size() + 1));
    const uint64_t hash = Hash(merge.left, merge.right);
    const size_t slot = Slot(merge.left, merge.right, hash);
    if (slots_[slot] != 0) {
      merges_.Update([&](std::vector<Merge>& merges) { merges[IndexOf(slots_[slot])] = merge; });
      return;
    }
    merges_.Update([&](std::vector<Merge>& merges) { merges.push_back(merge); });
    slots_.Update(
        [&](std::vector<uint32_t>& slots) { slots[slot] = TagOf(hash) | static_cast<uint32_t>(merges_.size()); });
  }
  // nullptr if the pair does not merge.
  const Merge* Find(int32_t left, int32_t right) const {
    if (slots_.empty()) return nullptr;
    const uint32_t slot = slots_[Slot(left, right, Hash(left, right))];
    return slot == 0 ? nullptr : &merges_[IndexOf(slot)];
  }
  std::span<const Merge> merges() const { return merges_.view(); }

  // The table of a compiled image.
  static Result<MergeTable> View(const Image& image) {
    ONEDGE_ASSIGN_OR_RETURN(const std::span<const Merge> merges, image.Elements<Merge>(Section::kMerges));
    ONEDGE_ASSIGN_OR_RETURN(const std::span<const uint32_t> slots, image.Elements<uint32_t>(Section::kMergeSlots));
    size_t taken = 0;
    for (const uint32_t slot : slots) {
      if (slot != 0 && IndexOf(slot) >= merges.size())
        return Image::Corrupt(Section::kMergeSlots, "names a merge that does not exist");
      taken += slot != 0;
    }
    if (!slots.empty() && (!std::has_single_bit(slots.size()) || taken == slots.size()))
      return Image::Corrupt(Section::kMergeSlots, "is not a hash table with a free slot");
    MergeTable table;
    table.merges_ = FlatArray<Merge>(merges);
    table.slots_ = FlatArray<uint32_t>(slots);
    return table;
  }
  void Store(ImageTables& tables) const {
    tables.Add(Section::kMerges, merges_.view());
    tables.Add(Section::kMergeSlots, slots_.view());
  }

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
  static size_t SlotsFor(size_t count) {
    size_t slots = 16;
    while (slots < 2 * count) slots *= 2;
    return slots;
  }
  void Grow(size_t count) {
    const size_t slots = SlotsFor(count);
    slots_ = std::vector<uint32_t>(slots, 0);
    slots_.Update([this](std::vector<uint32_t>& table) {
      for (size_t i = 0; i < merges_.size(); ++i) {
        const uint64_t hash = Hash(merges_[i].left, merges_[i].right);
        table[Slot(merges_[i].left, merges_[i].right, hash)] = TagOf(hash) | static_cast<uint32_t>(i + 1);
      }
    });
  }

  FlatArray<Merge> merges_;
  // Open addressing; the size is a power of two. The low bits hold the index of the merge + 1; the upper byte holds
  // bits of the pair's hash, which reject most other pairs without reading the merge.
  FlatArray<uint32_t> slots_;
};

}  // namespace onedge::tokenizer
