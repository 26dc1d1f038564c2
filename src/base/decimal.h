// Numbers as decimal text and back, exactly rounded, as C's printf("%.*g") and strtod have them. The C library's own,
// by way of 128-bit long double, take 20 KB of the wasm module; the tables of yyjson's take as much again.
#pragma once

#include <string>

namespace onedge {

// `value` with up to `digits` significant digits: printf's "%.{digits}g". REQUIRES: 1 <= digits <= 17.
std::string FormatNumber(double value, int digits);

// The number at the start of `text`, after white space: decimal, "inf", "infinity" or "nan" in any case. `end` becomes
// the first character behind it, or `text` where there is none; it may be null. Hexadecimal numbers are not read.
double ParseNumber(const char* text, const char** end = nullptr);

}  // namespace onedge
