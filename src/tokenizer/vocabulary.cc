#include "tokenizer/vocabulary.h"

#include <algorithm>

#include "tokenizer/hash.h"

namespace onedge::tokenizer {

Result<Vocabulary> Vocabulary::Parse(const Json& object) {
  Vocabulary vocabulary;
  vocabulary.entries_.reserve(object.size());
  vocabulary.Grow(object.size());
  ONEDGE_RETURN_IF_ERROR(object.ForEachMember([&](std::string_view token, const Json& value) -> Status {
    ONEDGE_ASSIGN_OR_RETURN(const int32_t id, value.AsId());
    return vocabulary.Add(token, id);
  }));
  vocabulary.Finish();
  return vocabulary;
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
  slots_.assign(slots, 0);
  for (size_t i = 0; i < entries_.size(); ++i) slots_[Slot(text(entries_[i]))] = static_cast<uint32_t>(i + 1);
}

Status Vocabulary::Add(std::string_view token, int32_t id) {
  if (token.size() > UINT32_MAX - text_.size() || entries_.size() >= INT32_MAX) {
    return ResourceExhausted("vocabulary: more than 4 GiB of text");
  }
  if (slots_.size() < 2 * (entries_.size() + 1)) Grow(2 * (entries_.size() + 1));
  uint32_t& slot = slots_[Slot(token)];
  if (slot != 0) {
    entries_[slot - 1].id = id;
    return OkStatus();
  }
  entries_.push_back({id, static_cast<uint32_t>(text_.size()), static_cast<uint32_t>(token.size())});
  text_.append(token);
  slot = static_cast<uint32_t>(entries_.size());
  return OkStatus();
}

void Vocabulary::Finish() {
  std::sort(entries_.begin(), entries_.end(),
            [](const Entry& a, const Entry& b) { return a.id != b.id ? a.id < b.id : a.begin < b.begin; });
  Grow(entries_.size());
  text_.shrink_to_fit();
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
