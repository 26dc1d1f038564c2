// CutSet: the positions at which a text may be cut so that its parts, tokenized one by one, give the tokens of the
// whole. A cut position is identified by the classes of the characters on either side. Each stage names the positions
// it keeps (a cut there does not change its result); a pre-tokenizer also names those it makes (it divides the text
// there itself). A tokenizer's cuts are those that some stage makes and every stage keeps. chunker.cc uses them.
#pragma once

#include <cstdint>

namespace onedge::tokenizer {

enum class CharClass : uint8_t {
  kLetter,       // ASCII
  kDigit,        // ASCII
  kPunctuation,  // ASCII except the apostrophe
  kApostrophe,
  kSpace,       // U+0020
  kLineBreak,   // LF, CR
  kOtherSpace,  // TAB, VT, FF
  kOther,       // the rest: control characters and all of non-ASCII
};

// A set of classes.
using CharClasses = uint8_t;
constexpr CharClasses ClassBit(CharClass c) { return static_cast<CharClasses>(1 << static_cast<int>(c)); }
inline constexpr CharClasses kLetters = ClassBit(CharClass::kLetter);
inline constexpr CharClasses kDigits = ClassBit(CharClass::kDigit);
inline constexpr CharClasses kPunctuations = ClassBit(CharClass::kPunctuation);
inline constexpr CharClasses kApostrophes = ClassBit(CharClass::kApostrophe);
inline constexpr CharClasses kSpaces = ClassBit(CharClass::kSpace);
inline constexpr CharClasses kLineBreaks = ClassBit(CharClass::kLineBreak);
inline constexpr CharClasses kOtherSpaces = ClassBit(CharClass::kOtherSpace);
inline constexpr CharClasses kOthers = ClassBit(CharClass::kOther);
inline constexpr CharClasses kWhitespace = kSpaces | kLineBreaks | kOtherSpaces;
inline constexpr CharClasses kAnyClass = 0xFF;
inline constexpr CharClasses kNotWhitespace = kAnyClass & ~kWhitespace;
inline constexpr CharClasses kAscii = kAnyClass & ~kOthers;

class CutSet {
 public:
  constexpr CutSet() = default;  // none
  static constexpr CutSet All() { return CutSet(~uint64_t{0}); }
  static constexpr CutSet Between(CharClasses before, CharClasses after) {
    uint64_t bits = 0;
    for (int i = 0; i < 8; ++i) {
      if (before >> i & 1) bits |= uint64_t{after} << (8 * i);
    }
    return CutSet(bits);
  }
  // Where whitespace begins. A cut after kOther is made only if that character is not whitespace.
  static constexpr CutSet BeforeWhitespace() { return Between(kNotWhitespace, kWhitespace); }

  constexpr CutSet operator&(CutSet other) const { return CutSet(bits_ & other.bits_); }
  constexpr CutSet operator|(CutSet other) const { return CutSet(bits_ | other.bits_); }
  constexpr CutSet Without(CutSet other) const { return CutSet(bits_ & ~other.bits_); }
  constexpr bool empty() const { return bits_ == 0; }
  // The classes that may follow a cut after `before`.
  constexpr CharClasses After(CharClass before) const {
    return static_cast<CharClasses>(bits_ >> (8 * static_cast<int>(before)));
  }

 private:
  explicit constexpr CutSet(uint64_t bits) : bits_(bits) {}
  uint64_t bits_ = 0;  // bit 8 * before + after
};

constexpr CharClass ClassOf(uint8_t byte) {
  if (byte == '\'') return CharClass::kApostrophe;
  if (byte == ' ') return CharClass::kSpace;
  if (byte == '\n' || byte == '\r') return CharClass::kLineBreak;
  if (byte == '\t' || byte == '\v' || byte == '\f') return CharClass::kOtherSpace;
  if (byte < '!' || byte > '~') return CharClass::kOther;
  if (byte >= '0' && byte <= '9') return CharClass::kDigit;
  const uint8_t lower = byte | 0x20;
  return lower >= 'a' && lower <= 'z' ? CharClass::kLetter : CharClass::kPunctuation;
}

}  // namespace onedge::tokenizer
