#include "ops/text/utf8.h"

namespace onedge::ops {

uint32_t NextCodePoint(std::string_view text, size_t& position) {
  constexpr uint32_t kReplacement = 0xfffd;
  const auto lead = static_cast<uint8_t>(text[position++]);
  if (lead < 0x80) return lead;
  const size_t more = lead >= 0xf0 && lead < 0xf5   ? 3
                      : lead >= 0xe0 && lead < 0xf0 ? 2
                      : lead >= 0xc2 && lead < 0xe0 ? 1
                                                    : 0;
  if (more == 0 || more > text.size() - position) return kReplacement;
  uint32_t code_point = lead & (0x3fu >> more);
  for (size_t i = 0; i < more; ++i) {
    const auto next = static_cast<uint8_t>(text[position + i]);
    if ((next & 0xc0) != 0x80) return kReplacement;
    code_point = code_point << 6 | (next & 0x3fu);
  }
  constexpr uint32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
  if (code_point < kLeast[more] || code_point > 0x10ffff || (code_point >= 0xd800 && code_point < 0xe000)) {
    return kReplacement;
  }
  position += more;
  return code_point;
}

void AppendCodePoint(std::string& out, uint32_t code_point) {
  const auto tail = [&](int shift) { out.push_back(static_cast<char>(0x80 | (code_point >> shift & 0x3f))); };
  if (code_point < 0x80) {
    out.push_back(static_cast<char>(code_point));
  } else if (code_point < 0x800) {
    out.push_back(static_cast<char>(0xc0 | code_point >> 6));
    tail(0);
  } else if (code_point < 0x10000) {
    out.push_back(static_cast<char>(0xe0 | code_point >> 12));
    tail(6);
    tail(0);
  } else {
    out.push_back(static_cast<char>(0xf0 | code_point >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

namespace {

// Latin Extended-A: pairs of upper and lower case, the upper one even here, odd there.
bool EvenIsUpper(uint32_t c) {
  return (c >= 0x100 && c < 0x138 && c != 0x130 && c != 0x131) || (c >= 0x14a && c < 0x178);
}
bool OddIsUpper(uint32_t c) { return (c >= 0x139 && c < 0x149) || (c >= 0x179 && c < 0x17f); }

}  // namespace

uint32_t LowerCase(uint32_t c) {
  if ((c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7)) return c + 32;
  if (c < 0x100) return c;
  if (EvenIsUpper(c)) return c | 1;
  if (OddIsUpper(c)) return c % 2 == 1 ? c + 1 : c;
  if (c == 0x178) return 0xff;
  if ((c >= 0x391 && c <= 0x3ab && c != 0x3a2) || (c >= 0x410 && c <= 0x42f)) return c + 32;
  if (c >= 0x400 && c <= 0x40f) return c + 80;
  return c;
}

uint32_t UpperCase(uint32_t c) {
  if ((c >= 'a' && c <= 'z') || (c >= 0xe0 && c <= 0xfe && c != 0xf7)) return c - 32;
  if (c == 0xff) return 0x178;
  if (c < 0x100) return c;
  if (EvenIsUpper(c)) return c & ~1u;
  if (OddIsUpper(c)) return c % 2 == 0 ? c - 1 : c;
  if (c == 0x3c2) return 0x3a3;
  if ((c >= 0x3b1 && c <= 0x3cb) || (c >= 0x430 && c <= 0x44f)) return c - 32;
  if (c >= 0x450 && c <= 0x45f) return c - 80;
  return c;
}

}  // namespace onedge::ops
