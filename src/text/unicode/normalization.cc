#include "text/unicode/normalization.h"

#include <algorithm>
#include <iterator>
#include <span>

#include "text/unicode/utf8.h"

namespace onedge::unicode {
namespace {

constexpr char32_t kL = 0x1100, kV = 0x1161, kT = 0x11A7;
constexpr uint32_t kLCount = 19, kVCount = 21, kTCount = 28;

// The composition of the pair, or 0.
char32_t Compose(char32_t a, char32_t b) {
  if (a - kL < kLCount && b - kV < kVCount) return kHangulBase + ((a - kL) * kVCount + (b - kV)) * kTCount;
  if (a - kHangulBase < kHangulCount && (a - kHangulBase) % kTCount == 0 && b - kT - 1 < kTCount - 1)
    return a + (b - kT);
  const auto search = [a, b](const auto* table, size_t count) -> char32_t {
    size_t low = 0, high = count / 3;
    while (low < high) {
      const size_t middle = (low + high) / 2;
      const char32_t x = table[3 * middle], y = table[3 * middle + 1];
      if (x == a && y == b) return table[3 * middle + 2];
      if (x < a || (x == a && y < b))
        low = middle + 1;
      else
        high = middle;
    }
    return 0;
  };
  if (a < 0x10000 && b < 0x10000) return search(kCompositions, std::size(kCompositions));
  return search(kAstralCompositions, std::size(kAstralCompositions));
}

// Stable, and fast for a text that is one long run of marks.
void SortByClass(std::span<ChangedChar> marks) {
  const auto less = [](const ChangedChar& a, const ChangedChar& b) {
    return CombiningClass(a.c) < CombiningClass(b.c);
  };
  if (std::is_sorted(marks.begin(), marks.end(), less)) return;
  std::vector<ChangedChar> sorted;
  sorted.reserve(marks.size());
  std::vector<uint64_t> order;  // class, then position
  order.reserve(marks.size());
  for (size_t i = 0; i < marks.size(); ++i) order.push_back(uint64_t{CombiningClass(marks[i].c)} << 56 | i);
  std::sort(order.begin(), order.end());
  for (const uint64_t key : order) sorted.push_back(marks[key & ((uint64_t{1} << 56) - 1)]);
  std::copy(sorted.begin(), sorted.end(), marks.begin());
}

// In place; algorithm D117 of Unicode 3.11. The change of a composed code point is the sum of its parts' changes, minus
// one for each added part.
void ComposeAll(std::vector<ChangedChar>& chars) {
  std::vector<ChangedChar> out, marks;
  out.reserve(chars.size());
  bool has_starter = false;
  ChangedChar starter{};
  int last_class = -1;  // of the last uncomposed mark since the starter
  const auto flush = [&] {
    if (has_starter) out.push_back(starter);
    out.insert(out.end(), marks.begin(), marks.end());
    marks.clear();
    last_class = -1;
  };
  for (const ChangedChar& next : chars) {
    const int ccc = CombiningClass(next.c);
    if (!has_starter) {
      if (ccc != 0) {
        out.push_back(next);
        continue;
      }
      starter = next;
      has_starter = true;
      continue;
    }
    if (last_class < ccc || last_class == -1) {
      if (const char32_t composed = Compose(starter.c, next.c)) {
        starter = {composed, starter.change + next.change - 1};
        continue;
      }
    }
    if (ccc == 0) {
      flush();
      starter = next;
      continue;
    }
    marks.push_back(next);
    last_class = ccc;
  }
  flush();
  chars.swap(out);
}

// Appends the decomposition that `value` of a table points to.
void AppendParts(uint16_t value, const uint16_t* pool, std::vector<ChangedChar>& out) {
  const uint16_t* units = pool + (value >> 4);
  size_t length = value & 15;
  if (length == 15) length = *units++;
  int32_t change = 0;
  for (size_t i = 0; i < length; ++i) {
    char32_t part = units[i];
    if (part >= 0xD800 && part < 0xDC00) part = 0x10000 + ((part - 0xD800) << 10) + (units[++i] - 0xDC00);
    out.push_back({part, change});
    change = 1;
  }
}

}  // namespace

void Decompose(char32_t c, std::vector<ChangedChar>& out) {
  if (!HasDecomposition(c)) {
    out.push_back({c, 0});
  } else if (c - kHangulBase < kHangulCount) {
    const uint32_t index = c - kHangulBase;
    out.push_back({kL + index / (kVCount * kTCount), 0});
    out.push_back({kV + index / kTCount % kVCount, 1});
    if (index % kTCount) out.push_back({kT + index % kTCount, 1});
  } else {
    constexpr uint32_t kMask = (1 << kDecompositionShift) - 1;
    AppendParts(
        kDecompositionValues[(kDecompositionBlocks[c >> kDecompositionShift] << kDecompositionShift) + (c & kMask)],
        kDecompositionPool, out);
  }
}

void DecomposeCompatibly(char32_t c, std::vector<ChangedChar>& out) {
  constexpr uint32_t kMask = (1 << kCompatibilityShift) - 1;
  uint16_t value = 0;
  if (c >= 0xA0 && c < kCompatibilityLimit) {
    value = kCompatibilityValues[(kCompatibilityBlocks[c >> kCompatibilityShift] << kCompatibilityShift) + (c & kMask)];
  }
  return value == 0 ? Decompose(c, out) : AppendParts(value, kCompatibilityPool, out);
}

void Reorder(std::vector<ChangedChar>& chars) {
  for (size_t i = 0; i < chars.size();) {
    if (CombiningClass(chars[i].c) == 0) {
      ++i;
      continue;
    }
    size_t end = i + 1;
    while (end < chars.size() && CombiningClass(chars[end].c) != 0) ++end;
    SortByClass({chars.data() + i, end - i});
    i = end;
  }
}

void Normalize(std::string_view text, const Form& form, std::vector<ChangedChar>& out) {
  out.clear();
  out.reserve(text.size());
  for (const char* p = text.data(); p != text.data() + text.size();) form.decompose(Next(p), out);
  Reorder(out);
  if (form.composes) ComposeAll(out);
}

}  // namespace onedge::unicode
