// Reads a pattern: its characters, and the parts that stand for sets of code points.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "text/regex/code_point_set.h"
#include "text/unicode/utf8.h"

namespace onedge::regex {

class PatternReader {
 public:
  explicit PatternReader(std::string_view pattern) : pattern_(pattern) {}

  std::string_view pattern() const { return pattern_; }
  size_t position() const { return position_; }
  void Seek(size_t position) { position_ = position; }
  bool done() const { return position_ == pattern_.size(); }
  // REQUIRES, for both: not done(), well-formed UTF-8.
  char32_t Peek() const {
    ONEDGE_DCHECK(!done());
    return unicode::At(pattern_, position_);
  }
  char32_t Next() {
    ONEDGE_DCHECK(!done());
    const char* p = pattern_.data() + position_;
    const char32_t c = unicode::Next(p);
    position_ = static_cast<size_t>(p - pattern_.data());
    return c;
  }
  bool Take(std::string_view text) {
    if (!pattern_.substr(position_).starts_with(text)) return false;
    position_ += text.size();
    return true;
  }
  bool Take(char c) { return Take(std::string_view(&c, 1)); }
  // Decimal digits; the largest number if they do not fit.
  std::optional<uint32_t> Number();
  // At most `digits` characters in base 8 or 16.
  std::optional<char32_t> Digits(int base, int digits);
  // The text before `end`; moves past `end`.
  Result<std::string> Name(char end);

  // InvalidArgument: the pattern contains `what`.
  Status Fail(std::string_view what) const;
  // Unsupported: the pattern contains `what`.
  Status Missing(std::string_view what) const;

 private:
  std::string_view pattern_;
  size_t position_ = 0;
};

struct EscapedSet {
  CodePointSet set;
  bool one_character;  // the set is that character; case may be ignored
};

// A backslash and its characters, outside or inside a class.
Result<EscapedSet> ParseEscapedSet(PatternReader& in, bool in_class);

// From '[' to its ']'. Depth is limited.
Result<CodePointSet> ParseClass(PatternReader& in, bool any_case, int depth = 0);

}  // namespace onedge::regex
