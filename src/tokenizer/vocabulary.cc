#include "tokenizer/vocabulary.h"

#include <algorithm>
#include <bit>

#include "tokenizer/hash.h"
#include "tokenizer/image.h"
#include "tokenizer/unicode/utf8.h"

namespace onedge::tokenizer {

Result<Vocabulary> Vocabulary::Parse(const Json& object) {
  if (object.tables().from) return View(*object.tables().from);
  Vocabulary vocabulary;
  vocabulary.entries_.Update([&](std::vector<Entry>& entries) { entries.reserve(object.size()); });
  vocabulary.Grow(object.size());
  ONEDGE_RETURN_IF_ERROR(object.ForEachMember([&](std::string_view token, const Json& value) -> Status {
    ONEDGE_ASSIGN_OR_RETURN(const int32_t id, value.AsId());
    return vocabulary.Add(token, id);
  }));
  vocabulary.Finish();
  if (object.tables().to) vocabulary.Store(*object.tables().to);
  return vocabulary;
}

Result<Vocabulary> Vocabulary::View(const Image& image) {
  Vocabulary vocabulary;
  ONEDGE_ASSIGN_OR_RETURN(const std::span<const char> text, image.Elements<char>(Section::kVocabularyText));
  ONEDGE_ASSIGN_OR_RETURN(const std::span<const Entry> entries, image.Elements<Entry>(Section::kVocabularyEntries));
  ONEDGE_ASSIGN_OR_RETURN(const std::span<const uint32_t> slots, image.Elements<uint32_t>(Section::kVocabularySlots));
  if (!unicode::IsWellFormed({text.data(), text.size()}))
    return Image::Corrupt(Section::kVocabularyText, "is not UTF-8");
  const auto is_boundary = [text](size_t i) { return i == text.size() || !unicode::IsContinuation(text[i]); };
  int32_t last = 0;
  for (const Entry& entry : entries) {
    if (entry.begin > text.size() || entry.length > text.size() - entry.begin || !is_boundary(entry.begin) ||
        !is_boundary(entry.begin + entry.length) || entry.id < last)
      return Image::Corrupt(Section::kVocabularyEntries, "names what is not in the text, or ids out of order");
    last = entry.id;
  }
  size_t taken = 0;
  for (const uint32_t slot : slots) {
    if (slot > entries.size()) return Image::Corrupt(Section::kVocabularySlots, "names an entry that does not exist");
    taken += slot != 0;
  }
  if (!std::has_single_bit(slots.size()) || taken == slots.size())
    return Image::Corrupt(Section::kVocabularySlots, "is no hash table with room");
  vocabulary.text_ = FlatArray<char>(text);
  vocabulary.entries_ = FlatArray<Entry>(entries);
  vocabulary.slots_ = FlatArray<uint32_t>(slots);
  return vocabulary;
}

void Vocabulary::Store(ImageTables& tables) const {
  tables.Add(Section::kVocabularyText, text_.view());
  tables.Add(Section::kVocabularyEntries, entries_.view());
  tables.Add(Section::kVocabularySlots, slots_.view());
}

// The token's slot, or the empty one where it would go.
uint32_t Vocabulary::Slot(std::string_view token) const {
  const uint32_t mask = static_cast<uint32_t>(slots_.size() - 1);
  uint32_t slot = HashBytes(token) & mask;
  while (slots_[slot] != 0 && text(entries_[slots_[slot] - 1]) != token) slot = (slot + 1) & mask;
  return slot;
}

void Vocabulary::Grow(size_t count) {
  size_t slots = 16;
  while (slots < 2 * count) slots *= 2;
  slots_ = std::vector<uint32_t>(slots, 0);
  slots_.Update([this](std::vector<uint32_t>& table) {
    for (size_t i = 0; i < entries_.size(); ++i) table[Slot(text(entries_[i]))] = static_cast<uint32_t>(i + 1);
  });
}

Status Vocabulary::Add(std::string_view token, int32_t id) {
  if (token.size() > UINT32_MAX - text_.size() || entries_.size() >= INT32_MAX) {
    return ResourceExhausted("vocabulary: more than 4 GiB of text");
  }
  if (slots_.size() < 2 * (entries_.size() + 1)) Grow(2 * (entries_.size() + 1));
  const uint32_t slot = Slot(token);
  if (slots_[slot] != 0) {
    entries_.Update([&](std::vector<Entry>& entries) { entries[slots_[slot] - 1].id = id; });
    return OkStatus();
  }
  entries_.Update([&](std::vector<Entry>& entries) {
    entries.push_back({id, static_cast<uint32_t>(text_.size()), static_cast<uint32_t>(token.size())});
  });
  text_.Update([&](std::vector<char>& text) { text.insert(text.end(), token.begin(), token.end()); });
  slots_.Update([&](std::vector<uint32_t>& slots) { slots[slot] = static_cast<uint32_t>(entries_.size()); });
  return OkStatus();
}

void Vocabulary::Finish() {
  entries_.Update([](std::vector<Entry>& entries) {
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return a.id != b.id ? a.id < b.id : a.begin < b.begin; });
  });
  Grow(entries_.size());
  text_.Update([](std::vector<char>& text) { text.shrink_to_fit(); });
}

std::optional<int32_t> Vocabulary::TokenToId(std::string_view token) const {
  if (slots_.empty()) return std::nullopt;
  const uint32_t entry = slots_[Slot(token)];
  if (entry == 0) return std::nullopt;
  return entries_[entry - 1].id;
}

std::optional<std::string_view> Vocabulary::IdToToken(int32_t id) const {
  // Ids are mostly dense: the entry is at its id, or else found by search.
  if (id < 0) return std::nullopt;
  const size_t index = static_cast<size_t>(id);
  if (index < entries_.size() && entries_[index].id == id) return text(entries_[index]);
  const auto found = std::lower_bound(entries_.begin(), entries_.end(), id,
                                      [](const Entry& entry, int32_t x) { return entry.id < x; });
  if (found == entries_.end() || found->id != id) return std::nullopt;
  return text(*found);
}

}  // namespace onedge::tokenizer
