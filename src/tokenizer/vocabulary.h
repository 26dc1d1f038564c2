// Vocabulary: tokens by id and ids by token, in two flat arrays and one text. Immutable after Finish.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "tokenizer/flat_array.h"
#include "tokenizer/json.h"

namespace onedge::tokenizer {

class Vocabulary {
 public:
  // From {"token": id, ...}, or the compiled image that `object` belongs to. Of a token that comes twice the last id
  // counts, as in Hugging Face's reader.
  static Result<Vocabulary> Parse(const Json& object);

  // REQUIRES: Finish has not been called. ResourceExhausted: more than 4 GiB of text or 2^31 tokens.
  Status Add(std::string_view token, int32_t id);
  void Finish();
  // The tables of a compiled image.
  static Result<Vocabulary> View(const Image& image);
  void Store(ImageTables& tables) const;

  size_t size() const { return entries_.size(); }
  std::optional<int32_t> TokenToId(std::string_view token) const;
  std::optional<std::string_view> IdToToken(int32_t id) const;

  struct Entry {
    int32_t id;
    uint32_t begin;
    uint32_t length;
  };
  // In the order of their ids.
  std::span<const Entry> entries() const { return entries_.view(); }
  std::string_view text(const Entry& entry) const { return {text_.data() + entry.begin, entry.length}; }

 private:
  uint32_t Slot(std::string_view token) const;
  void Grow(size_t slots);

  FlatArray<char> text_;
  FlatArray<Entry> entries_;
  FlatArray<uint32_t> slots_;  // index of the entry + 1; open addressing, a power of two
};

}  // namespace onedge::tokenizer
