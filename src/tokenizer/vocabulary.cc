#include "tokenizer/vocabulary.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "base/hash.h"
#include "text/unicode/utf8.h"
#include "tokenizer/image.h"

namespace onedge::tokenizer {
namespace {

// The loop has no branch: it runs over 250,000 tokens before they can be used, in the first, slow code of a WebAssembly
// engine.
template <typename T>
bool IsAscending(std::span<const T> values) {
  uint32_t descents = 0;
  for (size_t i = 1; i < values.size(); ++i) descents |= values[i] < values[i - 1];
  return descents == 0;
}

}  // namespace

Result<Vocabulary> Vocabulary::Parse(const Json& object, Index index) {
  if (object.tables().from) return View(*object.tables().from);
  Vocabulary vocabulary;
  MemoryReservation* const memory = object.tables().memory;
  ONEDGE_RETURN_IF_ERROR(vocabulary.Grow(object.size(), memory));
  ONEDGE_RETURN_IF_ERROR(object.ForEachMember([&](std::string_view token, const Json& value) -> Status {
    ONEDGE_ASSIGN_OR_RETURN(const int32_t id, value.AsId());
    return vocabulary.Add(token, id, memory);
  }));
  ONEDGE_RETURN_IF_ERROR(vocabulary.Finish(memory));
  if (index == Index::kDropped) vocabulary.DropIndex(memory);
  if (object.tables().to) vocabulary.Store(*object.tables().to);
  return vocabulary;
}

Result<Vocabulary> Vocabulary::View(const Image& image) {
  ONEDGE_ASSIGN_OR_RETURN(const std::span<const char> text, image.Elements<char>(Section::kVocabularyText));
  ONEDGE_ASSIGN_OR_RETURN(const std::span<const uint32_t> begins, image.Elements<uint32_t>(Section::kVocabularyBegins));
  ONEDGE_ASSIGN_OR_RETURN(const std::span<const int32_t> ids, image.Elements<int32_t>(Section::kVocabularyIds));
  ONEDGE_ASSIGN_OR_RETURN(const std::span<const uint32_t> slots, image.Elements<uint32_t>(Section::kVocabularySlots));
  // The content of the text is checked when a token is requested: most never are.
  if (!IsAscending(begins) || (!begins.empty() && begins.back() > text.size()))
    return Image::Corrupt(Section::kVocabularyBegins, "has a position outside the text, or tokens out of order");
  const size_t size = begins.empty() ? 0 : begins.size() - 1;
  const bool ids_fit = ids.empty() || (ids.size() == size && ids[0] >= 0 && IsAscending(ids));
  if (!ids_fit || size > INT32_MAX)
    return Image::Corrupt(Section::kVocabularyIds, "is not in order, one for each token");
  size_t taken = 0;
  for (const uint32_t slot : slots) {
    if (slot > size) return Image::Corrupt(Section::kVocabularySlots, "names a token that does not exist");
    taken += slot != 0;
  }
  if (!slots.empty() && (!std::has_single_bit(slots.size()) || taken == slots.size()))
    return Image::Corrupt(Section::kVocabularySlots, "is not a hash table with a free slot");
  Vocabulary vocabulary;
  vocabulary.text_ = FlatArray<char>(text);
  vocabulary.begins_ = FlatArray<uint32_t>(begins);
  vocabulary.ids_ = FlatArray<int32_t>(ids);
  vocabulary.slots_ = FlatArray<uint32_t>(slots);
  vocabulary.unchecked_ = true;
  return vocabulary;
}

void Vocabulary::Store(ImageTables& tables) const {
  tables.Add(Section::kVocabularyText, text_.view());
  tables.Add(Section::kVocabularyBegins, begins_.view());
  tables.Add(Section::kVocabularyIds, ids_.view());
  tables.Add(Section::kVocabularySlots, slots_.view());
}

// The token's slot, or the empty slot where it belongs.
uint32_t Vocabulary::Slot(std::string_view token) const {
  const uint32_t mask = static_cast<uint32_t>(slots_.size() - 1);
  uint32_t slot = HashBytes(token) & mask;
  while (slots_[slot] != 0 && text(slots_[slot] - 1) != token) slot = (slot + 1) & mask;
  return slot;
}

Status Vocabulary::Grow(size_t count, MemoryReservation* memory) {
  size_t slots = 16;
  while (slots < 2 * count) slots *= 2;
  if (memory) ONEDGE_RETURN_IF_ERROR(memory->Grow(slots * sizeof(uint32_t)));
  const size_t before = slots_.owned_bytes();
  slots_ = std::vector<uint32_t>(slots, 0);
  if (memory) memory->Shrink(before);
  slots_.Update([this](std::vector<uint32_t>& table) {
    for (size_t i = 0; i < size(); ++i) table[Slot(text(i))] = static_cast<uint32_t>(i + 1);
  });
  return OkStatus();
}

void Vocabulary::DropIndex(MemoryReservation* memory) {
  if (memory) memory->Shrink(slots_.owned_bytes());
  slots_ = std::vector<uint32_t>();
}

Status Vocabulary::Add(std::string_view token, int32_t id, MemoryReservation* memory) {
  ONEDGE_DCHECK(ids_.size() == size());  // Finish drops ids that follow from the order
  if (token.size() > UINT32_MAX - text_.size() || size() >= INT32_MAX)
    return ResourceExhausted("vocabulary: more than 4 GiB of text");
  if (slots_.size() < 2 * (size() + 1)) ONEDGE_RETURN_IF_ERROR(Grow(2 * (size() + 1), memory));
  const uint32_t slot = Slot(token);
  if (slots_[slot] != 0) {
    ids_.Update([&](std::vector<int32_t>& ids) { ids[slots_[slot] - 1] = id; });
    return OkStatus();
  }
  ONEDGE_RETURN_IF_ERROR(text_.Reserve(token.size(), memory));
  ONEDGE_RETURN_IF_ERROR(begins_.Reserve(2, memory));
  ONEDGE_RETURN_IF_ERROR(ids_.Reserve(1, memory));
  text_.Update([&](std::vector<char>& text) { text.insert(text.end(), token.begin(), token.end()); });
  begins_.Update([&](std::vector<uint32_t>& begins) {
    if (begins.empty()) begins.push_back(0);
    begins.push_back(static_cast<uint32_t>(text_.size()));
  });
  ids_.Update([&](std::vector<int32_t>& ids) { ids.push_back(id); });
  slots_.Update([&](std::vector<uint32_t>& slots) { slots[slot] = static_cast<uint32_t>(size()); });
  return OkStatus();
}

Status Vocabulary::Finish(MemoryReservation* memory) {
  const size_t before = text_bytes();
  size_t in_place = 0;
  while (in_place < size() && ids_[in_place] == static_cast<int32_t>(in_place)) ++in_place;
  if (in_place == size()) {  // true for most files
    ids_ = std::vector<int32_t>();
    text_.Update([](std::vector<char>& text) { text.shrink_to_fit(); });
    begins_.Update([](std::vector<uint32_t>& begins) { begins.shrink_to_fit(); });
    if (memory) memory->Shrink(before - text_bytes());
    return OkStatus();
  }
  // Counts old and new tables at once, and the order.
  const size_t extra = text_.size() + (3 * size() + 1) * sizeof(uint32_t);
  if (memory) ONEDGE_RETURN_IF_ERROR(memory->Grow(extra));
  std::vector<uint32_t> order(size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [this](uint32_t a, uint32_t b) { return ids_[a] != ids_[b] ? ids_[a] < ids_[b] : a < b; });
  std::vector<char> ordered;
  ordered.reserve(text_.size());
  std::vector<uint32_t> begins{0};
  begins.reserve(size() + 1);
  std::vector<int32_t> ids;
  ids.reserve(size());
  bool dense = true;
  for (const uint32_t i : order) {
    const std::string_view token = text(i);
    dense &= ids_[i] == static_cast<int32_t>(ids.size());
    ids.push_back(ids_[i]);
    ordered.insert(ordered.end(), token.begin(), token.end());
    begins.push_back(static_cast<uint32_t>(ordered.size()));
  }
  text_ = std::move(ordered);
  begins_ = std::move(begins);
  ids_ = dense ? std::vector<int32_t>() : std::move(ids);
  if (memory) memory->Shrink(before + extra - text_bytes());
  return Grow(size(), memory);
}

std::optional<int32_t> Vocabulary::TokenToId(std::string_view token) const {
  if (slots_.empty()) return std::nullopt;
  const uint32_t place = slots_[Slot(token)];
  if (place == 0) return std::nullopt;
  return id(place - 1);
}

std::optional<std::string_view> Vocabulary::IdToToken(int32_t id) const {
  if (id < 0) return std::nullopt;
  size_t place = static_cast<size_t>(id);
  if (!ids_.empty()) {
    const auto found = std::lower_bound(ids_.begin(), ids_.end(), id);
    if (found == ids_.end() || *found != id) return std::nullopt;
    place = static_cast<size_t>(found - ids_.begin());
  }
  if (place >= size()) return std::nullopt;
  const std::string_view token = text(place);
  if (unchecked_ && !unicode::IsWellFormed(token)) return std::nullopt;
  return token;
}

}  // namespace onedge::tokenizer
