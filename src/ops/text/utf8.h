// UTF-8 for the string operators: code points, and upper and lower case.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace onedge::ops {

// The code point at `position`, which moves past it. A byte that starts no valid sequence reads as
// U+FFFD and counts alone.
uint32_t NextCodePoint(std::string_view text, size_t& position);
void AppendCodePoint(std::string& out, uint32_t code_point);

// One code point to one code point: ASCII, Latin-1, Latin Extended-A, Greek and Cyrillic; others
// stay as they are.
uint32_t LowerCase(uint32_t code_point);
uint32_t UpperCase(uint32_t code_point);

}  // namespace onedge::ops
