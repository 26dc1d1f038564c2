// yyjson calls these to read and write floating-point numbers in WebAssembly. They replace its own tables and the C
// library's strtod and snprintf (cmake/third_party/CMakeLists.txt maps the names).
#include <algorithm>
#include <cstdarg>
#include <cstddef>
#include <cstring>

#include "base/decimal.h"

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
  for (int digits = std::min(15, most); digits <= most; ++digits) {
    text = onedge::FormatNumber(value, digits);
    if (onedge::ParseNumber(text.c_str()) == value) break;
  }
  va_end(arguments);
  const size_t length = std::min(text.size(), size - 1);
  std::memcpy(out, text.data(), length);
  out[length] = '\0';
  return static_cast<int>(text.size());
}
