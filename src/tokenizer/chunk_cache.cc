#include "tokenizer/chunk_cache.h"

namespace onedge::tokenizer {

void ChunkCache::Clear() {
  slots_.assign(slots_.size(), Slot{});
  arena_.clear();
  count_ = 0;
  refused_ = 0;
}

void ChunkCache::Place(uint64_t hash, uint32_t record) {
  const size_t mask = slots_.size() - 1;
  size_t i = hash & mask;
  while (slots_[i].record != 0) i = (i + 1) & mask;
  slots_[i] = {static_cast<uint32_t>(hash >> 32), record};
}

void ChunkCache::Insert(const Key& key, const std::vector<CachedToken>& tokens, uint32_t words, uint32_t units,
                        bool literal) {
  ONEDGE_DCHECK(tokens.size() <= 255);
  if (8 * (arena_.size() + 1 + key.word_count + tokens.size()) > kMaxArenaBytes) {
    if (refused_ == 0) found_ = 0;
    if (++refused_ < kPatience || 4 * refused_ < found_) return;
    Clear();
  }
  if (!ReserveMore(arena_, 2 + key.word_count + tokens.size(), &memory_).ok()) return;
  if (3 * (count_ + 1) > 2 * slots_.size()) {
    const size_t slots = slots_.empty() ? kMinSlots : 2 * slots_.size();
    if (!memory_.Grow(slots * sizeof(Slot)).ok()) return;
    memory_.Shrink(slots_.capacity() * sizeof(Slot));
    slots_ = std::vector<Slot>(slots);
    for (size_t at = 1; at < arena_.size();) {
      Header header;
      std::memcpy(&header, &arena_[at], sizeof header);
      const char* bytes = reinterpret_cast<const char*>(&arena_[at + 1]);
      const Key old = KeyOf({bytes, header.size}, bytes + 8 * ((header.size + 7) / 8));
      Place(old.hash, static_cast<uint32_t>(at));
      at += 1 + old.word_count + header.count;
    }
  }
  if (arena_.empty()) arena_.push_back(0);  // record 0 means absent
  Place(key.hash, static_cast<uint32_t>(arena_.size()));
  ++count_;
  const Header header{static_cast<uint8_t>(key.size), static_cast<uint8_t>(tokens.size()), static_cast<uint8_t>(words),
                      static_cast<uint8_t>(units), literal};
  uint64_t word;
  std::memcpy(&word, &header, sizeof word);
  arena_.push_back(word);
  arena_.insert(arena_.end(), key.words, key.words + key.word_count);
  for (const CachedToken& token : tokens) {
    std::memcpy(&word, &token, sizeof word);
    arena_.push_back(word);
  }
}

}  // namespace onedge::tokenizer
