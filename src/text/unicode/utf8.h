// UTF-8: checks and repairs input; reads and writes code points of text that is known to be well-formed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"

namespace onedge::unicode {

constexpr char32_t kReplacementCharacter = 0xFFFD;

inline bool IsContinuation(char byte) { return (static_cast<uint8_t>(byte) & 0xC0) == 0x80; }

// Number of bytes in the sequence with this lead byte. REQUIRES: a lead byte of well-formed UTF-8.
inline uint32_t SequenceLength(char lead) {
  const uint8_t b = static_cast<uint8_t>(lead);
  ONEDGE_DCHECK(b < 0x80 || (b >= 0xC2 && b < 0xF5));
  return b < 0x80 ? 1 : b < 0xE0 ? 2 : b < 0xF0 ? 3 : 4;
}

inline uint32_t EncodedLength(char32_t c) { return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4; }

// Returns the code point at `p` and moves past it. REQUIRES: well-formed UTF-8.
inline char32_t Next(const char*& p) {
  const auto byte = [p](int i) { return static_cast<char32_t>(static_cast<uint8_t>(p[i])); };
  const char32_t lead = byte(0);
  if (lead < 0x80) return ++p, lead;
  ONEDGE_DCHECK(lead >= 0xC2 && lead < 0xF5 && IsContinuation(p[1]));
  char32_t c;
  if (lead < 0xE0) {
    c = (lead & 0x1F) << 6 | (byte(1) & 0x3F);
    p += 2;
  } else if (lead < 0xF0) {
    c = (lead & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
    p += 3;
  } else {
    c = (lead & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F);
    p += 4;
  }
  return c;
}

inline char32_t At(std::string_view text, size_t i) {
  const char* p = text.data() + i;
  return Next(p);
}

// The code point that ends at `end`. REQUIRES: well-formed UTF-8, end > 0.
inline char32_t Before(std::string_view text, size_t end) {
  ONEDGE_DCHECK(end > 0 && end <= text.size());
  size_t i = end - 1;
  while (i > 0 && IsContinuation(text[i])) --i;
  return At(text, i);
}

inline uint32_t Encode(char32_t c, char* out) {
  if (c < 0x80) {
    out[0] = static_cast<char>(c);
    return 1;
  }
  if (c < 0x800) {
    out[0] = static_cast<char>(0xC0 | c >> 6);
    out[1] = static_cast<char>(0x80 | (c & 0x3F));
    return 2;
  }
  if (c < 0x10000) {
    out[0] = static_cast<char>(0xE0 | c >> 12);
    out[1] = static_cast<char>(0x80 | (c >> 6 & 0x3F));
    out[2] = static_cast<char>(0x80 | (c & 0x3F));
    return 3;
  }
  out[0] = static_cast<char>(0xF0 | c >> 18);
  out[1] = static_cast<char>(0x80 | (c >> 12 & 0x3F));
  out[2] = static_cast<char>(0x80 | (c >> 6 & 0x3F));
  out[3] = static_cast<char>(0x80 | (c & 0x3F));
  return 4;
}

inline void Append(std::string& out, char32_t c) {
  char bytes[4];
  out.append(bytes, Encode(c, bytes));
}

// Number of ASCII bytes at the start of `text`.
size_t AsciiPrefix(std::string_view text);
inline bool IsAscii(std::string_view text) { return AsciiPrefix(text) == text.size(); }

size_t CountCodePoints(std::string_view text);

// Length of the well-formed sequence at text[i], or 0.
uint32_t WellFormedLength(std::string_view text, size_t i);
bool IsWellFormed(std::string_view text);

// Returns the code point at `position` and moves past it. A byte that does not begin a well-formed sequence reads as
// one U+FFFD. REQUIRES: position < text.size().
inline char32_t NextOrReplacement(std::string_view text, size_t& position) {
  ONEDGE_DCHECK(position < text.size());
  const uint32_t length = WellFormedLength(text, position);
  const char32_t c = length > 0 ? At(text, position) : kReplacementCharacter;
  position += length > 0 ? length : 1;
  return c;
}

// `text` with each maximal ill-formed subpart replaced by U+FFFD (WHATWG Encoding, "UTF-8 decoder"; Unicode 15, 3.9,
// "U+FFFD Substitution of Maximal Subparts"). source[i] is the origin of byte i of the result; source[result.size()]
// = text.size().
std::string Repair(std::string_view text, std::vector<uint32_t>& source);

}  // namespace onedge::unicode
