#include "tokenizer/trie.h"

#include <algorithm>
#include <utility>

namespace onedge::tokenizer {

class Trie::Builder {
 public:
  Builder(std::vector<Key> keys, MemoryBudget* budget) : memory_(budget), keys_(std::move(keys)) {}

  Status Build() {
    if (keys_.size() > INT32_MAX) return ResourceExhausted("vocabulary: more than 2^31 tokens");
    ONEDGE_RETURN_IF_ERROR(memory_.Grow(2 * keys_.size() * sizeof(Key)));  // keys_ and Sort's copy
    ONEDGE_RETURN_IF_ERROR(AddBlock());
    TakeUnit(kRoot);        // without kUsed: the root has no parent
    base_taken_[0] = true;  // leaves have base 0
    std::vector<Range> open{{kRoot, 0, static_cast<uint32_t>(keys_.size()), 0}};
    while (!open.empty()) {  // not recursive: a key may be a megabyte long
      const Range range = open.back();
      open.pop_back();
      ONEDGE_RETURN_IF_ERROR(Place(range, open));
    }
    // Two steps, like shrink_to_fit.
    ONEDGE_RETURN_IF_ERROR(memory_.Grow(units_.size() * sizeof(Unit)));
    memory_.Shrink(units_.capacity() * sizeof(Unit));
    units_.shrink_to_fit();
    return OkStatus();
  }

  std::vector<Unit> TakeUnits() { return std::move(units_); }

 private:
  struct Range {
    uint32_t node, first, last, depth;  // the keys [first, last) share their first `depth` bytes, the path to `node`
  };
  static constexpr uint32_t kFewKeys = 32;
  static constexpr uint32_t kBlock = 256;
  // Only the newest blocks are searched, and only for a bounded time, so that building stays linear.
  static constexpr uint32_t kOpenBlocks = 16;
  static constexpr int kMaxTries = 64;

  Status AddBlock() {
    const uint32_t begin = static_cast<uint32_t>(units_.size());
    if (begin + kBlock > 1u << 23) return ResourceExhausted("vocabulary: its trie would have more than 2^23 units");
    ONEDGE_RETURN_IF_ERROR(ReserveMore(units_, kBlock, &memory_));
    ONEDGE_RETURN_IF_ERROR(ReserveMore(base_taken_, kBlock, &memory_));
    ONEDGE_RETURN_IF_ERROR(ReserveMore(next_free_, kBlock, &memory_));
    units_.resize(begin + kBlock);
    base_taken_.resize(begin + kBlock);
    for (uint32_t unit = begin; unit < begin + kBlock; ++unit) next_free_.push_back(unit);
    return OkStatus();
  }

  void TakeUnit(uint32_t unit) { next_free_[unit] = unit + 1; }
  bool Taken(uint32_t unit) const { return next_free_[unit] != unit; }

  // The first free unit from `unit` on, or the number of units. Shortens the path for the next search.
  uint32_t NextFree(uint32_t unit) {
    const uint32_t size = static_cast<uint32_t>(units_.size());
    uint32_t free = unit;
    while (free < size && next_free_[free] != free) free = next_free_[free];
    while (unit < free) unit = std::exchange(next_free_[unit], free);
    return free;
  }

  // Orders the keys by their next byte, ended keys first. The sort is stable.
  void Sort(const Range& range) {
    const auto label = [&range](const Key& key) {
      return key.bytes.size() == range.depth ? 0u : 1u + static_cast<uint8_t>(key.bytes[range.depth]);
    };
    const auto first = keys_.begin() + range.first, last = keys_.begin() + range.last;
    if (range.last - range.first <= kFewKeys) {
      for (auto next = first; next != last; ++next) {
        const Key key = *next;
        auto to = next;
        for (; to != first && label(to[-1]) > label(key); --to) *to = to[-1];
        *to = key;
      }
      return;
    }
    uint32_t places[258] = {};  // the next key with each label
    for (auto key = first; key != last; ++key) ++places[label(*key) + 1];
    for (uint32_t i = 1; i < 258; ++i) places[i] += places[i - 1];
    const std::vector<Key> unsorted(first, last);
    for (const Key& key : unsorted) first[places[label(key)]++] = key;
  }

  Status Place(Range range, std::vector<Range>& open) {
    Sort(range);
    uint32_t first = range.first;
    while (first < range.last && keys_[first].bytes.size() == range.depth)
      units_[range.node].value = keys_[first++].value;
    if (first == range.last) return OkStatus();
    labels_.clear();
    const size_t children = open.size();
    for (uint32_t i = first; i < range.last; ++i) {
      const uint8_t byte = static_cast<uint8_t>(keys_[i].bytes[range.depth]);
      if (labels_.empty() || labels_.back() != byte) {
        labels_.push_back(byte);
        open.push_back({0, i, i, range.depth + 1});
      }
      open.back().last = i + 1;
    }
    ONEDGE_ASSIGN_OR_RETURN(const uint32_t base, FindBase());
    base_taken_[base] = true;
    units_[range.node].packed |= base << 9;
    for (size_t k = 0; k < labels_.size(); ++k) {
      const uint32_t child = base ^ labels_[k];
      TakeUnit(child);
      units_[child].packed = kUsed | labels_[k];
      open[children + k].node = child;
    }
    return OkStatus();
  }

  // A free base for which the units of all labels_ are free.
  Result<uint32_t> FindBase() {
    const uint32_t size = static_cast<uint32_t>(units_.size());
    const uint32_t start = size > kOpenBlocks * kBlock ? size - kOpenBlocks * kBlock : 0;
    uint32_t unit = NextFree(start);
    for (int tries = 0; unit < size && tries < kMaxTries; unit = NextFree(unit + 1), ++tries) {
      const uint32_t base = unit ^ labels_[0];
      if (base_taken_[base]) continue;
      const bool fits =
          std::all_of(labels_.begin(), labels_.end(), [&](uint8_t label) { return !Taken(base ^ label); });
      if (fits) return base;
    }
    ONEDGE_RETURN_IF_ERROR(AddBlock());
    return size ^ labels_[0];
  }

  MemoryReservation memory_;
  std::vector<Key> keys_;
  std::vector<Unit> units_;
  std::vector<uint8_t> base_taken_;
  std::vector<uint32_t> next_free_;  // a free unit points to itself; a used one, to a unit nearer to the next free one
  std::vector<uint8_t> labels_;
};

Result<Trie> Trie::View(const Image& image, int64_t value_limit) {
  ONEDGE_ASSIGN_OR_RETURN(const std::span<const Unit> units, image.Elements<Unit>(Section::kTrie));
  // A child is in the same block of 256 as its base.
  if (units.empty() || units.size() % 256 != 0) return Image::Corrupt(Section::kTrie, "is not of whole blocks");
  uint32_t last_base = 0;
  int32_t least = 0, most = 0;
  for (const Unit& unit : units) {
    last_base = std::max(last_base, unit.packed >> 9);
    least = std::min(least, unit.value);
    most = std::max(most, unit.value);
  }
  if (last_base >= units.size() || least < kNoValue || most >= value_limit)
    return Image::Corrupt(Section::kTrie, "names a unit or a value that does not exist");
  Trie trie;
  trie.units_ = FlatArray<Unit>(units);
  return trie;
}

Result<Trie> Trie::Build(std::vector<Key> keys, MemoryReservation* memory) {
  Trie trie;
  {
    Builder builder(std::move(keys), memory ? memory->budget() : nullptr);
    ONEDGE_RETURN_IF_ERROR(builder.Build());
    trie.units_ = builder.TakeUnits();
  }
  if (memory) ONEDGE_RETURN_IF_ERROR(memory->Grow(trie.units_.owned_bytes()));
  return trie;
}

}  // namespace onedge::tokenizer
