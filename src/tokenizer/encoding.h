// Encoding: the result for a text, one entry for each token, with truncation and padding.
// A plain value. Its semantics (overflowing windows, merging of pairs) are those of Hugging Face tokenizers' Encoding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace onedge::tokenizer {

// Half-open range of the caller's text, in the OffsetUnit that the caller chose.
struct Offset {
  uint32_t begin = 0;
  uint32_t end = 0;
  friend bool operator==(const Offset&, const Offset&) = default;
};

enum class Direction : uint8_t { kRight, kLeft };

enum class TruncationStrategy : uint8_t { kOff, kLongestFirst, kOnlyFirst, kOnlySecond };

struct Truncation {
  TruncationStrategy strategy = TruncationStrategy::kLongestFirst;
  size_t max_length = 512;  // tokens, special tokens included
  size_t stride = 0;        // tokens that each overflowing window repeats; must be below the room for the text
  Direction direction = Direction::kRight;

  static Truncation Off() { return {.strategy = TruncationStrategy::kOff}; }
};

enum class PaddingStrategy : uint8_t { kOff, kLongest, kFixed };

struct Padding {
  PaddingStrategy strategy = PaddingStrategy::kLongest;
  size_t length = 0;              // tokens; for kFixed
  size_t pad_to_multiple_of = 0;  // 0: any length
  Direction direction = Direction::kRight;
  int32_t pad_id = 0;
  int32_t pad_type_id = 0;
  std::string pad_token = "[PAD]";

  static Padding Off() { return {.strategy = PaddingStrategy::kOff}; }
};

struct EncodedToken {
  int32_t id;
  int32_t type_id;
  Offset offset;                // {0, 0} for tokens that the post-processor or padding added
  int32_t word_id;              // index of the pre-token, or -1
  int8_t sequence_id;           // 0: text, 1: pair, -1: neither
  uint8_t attention_mask;       // 0 for padding
  uint8_t special_tokens_mask;  // 1 for tokens that the post-processor or padding added
};

struct Encoding {
  std::vector<EncodedToken> tokens;
  std::vector<std::string> token_texts;  // one for each token; empty unless asked for
  std::vector<Encoding> overflowing;     // the further windows of a truncated text

  size_t size() const { return tokens.size(); }
  std::vector<int32_t> ids() const;
};

// Cuts `encoding` to `max_length` tokens. The rest becomes overflowing windows that repeat `stride` tokens.
// InvalidArgument unless stride < max_length (or nothing is cut).
Status Truncate(Encoding& encoding, size_t max_length, size_t stride, Direction direction);

// Cuts text and pair so that together they have at most truncation.max_length tokens. `pair` may be null.
Status TruncatePair(Encoding& text, Encoding* pair, const Truncation& truncation);

// Appends `other`. Each overflowing window of one is combined with each of the other.
// ResourceExhausted if the combinations would hold too many tokens.
Status Append(Encoding& encoding, const Encoding& other);

// Pads `encoding` and its windows to `length` tokens; longer ones stay. The padding belongs to no sequence unless
// `sequence_id` is given.
void Pad(Encoding& encoding, size_t length, const Padding& padding, int8_t sequence_id = -1);

// The length that `padding` gives to a batch. `longest`: the tokens of its longest encoding.
size_t PaddedLength(const Padding& padding, size_t longest);

}  // namespace onedge::tokenizer
