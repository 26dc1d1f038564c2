// CodePointSet: the code points that one position of a regular expression matches. Ranges; fast after Finish.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

#include "base/check.h"

namespace onedge::regex {

class CodePointSet {
 public:
  static constexpr char32_t kLimit = 0x110000;
  struct Range {
    char32_t first, last;
    friend bool operator==(const Range&, const Range&) = default;
  };

  CodePointSet() = default;
  CodePointSet(std::initializer_list<Range> ranges);

  void Add(char32_t first, char32_t last);
  void Add(const CodePointSet& other);
  // Like Add. REQUIRES: `first` is above all members.
  void Append(char32_t first, char32_t last) {
    ONEDGE_DCHECK(first <= last && (ranges_.empty() || ranges_.back().last < first));
    if (!ranges_.empty() && ranges_.back().last + 1 == first)
      ranges_.back().last = last;
    else
      ranges_.push_back({first, last});
  }
  void Complement();
  void Intersect(CodePointSet other);
  // Adds all code points that differ from a member only in case: simple case folding, one code point to another.
  void CloseOverCase();

  // Sorted; ranges neither touch nor overlap.
  const std::vector<Range>& ranges() const { return ranges_; }
  bool ContainsSlowly(char32_t c) const;

  // REQUIRES, before Contains: no change after Finish.
  void Finish();
  bool Contains(char32_t c) const {
    if (c >= 0x10000) return ContainsSlowly(c);
    ONEDGE_DCHECK(page_of_[c >> 8] < pages_.size());
    return pages_[page_of_[c >> 8]][c >> 6 & 3] >> (c & 63) & 1;
  }

 private:
  void Merge();

  std::vector<Range> ranges_;
  std::array<uint8_t, 256> page_of_{};          // of a block of 256 code points below U+10000
  std::vector<std::array<uint64_t, 4>> pages_;  // equal pages are stored once
};

// The set with the name `name` in \p{name}: a general category, a script or a name of Oniguruma. nullopt: unknown.
std::optional<CodePointSet> NamedSet(std::string_view name);
// Like NamedSet, for the names in POSIX brackets, [[:name:]].
std::optional<CodePointSet> PosixSet(std::string_view name);
// \w, \d, \s, \h
CodePointSet WordSet();
// \w outside a class. In Oniguruma it also contains the other numbers of Latin-1.
CodePointSet LoneWordSet();
CodePointSet DigitSet();
CodePointSet SpaceSet();
CodePointSet HexDigitSet();

}  // namespace onedge::regex
