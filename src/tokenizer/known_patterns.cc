#include "tokenizer/known_patterns.h"

#include "text/regex/code_point_set.h"
#include "text/unicode/properties.h"
#include "text/unicode/utf8.h"

namespace onedge::tokenizer {

struct KnownPattern::Sets {
  regex::CodePointSet upper;    // [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]
  regex::CodePointSet lower;    // [\p{Ll}\p{Lm}\p{Lo}\p{M}]
  regex::CodePointSet signs;    // [\p{P}\p{S}]
  regex::CodePointSet letters;  // [\p{L}\p{M}]
};

namespace {

using Sets = KnownPattern::Sets;

enum class Kind : uint8_t { kSpace, kLetter, kNumber, kOther };

Kind KindOf(char32_t c) {
  if (c < 0x80) {
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') return Kind::kLetter;
    if (c >= '0' && c <= '9') return Kind::kNumber;
    return unicode::IsWhitespace(c) ? Kind::kSpace : Kind::kOther;
  }
  const uint8_t flags = unicode::Flags(c);
  if (flags & unicode::kLetter) return Kind::kLetter;
  if (flags & unicode::kNumber) return Kind::kNumber;
  return unicode::IsWhitespace(c) ? Kind::kSpace : Kind::kOther;
}

bool IsLineBreak(char32_t c) { return c == '\r' || c == '\n'; }

// A position in a text.
struct Cursor {
  const char* p;
  const char* end;

  bool done() const { return p == end; }
  char32_t Peek() const {
    const char* copy = p;
    return unicode::Next(copy);
  }
  void Advance() { p += unicode::SequenceLength(*p); }
  // Moves past at most `limit` characters for which holds(c) is true; returns their number.
  template <typename Predicate>
  size_t Skip(const Predicate& holds, size_t limit = SIZE_MAX) {
    size_t count = 0;
    while (count < limit && p != end) {
      const char* next = p;
      if (!holds(unicode::Next(next))) break;
      p = next;
      ++count;
    }
    return count;
  }
  size_t SkipKind(Kind kind, size_t limit = SIZE_MAX) {
    return Skip([kind](char32_t c) { return KindOf(c) == kind; }, limit);
  }
};

// 's|'t|'re|'ve|'m|'ll|'d; (?i:...) ignores case, and then U+017F is also an s.
bool SkipContraction(Cursor& at, bool any_case) {
  if (at.end - at.p < 2 || *at.p != '\'') return false;
  const auto letter = [&](const char* p) -> char {
    const uint8_t c = static_cast<uint8_t>(*p);
    return static_cast<char>(any_case && c >= 'A' && c <= 'Z' ? c + 32 : c);
  };
  const char first = letter(at.p + 1);
  if (first == 's' || first == 't' || first == 'm' || first == 'd') return at.p += 2, true;
  if (any_case && at.end - at.p >= 3 && at.p[1] == '\xC5' && at.p[2] == '\xBF') return at.p += 3, true;
  if (at.end - at.p < 3) return false;
  const char second = letter(at.p + 2);
  const bool two =
      (first == 'r' && second == 'e') || (first == 'v' && second == 'e') || (first == 'l' && second == 'l');
  if (two) at.p += 3;
  return two;
}

// \s+(?!\S)|\s+ : whitespace before another character leaves its last character to the next match, unless it is the
// only one.
void SkipSpaces(Cursor& at) {
  const char* const begin = at.p;
  const char* last = at.p;
  while (!at.done()) {
    const char* next = at.p;
    if (!unicode::IsWhitespace(unicode::Next(next))) break;
    last = at.p;
    at.p = next;
  }
  if (!at.done() && last != begin) at.p = last;
}

// \s*[\r\n]+|\s+(?!\S)|\s+ : whitespace up to its last line break, if it contains one.
void SkipSpacesAndLines(Cursor& at) {
  Cursor scan = at;
  const char* line_end = nullptr;
  while (!scan.done() && unicode::IsWhitespace(scan.Peek())) {
    const bool is_break = IsLineBreak(scan.Peek());
    scan.Advance();
    if (is_break) line_end = scan.p;
  }
  if (line_end)
    at.p = line_end;
  else
    SkipSpaces(at);
}

uint32_t Position(const Cursor& at, std::string_view text) { return static_cast<uint32_t>(at.p - text.data()); }

uint32_t Gpt2End(const Sets*, std::string_view text, uint32_t begin) {
  Cursor at{text.data() + begin, text.data() + text.size()};
  if (SkipContraction(at, false)) return Position(at, text);
  Cursor word = at;
  if (*word.p == ' ' && word.p + 1 != word.end) {
    ++word.p;
    if (KindOf(word.Peek()) == Kind::kSpace) word = at;
  }
  const Kind kind = KindOf(word.Peek());
  if (kind == Kind::kSpace)
    SkipSpaces(word);
  else
    word.SkipKind(kind);
  return Position(word, text);
}

// The part that GPT-4 and its relatives share, except for words: digits, signs with a space before them, whitespace.
template <size_t kDigits, typename Word>
uint32_t ModernEnd(std::string_view text, uint32_t begin, bool slash_ends_signs, const Word& skip_word) {
  Cursor at{text.data() + begin, text.data() + text.size()};
  if (skip_word(at)) return Position(at, text);
  if (at.SkipKind(Kind::kNumber, kDigits) > 0) return Position(at, text);
  Cursor signs = at;
  if (*signs.p == ' ') ++signs.p;
  if (signs.SkipKind(Kind::kOther) > 0) {
    signs.Skip([slash_ends_signs](char32_t c) { return IsLineBreak(c) || (slash_ends_signs && c == '/'); });
    return Position(signs, text);
  }
  SkipSpacesAndLines(at);
  return Position(at, text);
}

// (?i:'s|...)|[^\r\n\p{L}\p{N}]?\p{L}+
bool SkipPrefixedWord(Cursor& at) {
  if (SkipContraction(at, true)) return true;
  Cursor word = at;
  const char32_t c = word.Peek();
  const Kind kind = KindOf(c);
  if (kind != Kind::kLetter && kind != Kind::kNumber && !IsLineBreak(c)) word.Advance();
  if (word.SkipKind(Kind::kLetter) == 0) return false;
  at = word;
  return true;
}

template <size_t kDigits>
uint32_t Cl100kEnd(const Sets*, std::string_view text, uint32_t begin) {
  return ModernEnd<kDigits>(text, begin, false, SkipPrefixedWord);
}

// upper* lower+ : the longest prefix of the first that leaves one character for the second.
bool SkipUpperLower(const Sets& sets, Cursor& at) {
  const char* last_lower_end = nullptr;
  Cursor word = at;
  while (!word.done()) {
    const char32_t c = word.Peek();
    if (!sets.upper.Contains(c)) break;
    word.Advance();
    if (sets.lower.Contains(c)) last_lower_end = word.p;
  }
  if (word.Skip([&sets](char32_t c) { return sets.lower.Contains(c); }) > 0) return at = word, true;
  if (!last_lower_end) return false;
  at.p = last_lower_end;
  return true;
}

// upper+ lower*
bool SkipUpper(const Sets& sets, Cursor& at) {
  if (at.Skip([&sets](char32_t c) { return sets.upper.Contains(c); }) == 0) return false;
  at.Skip([&sets](char32_t c) { return sets.lower.Contains(c); });
  return true;
}

// [^\r\n\p{L}\p{N}]? and a word with capitals only at its start, or all capitals; and a contraction.
bool SkipCasedWord(const Sets& sets, Cursor& at) {
  const char32_t c = at.Peek();
  const Kind kind = KindOf(c);
  const bool prefix = kind != Kind::kLetter && kind != Kind::kNumber && !IsLineBreak(c);
  for (const auto skip : {SkipUpperLower, SkipUpper}) {
    for (const bool with_prefix : {true, false}) {
      Cursor word = at;
      if (with_prefix && !prefix) continue;
      if (with_prefix) word.Advance();
      if (!skip(sets, word)) continue;
      SkipContraction(word, true);
      at = word;
      return true;
    }
  }
  return false;
}

uint32_t O200kEnd(const Sets* sets, std::string_view text, uint32_t begin) {
  return ModernEnd<3>(text, begin, true, [sets](Cursor& at) { return SkipCasedWord(*sets, at); });
}

bool IsAsciiLetter(char32_t c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

uint32_t DeepSeekEnd(const Sets* sets, std::string_view text, uint32_t begin) {
  Cursor at{text.data() + begin, text.data() + text.size()};
  const char32_t c = at.Peek();
  const auto is_letter = [sets](char32_t x) { return sets->letters.Contains(x); };
  const auto is_sign = [sets](char32_t x) { return sets->signs.Contains(x); };
  Cursor word = at;
  word.Advance();
  const bool ascii_sign = c < 0x80 && is_sign(c);
  if (ascii_sign && word.Skip(IsAsciiLetter) > 0) return Position(word, text);
  word = at;
  const bool prefix = !IsLineBreak(c) && !(unicode::Flags(c) & unicode::kLetter) && !is_sign(c);
  if (prefix) word.Advance();
  if (word.Skip(is_letter) > 0) return Position(word, text);
  if (prefix && at.Skip(is_letter) > 0) return Position(at, text);  // only a mark
  Cursor signs = at;
  if (c == ' ') ++signs.p;
  if (signs.Skip(is_sign) > 0) {
    signs.Skip(IsLineBreak);
    return Position(signs, text);
  }
  SkipSpacesAndLines(at);
  return Position(at, text);
}

// <\|startoftext\|>|<\|endoftext\|>|'s|...|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+
uint32_t ClipEnd(const Sets*, std::string_view text, uint32_t begin) {
  for (const std::string_view token : {"<|startoftext|>", "<|endoftext|>"}) {
    if (text.substr(begin).starts_with(token)) return begin + static_cast<uint32_t>(token.size());
  }
  Cursor at{text.data() + begin, text.data() + text.size()};
  if (SkipContraction(at, false)) return Position(at, text);
  const Kind kind = KindOf(at.Peek());
  if (kind != Kind::kSpace) at.SkipKind(kind, kind == Kind::kNumber ? 1 : SIZE_MAX);
  return Position(at, text);
}

std::shared_ptr<const Sets> MakeSets() {
  const auto all = [](std::initializer_list<std::string_view> names) {
    regex::CodePointSet set;
    for (const std::string_view name : names) set.Add(*regex::NamedSet(name));
    set.Finish();
    return set;
  };
  return std::make_shared<const Sets>(
      Sets{all({"Lu", "Lt", "Lm", "Lo", "M"}), all({"Ll", "Lm", "Lo", "M"}), all({"P", "S"}), all({"L", "M"})});
}

// Runs of letters, digits and punctuation end where another begins, but an apostrophe may belong to the next run.
constexpr CutSet kWordCuts = CutSet::Between(kLetters, kDigits | kPunctuations) |
                             CutSet::Between(kDigits, kLetters | kPunctuations) |
                             CutSet::Between(kPunctuations, kDigits);
constexpr CutSet kGpt2Cuts = kWordCuts | CutSet::Between(kPunctuations, kLetters) | CutSet::BeforeWhitespace();
// Signs include the line breaks after them, and a sign may belong to the letters after it.
constexpr CutSet kModernCuts =
    kWordCuts | CutSet::Between(kNotWhitespace, kSpaces) | CutSet::Between(kLetters | kDigits, kWhitespace);
constexpr CutSet kDeepSeekCuts = CutSet::Between(kNotWhitespace, kSpaces) | CutSet::Between(kLetters, kWhitespace);

struct Known {
  std::string_view regex;
  uint32_t (*end)(const Sets*, std::string_view, uint32_t);
  CutSet cuts;
  bool needs_sets = false;
};

constexpr std::string_view kGpt2Pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

constexpr Known kKnown[] = {
    {kGpt2Pattern, Gpt2End, kGpt2Cuts},
    // cl100k_base and llama 3
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     Cl100kEnd<3>, kModernCuts},
    // qwen 2
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     Cl100kEnd<1>, kModernCuts},
    // o200k_base
    {R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     O200kEnd, kModernCuts, true},
    // deepseek v2 and v3
    {R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     DeepSeekEnd, kDeepSeekCuts, true},
    // clip
    {R"(<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)", ClipEnd,
     CutSet::BeforeWhitespace()},
};

}  // namespace

std::optional<KnownPattern> KnownPattern::Find(std::string_view regex) {
  for (const Known& known : kKnown) {
    if (known.regex == regex) return KnownPattern(known.end, known.needs_sets ? MakeSets() : nullptr, known.cuts);
  }
  return std::nullopt;
}

KnownPattern KnownPattern::Gpt2() { return KnownPattern(Gpt2End, nullptr, kGpt2Cuts); }

}  // namespace onedge::tokenizer
