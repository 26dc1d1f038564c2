// Trie: a flat double array over bytes; a step is one load. Immutable after Build.
// The unit of a child is at base ^ byte and stores that byte as its check. Bases are unique, so the byte is a
// sufficient check (the layout of S. Yata's darts-clone).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "tokenizer/flat_array.h"
#include "tokenizer/image.h"

namespace onedge::tokenizer {

class Trie {
 public:
  static constexpr int32_t kNoValue = -1;
  static constexpr uint32_t kRoot = 0;

  struct Key {
    std::string_view bytes;
    int32_t value;  // >= 0
  };
  // Of equal keys the last one wins. ResourceExhausted: more than 2^23 units.
  // `memory` is charged for what it takes; null: nothing is counted.
  static Result<Trie> Build(std::vector<Key> keys, MemoryReservation* memory = nullptr);
  // The trie of a compiled image; its values are below `value_limit`.
  static Result<Trie> View(const Image& image, int64_t value_limit);
  void Store(ImageTables& tables) const { tables.Add(Section::kTrie, units_.view()); }

  // Moves `node` along `byte`. False, with `node` undefined, if the child does not exist. REQUIRES: not empty().
  bool Step(uint32_t& node, uint8_t byte) const {
    ONEDGE_DCHECK(!empty());
    node = (units_[node].packed >> 9) ^ byte;
    return (units_[node].packed & 0x1FF) == (kUsed | byte);
  }
  int32_t value(uint32_t node) const { return units_[node].value; }
  // The node that `bytes` leads to from `node`, or -1.
  int64_t Find(uint32_t node, std::string_view bytes) const {
    if (empty()) return -1;
    for (char byte : bytes) {
      if (!Step(node, static_cast<uint8_t>(byte))) return -1;
    }
    return node;
  }
  bool empty() const { return units_.empty(); }
  size_t size_bytes() const { return units_.size() * sizeof(Unit); }

 private:
  static constexpr uint32_t kUsed = 0x100;
  struct Unit {
    uint32_t packed = 0;  // base << 9 | used << 8 | label
    int32_t value = kNoValue;
  };
  class Builder;
  FlatArray<Unit> units_;
};

}  // namespace onedge::tokenizer
