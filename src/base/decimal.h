// Numbers as decimal text and back, exactly rounded like C's printf("%.*g") and strtod. The C library uses 128-bit long
// double for this, which takes 20 KB of the wasm module; yyjson's tables take as much again.
#pragma once

#include <string>

namespace onedge {

// `value` with up to `digits` significant digits: printf's "%.{digits}g". REQUIRES: 1 <= digits <= 17.
std::string FormatNumber(double value, int digits);

// The number at the start of `text`, after white space: decimal, "inf", "infinity" or "nan" in any case. `end` (may be
// null) is set to the first character after it, or to `text` if no number is there. Hexadecimal numbers are not read.
double ParseNumber(const char* text, const char** end = nullptr);

}  // namespace onedge
