// yyjson calls these to read and write floating-point numbers in WebAssembly. They replace its own tables and the C
// library's strtod and snprintf (cmake/third_party/CMakeLists.txt maps the names).
#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>

#include "base/decimal.h"

namespace {

// The digits of a number in printf's form %g as yyjson lays them out natively: without an exponent from 1e-6 up to
// 1e21, and with one that has neither a plus sign nor leading zeros otherwise.
std::string AsYyjson(const std::string& text) {
  const size_t e = std::min(text.find('e'), text.size());
  std::string digits;
  int point = 0;  // the value is 0.digits * 10^point
  bool after_point = false;
  for (const char c : text.substr(0, e)) {
    after_point = after_point || c == '.';
    if (c < '0' || c > '9' || (c == '0' && digits.empty() && !after_point)) continue;
    if (c == '0' && digits.empty()) {
      --point;
      continue;
    }
    digits += c;
    if (!after_point) ++point;
  }
  if (e < text.size()) point += std::atoi(text.c_str() + e + 1);
  if (digits.empty()) return text;  // 0, inf, nan
  digits.erase(digits.find_last_not_of('0') + 1);
  const int count = static_cast<int>(digits.size());
  const std::string sign = text[0] == '-' ? "-" : "";
  if (point <= -6 || point > 21) {
    const std::string fraction = count > 1 ? "." + digits.substr(1) : "";
    return sign + digits[0] + fraction + "e" + std::to_string(point - 1);
  }
  if (point <= 0) return sign + "0." + std::string(static_cast<size_t>(-point), '0') + digits;
  if (count <= point) return sign + digits + std::string(static_cast<size_t>(point - count), '0');
  return sign + digits.substr(0, static_cast<size_t>(point)) + "." + digits.substr(static_cast<size_t>(point));
}

}  // namespace

extern "C" double onedge_strtod(const char* text, char** end) {
  const char* after = nullptr;
  const double value = onedge::ParseNumber(text, &after);
  *end = const_cast<char*>(after);
  return value;
}

// Like snprintf with the format "%.*g", the only format that yyjson uses, but writes the fewest digits that identify
// the number. yyjson does the same natively, so the text is the same on every host.
extern "C" int onedge_snprintf(char* out, size_t size, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int most = va_arg(arguments, int);
  const double value = va_arg(arguments, double);
  std::string text;
  // Fifteen digits without their trailing zeros are the fewest, except for subnormal numbers, which have fewer bits.
  const bool subnormal = std::abs(value) < std::numeric_limits<double>::min();
  for (int digits = subnormal ? 1 : std::min(15, most); digits <= most; ++digits) {
    text = onedge::FormatNumber(value, digits);
    if (onedge::ParseNumber(text.c_str()) == value) break;
  }
  va_end(arguments);
  text = AsYyjson(text);
  const size_t length = std::min(text.size(), size - 1);
  std::memcpy(out, text.data(), length);
  out[length] = '\0';
  return static_cast<int>(text.size());
}
