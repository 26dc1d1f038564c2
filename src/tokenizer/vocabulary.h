// Vocabulary: tokens by id and ids by token, in flat arrays. Immutable after Finish.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "tokenizer/flat_array.h"
#include "tokenizer/json.h"

namespace onedge::tokenizer {

class Vocabulary {
 public:
  // The index from token to id. Owners with an index of their own drop it.
  enum class Index : uint8_t { kKept, kDropped };

  // From {"token": id, ...}, or from the compiled image that `object` belongs to. If a token appears twice, its last id
  // counts, as in Hugging Face's reader.
  static Result<Vocabulary> Parse(const Json& object, Index index = Index::kKept);

  // REQUIRES: Finish has not been called. ResourceExhausted: more than 4 GiB of text or 2^31 tokens.
  // The tables are charged to `memory`, here and below; null: nothing is counted.
  Status Add(std::string_view token, int32_t id, MemoryReservation* memory = nullptr);
  // Sorts the tokens by their ids.
  Status Finish(MemoryReservation* memory = nullptr);
  void DropIndex(MemoryReservation* memory = nullptr);

  // The tables of a compiled image.
  static Result<Vocabulary> View(const Image& image);
  void Store(ImageTables& tables) const;

  size_t size() const { return begins_.empty() ? 0 : begins_.size() - 1; }
  // Also nullopt without an index.
  std::optional<int32_t> TokenToId(std::string_view token) const;
  std::optional<std::string_view> IdToToken(int32_t id) const;

  // The token and the id at position `i` of the order.
  std::string_view text(size_t i) const { return {text_.data() + begins_[i], begins_[i + 1] - begins_[i]}; }
  int32_t id(size_t i) const { return ids_.empty() ? static_cast<int32_t>(i) : ids_[i]; }

 private:
  uint32_t Slot(std::string_view token) const;
  Status Grow(size_t count, MemoryReservation* memory);
  size_t text_bytes() const { return text_.owned_bytes() + begins_.owned_bytes() + ids_.owned_bytes(); }

  FlatArray<char> text_;        // one token after another
  FlatArray<uint32_t> begins_;  // of each token in text_, and the end of the last
  FlatArray<int32_t> ids_;      // empty if each token's id is its position
  FlatArray<uint32_t> slots_;   // position of the token + 1; open addressing, the size is a power of two
  bool unchecked_ = false;      // the text comes from a file and may not be UTF-8
};

}  // namespace onedge::tokenizer
