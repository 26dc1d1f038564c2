// GPT-2's byte alphabet: one printable code point for each byte, so that 256 characters can write any text.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tokenizer/aligned_text.h"
#include "tokenizer/encoding.h"

namespace onedge::tokenizer {

// A printable byte stands for itself; the others get U+0100 and on, in order.
constexpr std::array<char16_t, 256> MakeByteAlphabet() {
  std::array<char16_t, 256> alphabet{};
  char16_t next = 0x100;
  for (int b = 0; b < 256; ++b) {
    const bool printable = (b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
    alphabet[b] = printable ? static_cast<char16_t>(b) : next++;
  }
  return alphabet;
}

inline constexpr std::array<char16_t, 256> kByteAlphabet = MakeByteAlphabet();
inline constexpr char32_t kByteLevelSpace = kByteAlphabet[' '];

// The byte that `c` stands for, if any.
inline std::optional<uint8_t> ByteOf(char32_t c) {
  if (c < 0x100) return kByteAlphabet[c] == c ? std::optional<uint8_t>(static_cast<uint8_t>(c)) : std::nullopt;
  if (c > 0x143) return std::nullopt;
  if (c <= 0x120) return static_cast<uint8_t>(c - 0x100);
  return static_cast<uint8_t>(c == 0x143 ? 0xAD : 0x7F + (c - 0x121));
}

// Appends `in` in the byte alphabet. The character of a byte has the alignment of the byte's original character.
void AppendByteLevel(TextSlice in, AlignedText& out);

// Removes the whitespace at the ends of each token of `encoding` and its windows from the token's offsets.
// REQUIRES: Encoding::tokens are set. `add_prefix_space`: the leading space of the first token was added and is not in
// the text.
void TrimByteLevelOffsets(Encoding& encoding, bool add_prefix_space);

}  // namespace onedge::tokenizer
