#include "text/regex/code_point_set.h"

#include <algorithm>

#include "text/unicode/properties.h"

namespace onedge::regex {
namespace {

struct Fold {
  char16_t from, to;
};

// Case folding that differs from lowercasing (Unicode's CaseFolding.txt, C and S).
constexpr Fold kFolds[] = {{0xB5, 0x3BC},    {0x17F, 0x73},   {0x345, 0x3B9},  {0x3C2, 0x3C3},  {0x3D0, 0x3B2},
                           {0x3D1, 0x3B8},   {0x3D5, 0x3C6},  {0x3D6, 0x3C0},  {0x3F0, 0x3BA},  {0x3F1, 0x3C1},
                           {0x3F5, 0x3B5},   {0x1C80, 0x432}, {0x1C81, 0x434}, {0x1C82, 0x43E}, {0x1C83, 0x441},
                           {0x1C84, 0x442},  {0x1C85, 0x442}, {0x1C86, 0x44A}, {0x1C87, 0x463}, {0x1C88, 0xA64B},
                           {0x1E9B, 0x1E61}, {0x1FBE, 0x3B9}};

}  // namespace

CodePointSet::CodePointSet(std::initializer_list<Range> ranges) : ranges_(ranges) { Merge(); }

void CodePointSet::Add(char32_t first, char32_t last) {
  ranges_.push_back({first, last});
  Merge();
}

void CodePointSet::Add(const CodePointSet& other) {
  ranges_.insert(ranges_.end(), other.ranges_.begin(), other.ranges_.end());
  Merge();
}

void CodePointSet::Merge() {
  std::sort(ranges_.begin(), ranges_.end(), [](Range a, Range b) { return a.first < b.first; });
  size_t count = 0;
  for (const Range range : ranges_) {
    if (count > 0 && range.first <= ranges_[count - 1].last + 1)
      ranges_[count - 1].last = std::max(ranges_[count - 1].last, range.last);
    else
      ranges_[count++] = range;
  }
  ranges_.resize(count);
}

void CodePointSet::Complement() {
  std::vector<Range> gaps;
  char32_t next = 0;
  for (const Range range : ranges_) {
    if (next < range.first) gaps.push_back({next, range.first - 1});
    next = range.last + 1;
  }
  if (next < kLimit) gaps.push_back({next, kLimit - 1});
  ranges_ = std::move(gaps);
}

void CodePointSet::Intersect(CodePointSet other) {
  Complement();
  other.Complement();
  Add(other);
  Complement();
}

void CodePointSet::CloseOverCase() {
  std::vector<Range> added;
  // Two passes, because the members of a class share a folded form: the second pass adds the additions of the first.
  for (int pass = 0; pass < 2; ++pass) {
    const auto join = [&](char32_t c, char32_t folded) {
      const bool has = ContainsSlowly(c), has_folded = ContainsSlowly(folded);
      if (has != has_folded) added.push_back(has ? Range{folded, folded} : Range{c, c});
    };
    constexpr char32_t kBlock = 1 << unicode::kLowerShift;
    const uint8_t caseless =
        unicode::kLowerBlocks[0x4E00 / kBlock];  // ideographs have no case; most blocks are ideographs
    for (char32_t c = 'A'; c < unicode::kLowerLimit; ++c) {
      if (c % kBlock == 0 && c >= 0x80 && unicode::kLowerBlocks[c / kBlock] == caseless) {
        c += kBlock - 1;
        continue;
      }
      const char32_t folded = unicode::Lowercase(c);
      if (folded != c && c != unicode::kDottedCapitalI) join(c, folded);
    }
    for (const Fold fold : kFolds) join(fold.from, fold.to);
    ranges_.insert(ranges_.end(), added.begin(), added.end());
    added.clear();
    Merge();
  }
}

bool CodePointSet::ContainsSlowly(char32_t c) const {
  const auto after = std::upper_bound(ranges_.begin(), ranges_.end(), c,
                                      [](char32_t x, const Range& range) { return x < range.first; });
  return after != ranges_.begin() && c <= std::prev(after)->last;
}

void CodePointSet::Finish() {
  pages_.clear();
  auto range = ranges_.begin();
  for (char32_t page = 0; page < 256; ++page) {
    std::array<uint64_t, 4> bits{};
    const char32_t first = page << 8, last = first | 0xFF;
    while (range != ranges_.end() && range->last < first) ++range;
    for (auto r = range; r != ranges_.end() && r->first <= last; ++r) {
      for (char32_t c = std::max(r->first, first); c <= std::min(r->last, last); ++c)
        bits[c >> 6 & 3] |= uint64_t{1} << (c & 63);
    }
    const auto same = std::find(pages_.begin(), pages_.end(), bits);
    page_of_[page] = static_cast<uint8_t>(same - pages_.begin());
    if (same == pages_.end()) pages_.push_back(bits);
  }
}

}  // namespace onedge::regex
