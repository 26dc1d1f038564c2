// Properties of code points for the stages of Hugging Face tokenizers; tables.h names the Unicode version of each
// property.
#pragma once

#include "text/unicode/tables.h"

namespace onedge::unicode {

// The kControl, kPunctuation, ... bits of `c`.
inline uint8_t Flags(char32_t c) {
  if (c < kFlagsLimit) {
    const uint32_t group = static_cast<uint32_t>(kFlagsOuter[c >> (kFlagsOuterShift + kFlagsInnerShift)])
                           << kFlagsOuterShift;
    const uint32_t block = kFlagsInner[group + (c >> kFlagsInnerShift & ((1 << kFlagsOuterShift) - 1))];
    return kFlagsValues[(block << kFlagsInnerShift) + (c & ((1 << kFlagsInnerShift) - 1))];
  }
  if (c < 0xE0000) return 0;
  if (c == 0xE0001 || (c >= 0xE0020 && c <= 0xE007F)) return kControl;       // tags
  if (c >= 0xE0100 && c <= 0xE01EF) return kNonspacingMark | kMark | kWord;  // variation selectors
  return c >= 0xF0000 && (c & 0xFFFF) < 0xFFFE ? kControl : 0;               // private use
}

// Rust's char::is_whitespace: White_Space.
inline bool IsWhitespace(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= 9 && c <= 13);
  if (c < 0x1680) return c == 0x85 || c == 0xA0;
  return c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

inline bool IsPunctuation(char32_t c) { return Flags(c) & kPunctuation; }

// BertNormalizer's ideographs. Same ranges as Hugging Face, which also omits U+2B820..U+2B91F.
inline bool IsChineseCharacter(char32_t c) {
  if (c < 0x3400) return false;
  return (c >= 0x4E00 && c <= 0x9FFF) || c <= 0x4DBF || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0x20000 && c <= 0x2A6DF) || (c >= 0x2A700 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
         (c >= 0x2F800 && c <= 0x2FA1F);
}

inline uint8_t CombiningClass(char32_t c) {
  if (c < 0x300 || c >= kCombiningClassLimit) return 0;
  constexpr uint32_t kMask = (1 << kCombiningClassShift) - 1;
  return kCombiningClassValues[(kCombiningClassBlocks[c >> kCombiningClassShift] << kCombiningClassShift) +
                               (c & kMask)];
}

// Only U+0130 becomes two: U+0069 U+0307. Lowercase returns the first.
constexpr char32_t kDottedCapitalI = 0x130;
constexpr char32_t kCombiningDotAbove = 0x307;

// The first code point of Rust's char::to_lowercase.
inline char32_t Lowercase(char32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
  if (c == kDottedCapitalI) return 'i';
  if (c >= kLowerLimit) return c;
  constexpr uint32_t kMask = (1 << kLowerShift) - 1;
  const uint8_t delta = kLowerValues[(kLowerBlocks[c >> kLowerShift] << kLowerShift) + (c & kMask)];
  return static_cast<char32_t>(static_cast<int32_t>(c) + kLowerDeltas[delta]);
}

}  // namespace onedge::unicode
