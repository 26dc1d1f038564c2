// ChunkCache: the tokens of short chunks of text that were tokenized before, found by their bytes. One for each
// Workspace; not thread-safe. A full cache takes no more chunks, because frequent words come first. When many look-ups
// fail, it starts over.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "tokenizer/flat_array.h"

namespace onedge::tokenizer {

class ChunkCache {
 public:
  explicit ChunkCache(MemoryBudget* budget) : memory_(budget) {}  // null: not counted

  static constexpr size_t kMaxBytes = 64;  // length limit of a chunk

  // Positions are in units of the caller's offsets; words count from the beginning of the chunk.
  struct CachedToken {
    int32_t id;
    uint8_t begin, end;
    uint8_t word;
  };
  struct Found {
    const CachedToken* tokens;
    uint32_t count;
    uint32_t words;
    uint32_t units;  // length of the chunk
    bool literal;    // some token's text is the chunk's own, not the vocabulary's entry
  };

  // The bytes of a chunk as words, zero after the end, and their hash.
  struct Key {
    uint64_t words[kMaxBytes / 8];
    uint32_t size;
    uint32_t word_count;
    uint64_t hash;
  };
  // REQUIRES: 0 < chunk.size() <= kMaxBytes. `text_end`: bytes before it may be read.
  static Key KeyOf(std::string_view chunk, const char* text_end) {
    ONEDGE_DCHECK(!chunk.empty() && chunk.size() <= kMaxBytes && chunk.data() + chunk.size() <= text_end);
    Key key;
    key.size = static_cast<uint32_t>(chunk.size());
    key.word_count = (key.size + 7) / 8;
    const char* p = chunk.data();
    const uint32_t whole = key.size / 8;
    for (uint32_t i = 0; i < whole; ++i, p += 8) std::memcpy(&key.words[i], p, 8);
    if (const uint32_t left = key.size % 8; left > 0) {
      uint64_t last = 0;
      if (text_end - p >= 8) {
        std::memcpy(&last, p, 8);
        last &= ~uint64_t{0} >> (64 - 8 * left);
      } else {
        std::memcpy(&last, p, left);
      }
      key.words[whole] = last;
    }
    uint64_t hash = 0x9E3779B97F4A7C15u * key.size;
    for (uint32_t i = 0; i < key.word_count; ++i) {
      hash = (hash ^ key.words[i]) * 0x9FB21C651E98DF25u;
      hash ^= hash >> 32;
    }
    key.hash = hash;
    return key;
  }

  // False if the chunk is absent. `found` is valid until the next Insert.
  bool Find(const Key& key, Found& found) {
    if (slots_.empty()) return false;
    const size_t mask = slots_.size() - 1;
    const uint32_t tag = static_cast<uint32_t>(key.hash >> 32);
    for (size_t i = key.hash & mask;; i = (i + 1) & mask) {
      const Slot& slot = slots_[i];
      if (slot.record == 0) return false;
      if (slot.tag != tag) continue;
      const uint64_t* record = &arena_[slot.record];
      Header header;
      std::memcpy(&header, record, sizeof header);
      if (header.size != key.size) continue;
      uint64_t difference = 0;
      for (uint32_t k = 0; k < key.word_count; ++k) difference |= record[1 + k] ^ key.words[k];
      if (difference != 0) continue;
      found = {reinterpret_cast<const CachedToken*>(record + 1 + key.word_count), header.count, header.words,
               header.units, header.literal != 0};
      ++found_;
      return true;
    }
  }

  // Does nothing if the budget has no room. REQUIRES: the key is absent; at most 255 tokens.
  void Insert(const Key& key, const std::vector<CachedToken>& tokens, uint32_t words, uint32_t units, bool literal);
  void Clear();

 private:
  // Room for the words of a long book. In WebAssembly room for some 20,000, a small part of an edge isolate's 128 MB.
#ifdef __wasm__
  static constexpr size_t kMaxArenaBytes = 768 << 10;
#else
  static constexpr size_t kMaxArenaBytes = 4 << 20;
#endif
  static constexpr size_t kMinSlots = 256;
  static constexpr size_t kPatience = 8192;  // chunks without room after which a full cache may start over

  struct Header {
    uint8_t size, count, words, units;
    uint32_t literal;
  };
  struct Slot {
    uint32_t tag;
    uint32_t record;  // index in arena_; 0: free
  };
  static_assert(sizeof(Header) == 8 && sizeof(CachedToken) == 8);

  void Place(uint64_t hash, uint32_t record);

  MemoryReservation memory_;     // of slots_ and arena_
  std::vector<Slot> slots_;      // open addressing; the size is a power of two
  std::vector<uint64_t> arena_;  // header, bytes of the chunk, tokens; one record after another, from index 1
  size_t count_ = 0;
  size_t found_ = 0, refused_ = 0;  // since the cache was last empty, or full
};

}  // namespace onedge::tokenizer
