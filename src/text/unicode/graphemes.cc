#include "text/unicode/graphemes.h"

#include "text/unicode/tables.h"
#include "text/unicode/utf8.h"

namespace onedge::unicode {
namespace {

constexpr char32_t kZeroWidthJoiner = 0x200D;

uint8_t BreakClass(char32_t c) {
  if (c >= kGraphemeLimit) {
    if ((c >= 0xE0020 && c <= 0xE007F) || (c >= 0xE0100 && c <= 0xE01EF)) return kGraphemeExtend;
    return c >= 0xE0000 && c <= 0xE0FFF ? kGraphemeControl : kGraphemeOther;
  }
  constexpr uint32_t kMask = (1 << kGraphemeShift) - 1;
  return kGraphemeValues[(kGraphemeBlocks[c >> kGraphemeShift] << kGraphemeShift) + (c & kMask)];
}

}  // namespace

bool JoinsNext(char32_t c) { return BreakClass(c) == kGraphemePrepend; }

size_t GraphemeEnd(std::string_view text, size_t begin) {
  ONEDGE_DCHECK(begin < text.size() && !IsContinuation(text[begin]));
  const char* p = text.data() + begin;
  const char* const end = text.data() + text.size();
  char32_t c = Next(p);
  uint8_t before = BreakClass(c);
  bool pictograph = before == kGraphemePictographic;  // c ends a pictograph with its extenders
  while (p != end) {
    const char* next_p = p;
    const char32_t next = Next(next_p);
    const uint8_t after = BreakClass(next);
    bool joined = false;
    if (c == '\r' && next == '\n')
      joined = true;  // GB3
    else if (before == kGraphemeControl || after == kGraphemeControl)
      joined = false;  // GB4, GB5
    else if (after == kGraphemeExtend || after == kGraphemeSpacingMark)
      joined = true;  // GB9, GB9a
    else if (before == kGraphemePrepend)
      joined = true;  // GB9b
    else if (pictograph && c == kZeroWidthJoiner && after == kGraphemePictographic)
      joined = true;  // GB11
    if (!joined) break;
    pictograph = after == kGraphemePictographic || (pictograph && after == kGraphemeExtend);
    p = next_p;
    c = next;
    before = after;
  }
  return static_cast<size_t>(p - text.data());
}

}  // namespace onedge::unicode
